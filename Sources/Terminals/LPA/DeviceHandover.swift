import Bytes
import Identifiers
import SGP22
import TLV
import Transport

/// SGP.22 v3.1 §3.11.1 Device change, as the LPA of the old device sees it.
public struct DeviceHandover: Procedure {
  /// How it ended.
  public struct Outcome: Sendable, Equatable {
    /// By which the new device gets its profile.
    public let activationCode: String
    /// Whether the server wanted the old profile deleted first, and it is.
    public let isDeleted: Bool
    /// Where the profile may be had again, if the new device cannot install its own; nil where it is not gone, or
    /// the server does not give it back.
    public let recoveryAddress: FQDN?
  }

  private enum State: Sendable {
    case authenticating
    case confirming(ES9Plus.AuthenticateClientForDeviceChange.Response)
    case preparing(TransactionId)
    case confirmingAtServer(TransactionId)
    case verifying(ServerWord<SmdpSigned5>, isDisabled: Bool)
    case disabling(ServerWord<SmdpSigned5>)
    case cancelling(TransactionId, Problem)
    case reportingCancellation(Problem)
  }

  private let address: FQDN
  private let profile: StoreMetadataRequest
  private var authentication: CommonMutualAuthentication<ES9Plus.AuthenticateClientForDeviceChange>
  private var state = State.authenticating

  /// Hands on the profile that `profile` describes, by the SM-DP+ at `address`; `target` is the new device's eUICC.
  public init(_ profile: StoreMetadataRequest, at address: FQDN, to target: EID?, device: DeviceInfo) {
    (self.profile, self.address) = (profile, address)
    authentication = CommonMutualAuthentication(
      ES9Plus.InitiateAuthentication.self, at: address,
      context: .ctxParamsForDeviceChange(
        CtxParamsForDeviceChange(iccid: profile.iccid, deviceInfo: device, targetEidValue: target)))
  }

  public var progress: Progress {
    switch state {
    case .authenticating: Progress(activity: "authenticating", done: authentication.done, total: 10)
    case .confirming: Progress(activity: "waiting for consent", done: 5, total: 10)
    case .preparing: Progress(activity: "preparing", done: 6, total: 10)
    case .confirmingAtServer: Progress(activity: "confirming", done: 7, total: 10)
    case .verifying, .disabling: Progress(activity: "handing on", done: 9, total: 10)
    case .cancelling, .reportingCancellation: Progress(activity: "giving up", done: 10, total: 10)
    }
  }

  public mutating func next(_ answer: Answer) throws(Problem) -> Step<Outcome> {
    switch state {
    case .authenticating: return try authenticate(answer)
    case .confirming(let offer):
      guard case .person(let decision) = answer else { throw .outOfTurn }
      return prepare(offer, decision)
    case .preparing(let transaction): return try confirm(transaction, answer)
    case .confirmingAtServer(let transaction):
      let response = try answer.server(ES9Plus.ConfirmDeviceChange.self, at: address)
      guard response.transactionId == transaction else { throw .otherTransaction(address) }
      return verify(response.word, isDisabled: false)
    case .verifying(let word, let isDisabled): return try finish(word, isDisabled, answer)
    case .disabling(let word):
      let result = try answer.card(ES10c.DisableProfile.self).result
      guard result == .ok else { throw .functionFailed("DisableProfile", "\(result)") }
      return verify(word, isDisabled: true)
    case .cancelling(let transaction, let problem): return try report(transaction, problem, answer)
    case .reportingCancellation(let problem): throw problem
    }
  }

  private mutating func authenticate(_ answer: Answer) throws(Problem) -> Step<Outcome> {
    switch try authentication.next(answer) {
    case .card(let bytes): return .card(bytes)
    case .server(let call): return .server(call)
    case .ask(let question): return .ask(question)
    case .done(let offer):
      guard offer.transactionId == authentication.transactionId,
        offer.smdpSigned4.value.transactionId == offer.transactionId
      else { throw .otherTransaction(address) }
      state = .confirming(offer)
      // §3.11.1: the person confirms expressly, having read what the operator says.
      return .ask(
        Question(
          metadata: profile, policyRules: [], rulesToConsentTo: [],
          confirmationCodeRequired: offer.smdpSigned4.value.ccRequiredFlag,
          purpose: .handingOn(message: offer.serviceProviderMessageForDc)))
    }
  }

  private mutating func prepare(
    _ offer: ES9Plus.AuthenticateClientForDeviceChange.Response, _ decision: Decision
  ) -> Step<Outcome> {
    guard case .accept(let code) = decision else {
      let reason = decision.reason ?? .undefinedReason
      return cancel(offer.transactionId, reason, .cancelled(reason))
    }
    state = .preparing(offer.transactionId)
    let hashCc =
      offer.smdpSigned4.value.ccRequiredFlag
      ? code.map { ConfirmationCode.hashCc($0, transactionId: offer.transactionId) } : nil
    return .card(
      ES10b.PrepareDeviceChange.self,
      .init(smdpSigned4: offer.smdpSigned4, smdpSignature4: offer.smdpSignature4, hashCc: hashCc))
  }

  private mutating func confirm(_ transaction: TransactionId, _ answer: Answer) throws(Problem) -> Step<Outcome> {
    guard case .card(let bytes) = answer else { throw .outOfTurn }
    let response: Verbatim<ES10b.PrepareDeviceChange.Response>
    do { response = try Verbatim(TLVElement(bytes)) } catch { throw .cardMalformed("\(error)") }
    if case .error(let error) = response.value {
      throw .functionFailed("PrepareDeviceChange", "\(error.errorCode)")
    }
    state = .confirmingAtServer(transaction)
    return .server(
      ES9Plus.ConfirmDeviceChange.self, at: address,
      .init(transactionId: transaction, prepareDeviceChangeResponse: response))
  }

  private mutating func verify(_ word: ServerWord<SmdpSigned5>, isDisabled: Bool) -> Step<Outcome> {
    state = .verifying(word, isDisabled: isDisabled)
    return .card(ES10b.VerifyDeviceChange.self, .deviceChangeConfirmation(word))
  }

  private mutating func finish(
    _ word: ServerWord<SmdpSigned5>, _ isDisabled: Bool, _ answer: Answer
  ) throws(Problem) -> Step<Outcome> {
    switch try answer.card(ES10b.VerifyDeviceChange.self) {
    case .error(.profileNotInDisabledState) where !isDisabled:
      // §3.11.1: where the profile is to be deleted and is enabled, the LPAd disables it first.
      state = .disabling(word)
      return .card(
        ES10c.DisableProfile.self, .init(profileIdentifier: .iccid(profile.iccid), refreshFlag: true))
    case .error(let code): throw .functionFailed("VerifyDeviceChange", "\(code)")
    case .ok(nil): throw .serverMalformed(address, "no activation code for the new device")
    case .ok(let data?):
      return .done(
        Outcome(
          activationCode: data.activationCodeForDc, isDeleted: data.deleteOldProfile,
          recoveryAddress: data.deleteOldProfile && data.profileRecoverySupport ? address : nil))
    }
  }

  private mutating func cancel(
    _ transaction: TransactionId, _ reason: CancelSessionReason, _ problem: Problem
  ) -> Step<Outcome> {
    state = .cancelling(transaction, problem)
    return .card(ES10b.CancelSession.self, ES10b.CancelSession.Request(transactionId: transaction, reason: reason))
  }

  private mutating func report(
    _ transaction: TransactionId, _ problem: Problem, _ answer: Answer
  ) throws(Problem) -> Step<Outcome> {
    guard case .card(let bytes) = answer, let element = try? TLVElement(bytes),
      let response = try? Verbatim<ES10b.CancelSession.Response>(element), case .ok = response.value
    else { throw problem }
    state = .reportingCancellation(problem)
    return .server(
      ES9Plus.CancelSession.self, at: address, .init(transactionId: transaction, cancelSessionResponse: response))
  }
}
