import CustomerManagement
import Identifiers
import OrderDesk

/// Customer management as the order desk's stock.
public struct StockRoom: SIMStock {
  private let desk: CustomerManagement.Desk

  /// Over customer management's desk.
  public init(_ desk: CustomerManagement.Desk) { self.desk = desk }

  public func take(
    for order: String, profileType: String, iccid: ICCID?, subscription: Int?, now: Instant
  ) throws -> OrderDesk.SIM {
    do {
      let sim = try desk.takeSIM(
        for: order, profileType: profileType, iccid: iccid, subscription: subscription, now: now)
      return OrderDesk.SIM(iccid: sim.iccid, imsi: sim.imsi)
    } catch let error as CustomerError { throw Refused(error.description) }
  }

  public func giveBack(of order: String, now: Instant) throws { try desk.giveBackSIM(of: order, now: now) }

  public func scrap(of order: String, now: Instant) throws { try desk.scrapSIM(of: order, now: now) }

  public func putIntoUse(of order: String, now: Instant) throws -> OrderDesk.SIM? {
    try desk.putSIMIntoUse(of: order, now: now).map { OrderDesk.SIM(iccid: $0.iccid, imsi: $0.imsi) }
  }
}
