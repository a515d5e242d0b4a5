import Identifiers

/// Where SIMs come from: customer management, as the order desk needs it. Each function may be repeated.
public protocol SIMStock: Sendable {
  /// Takes a SIM for an order: the named one, or a free one of the type. Throws ``Refused`` where there is none.
  func take(for order: String, profileType: String, iccid: ICCID?, subscription: Int?, now: Instant) throws -> SIM
  /// The order needs its SIM no more: it is free again.
  func giveBack(of order: String, now: Instant) throws
  /// The order's SIM is of no use to anybody: it is retired.
  func scrap(of order: String, now: Instant) throws
  /// The order's SIM works from now on; returns the one whose place it takes.
  func putIntoUse(of order: String, now: Instant) throws -> SIM?
}

/// What subscribers have: customer management, as the order desk needs it. Each function may be repeated.
public protocol SubscriptionBook: Sendable {
  /// How a subscription stands.
  func standing(of subscription: Int) throws -> SubscriptionStanding
  /// Writes a change of a subscription into the books. Throws ``Refused`` where its state does not allow it.
  func make(_ kind: SubscriptionChange.Kind, of subscription: Int, now: Instant) throws
}

/// How a subscription stands, and what that means for the network.
public struct SubscriptionStanding: Sendable, Hashable {
  /// A subscription that is not suspended and has not ended is open.
  public enum State: Sendable { case open, suspended, ended }

  public let state: State
  /// The SIM in use.
  public let sim: SIM?
  /// SIMs that it had.
  public let retired: [SIM]

  /// All of it.
  public init(_ state: State, sim: SIM?, retired: [SIM]) {
    (self.state, self.sim, self.retired) = (state, sim, retired)
  }
}

/// What lets SIMs into the network: an authentication centre, as the order desk needs it. Each function may be repeated.
public protocol NetworkAccess: Sendable {
  /// Checks that the SIM's keys are there and only wait to be used. Throws ``Refused`` where they are not.
  func check(_ sim: SIM) throws
  /// Lets the SIM in.
  func activate(_ sim: SIM, now: Instant) throws
  /// Shuts a subscriber out until ``unbar(_:now:)``: its contract is suspended.
  func bar(_ imsi: IMSI, now: Instant) throws
  /// Lets a barred subscriber in again.
  func unbar(_ imsi: IMSI, now: Instant) throws
  /// Shuts the SIM out for good.
  func retire(_ sim: SIM, now: Instant) throws
}

/// A definite no, with its reason.
public struct Refused: Error, Sendable, CustomStringConvertible {
  public let description: String

  /// A no, because of `reason`.
  public init(_ reason: String) { description = reason }
}

/// The order desk with everybody it works with.
public struct Office {
  let desk: Desk
  let servers: ES2PlusServers
  let stock: any SIMStock
  let books: any SubscriptionBook
  let network: any NetworkAccess

  /// All of them.
  public init(
    desk: Desk, servers: ES2PlusServers, stock: any SIMStock, books: any SubscriptionBook, network: any NetworkAccess
  ) {
    (self.desk, self.servers, self.stock, self.books, self.network) = (desk, servers, stock, books, network)
  }
}
