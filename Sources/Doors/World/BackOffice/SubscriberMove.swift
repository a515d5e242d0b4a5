import AuC
import CustomerManagement
import Identifiers
import OrderDesk
import SubscriberTransfer

/// Customer management and the authentication centre as a change of operator needs them.
public struct SubscriberMove: SubscriberRecords {
  private let desk: CustomerManagement.Desk
  private let gate: NetworkGate

  /// Over customer management's desk and the way into the network.
  public init(_ desk: CustomerManagement.Desk, gate: NetworkGate) { (self.desk, self.gate) = (desk, gate) }

  public func open(_ iccid: ICCID, now: Instant) throws {
    let sim = try sim(iccid)
    do { try gate.check(sim) } catch let refused as OrderDesk.Refused {
      throw SubscriberTransfer.Refused(refused.description)
    }
    try gate.activate(sim, now: now)
  }

  public func close(_ iccid: ICCID, now: Instant) throws { try gate.retire(sim(iccid), now: now) }

  private func sim(_ iccid: ICCID) throws -> OrderDesk.SIM {
    OrderDesk.SIM(iccid: iccid, imsi: try desk.sim(iccid).imsi)
  }

  public func beginPorting(_ change: String, _ msisdn: String, _ way: PortingWay, now: Instant) throws {
    do {
      let number = try TelephoneNumber(msisdn)
      switch way {
      case .comes(let donor, let subscription):
        try desk.beginPortIn(change, number, from: donor, to: subscription, now: now)
      case .goes(let receiver): try desk.beginPortOut(change, number, to: receiver, now: now)
      }
    } catch let error as CustomerError { throw SubscriberTransfer.Refused(error.description) }
  }

  public func completePorting(_ change: String, _ way: PortingWay, now: Instant) throws {
    switch way {
    case .comes: try desk.completePortIn(change, now: now)
    case .goes: try desk.completePortOut(change, now: now)
    }
  }

  public func takeBackPorting(_ change: String, _ way: PortingWay, now: Instant) throws {
    switch way {
    case .comes: try desk.takeBackPorting(change, .portIn, now: now)
    case .goes: try desk.takeBackPorting(change, .portOut, now: now)
    }
  }
}
