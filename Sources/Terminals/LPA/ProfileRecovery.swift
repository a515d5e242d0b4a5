import Identifiers
import SGP22
import Transport

/// SGP.22 v3.1 §3.11.2 Profile recovery, as the LPA sees it: the old device asks where it gets back the profile that it
/// deleted, because the new one could not install its own. It ends with an activation code, which is downloaded as any.
public struct ProfileRecovery: Procedure {
  private enum State: Sendable {
    case authenticating
    case verifying(String)
  }

  private let address: FQDN
  private var authentication: CommonMutualAuthentication<ES9Plus.AuthenticateClientForDeviceChange>
  private var state = State.authenticating

  /// Asks the SM-DP+ at `address`, which the device change told, for the profile `iccid`.
  public init(_ iccid: ICCID, at address: FQDN, device: DeviceInfo) {
    self.address = address
    authentication = CommonMutualAuthentication(
      ES9Plus.InitiateAuthentication.self, at: address,
      context: .ctxParamsForProfileRecovery(CtxParamsForProfileRecovery(iccid: iccid, deviceInfo: device)))
  }

  public var progress: Progress { Progress(activity: "asking for the profile", done: authentication.done, total: 6) }

  public mutating func next(_ answer: Answer) throws(Problem) -> Step<ActivationCode> {
    switch state {
    case .authenticating:
      switch try authentication.next(answer) {
      case .card(let bytes): return .card(bytes)
      case .server(let call): return .server(call)
      case .ask(let question): return .ask(question)
      case .done(let response):
        guard response.transactionId == authentication.transactionId,
          response.smdpSigned4.value.transactionId == response.transactionId
        else { throw .otherTransaction(address) }
        guard let code = response.smdpSigned4.value.activationCodeForProfileRecovery else {
          throw .serverMalformed(address, "no activation code for the recovery")
        }
        state = .verifying(code)
        return .card(
          ES10b.VerifyDeviceChange.self,
          .profileRecoveryResponse(ServerWord(response.smdpSigned4, signature: response.smdpSignature4)))
      }
    case .verifying(let code):
      if case .error(let error) = try answer.card(ES10b.VerifyDeviceChange.self) {
        throw .functionFailed("VerifyDeviceChange", "\(error)")
      }
      do { return .done(try ActivationCode(code)) } catch { throw .serverMalformed(address, "\(error)") }
    }
  }
}
