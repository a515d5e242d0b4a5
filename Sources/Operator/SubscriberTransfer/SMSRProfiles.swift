import Identifiers
import SGP02
import SGP22
import Stations
import TLV
import Transport

/// How an operator gets a profile onto an eUICC: its connectivity management, as a change of operator needs it. What is
/// thrown means that the outcome is unknown, but for ``Refused``.
public protocol ProfileDelivery: Sendable {
  /// Verifies the eUICC's certificate. Throws ``Refused`` where it is not good.
  func verify(_ eid: EID) throws
  /// Installs a profile for the change, not enabled, and says which.
  func install(for change: String, on eid: EID) throws -> ICCID
}

/// An operator's profiles through the SM-SR that manages the eUICC: ES4 of SGP.02.
public struct SMSRProfiles: ProfileControl {
  /// The eUICC has not answered yet, or the SM-SR was not reached.
  public struct Unknown: Error, CustomStringConvertible {
    public let description: String
  }

  private let name: String
  /// Where the SM-SRs are. The first is the operator's usual one.
  private let managers: [(oid: OID, host: String)]
  private let delivery: any ProfileDelivery
  private let connect: @Sendable () -> any ServerLink

  /// The profiles of the operator called `name`; `connect` gives a link with mutual TLS to any of the SM-SRs.
  public init(
    name: String, managers: [(oid: OID, host: String)], delivery: any ProfileDelivery,
    connect: @escaping @Sendable () -> any ServerLink
  ) {
    (self.name, self.managers, self.delivery, self.connect) = (name, managers, delivery, connect)
  }

  public func verify(_ eid: EID, as call: String) throws { try delivery.verify(eid) }

  public func install(for change: String, on eid: EID, as call: String) throws -> ICCID {
    try delivery.install(for: change, on: eid)
  }

  public func prepare(_ manager: OID, for eid: EID, as call: String) throws {
    // It takes over only what an operator said it would get, and from whom.
    guard let current = try managers.first(where: { try isManaged(eid, by: $0.oid, as: "\(call)-\($0.oid)") }) else {
      throw Refused("no SM-SR that \(name) knows manages the eUICC")
    }
    guard current.oid != manager else { return }
    let client = FunctionClient(link: connect(), host: try host(of: manager), requester: name)
    let request = ES4.PrepareSMSRChange.Request(eid: eid, current: current.oid)
    switch client.call(ES4.PrepareSMSRChange.self, request, identifier: "\(name)-\(call)") {
    case .success: return
    case .refused(let refusal): throw Refused("\(refusal)")
    case .unknown(let reason): throw Unknown(description: reason)
    }
  }

  private func host(of manager: OID) throws -> String {
    guard let host = managers.first(where: { $0.oid == manager })?.host else {
      throw Refused("the SM-SR \(manager) is unknown to \(name)")
    }
    return host
  }

  public func isManaged(_ eid: EID, by manager: OID, as call: String) throws -> Bool {
    let client = FunctionClient(link: connect(), host: try host(of: manager), requester: name)
    switch client.call(ES4.GetEIS.self, .init(eid: eid), identifier: "\(name)-\(call)") {
    case .success: return true
    case .refused(.eidUnknown): return false
    case .refused(let refusal): throw Refused("\(refusal)")
    case .unknown(let reason): throw Unknown(description: reason)
    }
  }

  public func changeManager(of eid: EID, to manager: OID, as call: String) throws -> Bool {
    switch try answer(ES4.SMSRChange.self, .init(eid: eid, target: manager), as: call) {
    case .success: return true
    case .refused(let refusal): throw Refused("\(refusal)")
    case .unknown: return false
    }
  }

  public func remove(_ iccid: ICCID, from eid: EID, as call: String) throws {
    switch try answer(ES4.DeleteProfile.self, ProfileTarget(eid: eid, iccid: iccid), as: call) {
    case .success, .refused(.profileUnknown): return
    case .refused(let refusal): throw Unknown(description: "\(refusal)")
    case .unknown(let reason): throw Unknown(description: reason)
    }
  }

  /// The profile that is enabled already needs no call; one that the SM-SR refuses to enable is not.
  public func enable(_ iccid: ICCID, on eid: EID, as call: String) throws {
    let target = ProfileTarget(eid: eid, iccid: iccid)
    switch try answer(ES4.EnableProfile.self, target, as: call) {
    case .success: return
    // It may be enabled by a call whose answer was lost: the eUICC knows.
    case .refused(.profileStateWrong):
      guard try isInUse(iccid, on: eid, as: "\(call)-audit") else { throw Refused("the profile cannot be enabled") }
    case .refused(let refusal): throw Refused("\(refusal)")
    case .unknown(let reason): throw Unknown(description: reason)
    }
  }

  public func isInUse(_ iccid: ICCID, on eid: EID, as call: String) throws -> Bool {
    switch try answer(ES4.AuditEIS.self, .init(eid: eid), as: call) {
    case .success(let response):
      return response.eis.profiles.first { $0.iccid == iccid }?.state == .enabled
    case .refused(let refusal): throw Unknown(description: "\(refusal)")
    case .unknown(let reason): throw Unknown(description: reason)
    }
  }

  public func release(_ iccid: ICCID, on eid: EID, _ isReleased: Bool, as call: String) throws {
    let request = ES4.UpdatePolicyRules.Request(
      target: ProfileTarget(eid: eid, iccid: iccid), pol2: isReleased ? .deletedWhenDisabled : .disablingNotAllowed)
    switch try answer(ES4.UpdatePolicyRules.self, request, as: "\(call)-\(isReleased)") {
    case .success: return
    // It is gone: nobody holds it back any more.
    case .refused(.profileUnknown) where !isReleased: return
    case .refused(let refusal): throw isReleased ? Refused("\(refusal)") : Unknown(description: "\(refusal)")
    case .unknown(let reason): throw Unknown(description: reason)
    }
  }

  /// Calls the SM-SR that has the eUICC: the first that does not say it is unknown.
  private func answer<Function: ServerFunction>(
    _ function: Function.Type, _ request: Function.Request, as call: String
  ) throws -> FunctionClient.Answer<Function.Response> {
    for manager in managers {
      let client = FunctionClient(link: connect(), host: manager.host, requester: name)
      let answer = client.call(function, request, identifier: "\(name)-\(call)")
      switch answer {
      case .refused(.eidUnknown): continue
      case .refused(.functionUnderWay): return .unknown("the eUICC has not answered yet")
      default: return answer
      }
    }
    return .refused(.eidUnknown)
  }
}
