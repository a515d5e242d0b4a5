import Identifiers
import MutualAuthentication
import SGP02
import SGP22
import Stations
import Store

extension Desk {
  /// SGP.02 §5.5.1 ES4.GetEIS: every operator may look at an eUICC that it has been named; of the profiles it sees its
  /// own. Keys go to nobody.
  public func getEIS(
    _ request: ES4.GetEIS.Request, from mno: Requesters.Requester, given: Given, in reader: any Reader
  ) throws -> Decision<ES4.GetEIS.Response> {
    guard var eis = try EISTable.eis(request.eid, managedBy: identifier, in: reader) else {
      throw Refusal.eidUnknown.because("\(mno.identifier) asked for \(request.eid)")
    }
    eis.profiles.removeAll { $0.mnoId != mno.identifier }
    return Decision(.success(.init(eis: eis)), correlation: request.eid.digits, changes: [])
  }

  /// SGP.02 §5.5.2 ES4.UpdatePolicyRules.
  public func updatePolicyRules(
    _ request: ES4.UpdatePolicyRules.Request, from mno: Requesters.Requester, given: Given, in reader: any Reader
  ) throws -> Decision<NoFields> {
    _ = try profile(request.target, of: mno, in: reader)
    return Decision(
      .success(NoFields()), correlation: request.target.eid.digits,
      changes: [
        EISTable.Change.policy(request.target, request.pol2),
        trail("POL2", "\(request.target.iccid): \(request.pol2.rawValue)", of: request.target.eid, given: given),
      ])
  }

  /// SGP.02 §5.5.3 ES4.UpdateSubscriptionAddress.
  public func updateSubscriptionAddress(
    _ request: ES4.UpdateSubscriptionAddress.Request, from mno: Requesters.Requester, given: Given,
    in reader: any Reader
  ) throws -> Decision<NoFields> {
    _ = try profile(request.target, of: mno, in: reader)
    return Decision(
      .success(NoFields()), correlation: request.target.eid.digits,
      changes: [
        EISTable.Change.address(request.target, request.newSubscriptionAddress),
        trail("SubscriptionAddress", "\(request.target.iccid)", of: request.target.eid, given: given),
      ])
  }
}
