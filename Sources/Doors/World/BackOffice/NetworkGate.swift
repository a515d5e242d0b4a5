import AuC
import Bytes
import Identifiers
import OrderDesk

/// The authentication centre as the order desk's way into the network: a SIM's keys are prepared when it comes into
/// stock, as a change that its ICCID names, and committed when it is installed.
public struct NetworkGate: NetworkAccess {
  private let desk: AuC.Desk
  private let random: any RandomSource

  /// Over the authentication centre's desk, with what its records are wrapped and chosen with.
  public init(_ desk: AuC.Desk, random: any RandomSource) { (self.desk, self.random) = (desk, random) }

  /// Prepares the keys of SIMs in one commit: of all, or of none where one is refused. May be repeated with the same ones.
  public func prepare(_ sims: [(sim: OrderDesk.SIM, credentials: Credentials)], now: Instant) throws {
    let changes = try sims.map { new in
      (
        subscriber: try AuC.Subscriber(imsi: new.sim.imsi, credentials: new.credentials),
        change: try Self.change(new.sim)
      )
    }
    try desk.prepare(changes, now: now, random: random)
  }

  public func check(_ sim: OrderDesk.SIM) throws {
    guard try desk.knows(sim.imsi) else {
      throw Refused("the authentication centre has no keys for the IMSI \(sim.imsi); import its SIM with its keys")
    }
  }

  public func activate(_ sim: OrderDesk.SIM, now: Instant) throws {
    try desk.commit(Self.change(sim), of: sim.imsi, now: now, random: random)
  }

  public func bar(_ imsi: IMSI, now: Instant) throws {
    do { try desk.bar(imsi, because: .suspension, now: now, random: random) } catch let error as AuCError {
      throw Refused(error.description)
    }
  }

  public func unbar(_ imsi: IMSI, now: Instant) throws {
    do { try desk.unbar(imsi, because: .suspension, now: now, random: random) } catch let error as AuCError {
      throw Refused(error.description)
    }
  }

  public func retire(_ sim: OrderDesk.SIM, now: Instant) throws {
    // Closed and not forgotten: its IMSI is nobody else's by mistake.
    do { try desk.close(sim.imsi, now: now, random: random) } catch AuCError.unknownSubscriber {
      // Somebody removed it by hand.
    }
  }

  private static func change(_ sim: OrderDesk.SIM) throws -> ChangeID {
    guard let change = ChangeID("sim-\(sim.iccid)") else {
      throw Refused("the ICCID \(sim.iccid) names no change of keys")
    }
    return change
  }
}
