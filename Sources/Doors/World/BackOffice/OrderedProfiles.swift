import ConnectivityManagement
import Identifiers
import Stations
import Store
import SubscriberTransfer
import Transport

/// An operator's connectivity management as a change of operator needs it: what was planned under the change's name is verified,
/// then installed, and enabled by the change.
public struct OrderedProfiles: ProfileDelivery {
  private let desk: ConnectivityManagement.Desk
  /// The SM-SRs that may manage the eUICC.
  private let managers: [String]
  private let now: @Sendable () -> Instant
  private let connect: @Sendable () -> any ServerLink

  /// How long a question to an eUICC keeps its name: then it is asked anew, for what was lost stays lost.
  private static let patience: Int64 = 600

  /// The profiles that `desk` plans, on eUICCs of the SM-SRs at `managers`; `connect` gives a link with mutual TLS to any of
  /// them.
  public init(
    _ desk: ConnectivityManagement.Desk, managers: [String], now: @escaping @Sendable () -> Instant,
    connect: @escaping @Sendable () -> any ServerLink
  ) {
    (self.desk, self.managers, self.now, self.connect) = (desk, managers, now, connect)
  }

  /// What is not known yet, or not finished.
  private struct UnderWay: Error, CustomStringConvertible {
    let description: String
  }

  public func verify(_ eid: EID) throws {
    guard let reference = try desk.planned(for: eid) else {
      throw SubscriberTransfer.Refused("no profile was ordered for the eUICC \(eid)")
    }
    let now = now()
    let call = "\(reference)-verify-\(now.seconds / Self.patience)"
    switch try DeviceProvisioning.verify(
      desk, planned: reference, at: managers, call: call, now: now, over: connect())
    {
    case .good: return
    case .bad(let why): throw SubscriberTransfer.Refused(why)
    case .unknown(let why): throw UnderWay(description: why)
    }
  }

  public func install(for change: String, on eid: EID) throws -> ICCID {
    guard let order = try desk.order(change), order.target.eid == eid, let act = try desk.begin(change, now: now())
    else {
      throw SubscriberTransfer.Refused("no profile was ordered for the change \(change)")
    }
    switch act.state {
    case .done: return order.target.iccid
    case let state where state.isOver:
      throw SubscriberTransfer.Refused("the profile is not installed: \(act.undoCause ?? act.failure ?? "\(state)")")
    default: throw UnderWay(description: act.failure ?? "the profile is being installed")
    }
  }
}
