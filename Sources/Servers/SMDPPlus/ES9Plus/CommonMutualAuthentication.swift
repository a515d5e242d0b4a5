import Identifiers
import MutualAuthentication
import SGP22
import Stations
import Store

// SGP.22 §3.0.1: Common mutual authentication, as the SM-DP+ sees it.

extension Desk {
  /// SGP.22 §5.6.1 ES9+.InitiateAuthentication: the server signs the eUICC's challenge and gives one of its own.
  public func initiateAuthentication(
    _ request: ES9Plus.InitiateAuthentication.Request, given: Given, in reader: any Reader
  ) throws -> Decision<ES9Plus.InitiateAuthentication.Response> {
    try authentication.initiateAuthentication(request, given: given, in: reader)
  }

  /// SGP.22 §5.6.3 ES9+.AuthenticateClient: the eUICC proves itself, and the profile that waits for it is told.
  public func authenticateClient(
    _ request: ES9Plus.AuthenticateClient.Request, given: Given, in reader: any Reader
  ) throws -> Decision<ES9Plus.AuthenticateClient.Response> {
    try authentication.authenticateClient(request, given: given, in: reader) { ok, euicc, challenge in
      do {
        let order = try find(ok.euiccSigned1.value, peer: euicc, now: given.now, in: reader)
        let offer = try offer(
          order, to: euicc, answering: ok, transactionId: request.transactionId, challenge: challenge, in: reader)
        return Reception(
          offer.response, .offered(offer.state), changes: begin(order, by: euicc, now: given.now))
      } catch let fault as OrderFault {
        throw RefusalWithChanges(
          fault.denial, changes: fail(fault, by: euicc, at: .eligibilityAndRetryLimitCheck, now: given.now))
      }
    }
  }
}
