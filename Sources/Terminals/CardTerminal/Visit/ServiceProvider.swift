import Identifiers
import OfflineCard

/// What a terminal sells: the one way in for calls, goods and whatever comes.
///
/// Everything is paid before it is given: the terminal asks for the next charge, lets the card sign it and keeps the record,
/// and only then says that it is paid.
public protocol ServiceProvider: AnyObject {
  /// What is sold.
  var kind: ServiceKind { get }
  /// Whether the user wants something that costs no more than `limit`; asked after the second OK notice.
  func choose(limit: Amount) -> Bool
  /// What the service will have cost, in all, with the next thing that it gives; nil when it is over. Waits until that
  /// is due.
  func nextCharge() -> Amount?
  /// The card has signed the charge, and the record is durable: gives what was paid.
  func paid()
}

/// A telephone call: a charge for each begun interval.
public final class CallService: ServiceProvider {
  /// The other end of the line, as a call needs it.
  public protocol Line: AnyObject {
    /// Connects to what the user dials; false where there is no connection.
    func connect() -> Bool
    /// Waits to the end of the interval; false where the user hung up before.
    func talk(seconds: Int) -> Bool
  }

  public let kind = ServiceKind.call
  private let line: any Line
  private let price: Int
  private let interval: Int
  private var intervals = 0
  private var limit = 0

  /// Calls over `line`, at `price` units for each begun interval of so many seconds.
  public init(over line: any Line, price: Amount, seconds: Int) {
    (self.line, self.price, interval) = (line, price.units, max(1, seconds))
  }

  public func choose(limit: Amount) -> Bool {
    self.limit = limit.units
    intervals = 0
    return line.connect()
  }

  public func nextCharge() -> Amount? {
    if intervals > 0, !line.talk(seconds: interval) { return nil }
    // Beyond the limit the call is cut: nothing is given that cannot be billed.
    guard (intervals + 1) * price <= limit else { return nil }
    return Amount((intervals + 1) * price)
  }

  public func paid() { intervals += 1 }
}

/// A vending machine: one charge for one article.
public final class VendingService: ServiceProvider {
  public let kind = ServiceKind.vending
  private let select: (Amount) -> Amount?
  private let deliver: () -> Void
  private var price: Amount?

  /// `select` asks the user for an article that costs no more than the limit, and tells its price; `deliver` gives it.
  public init(select: @escaping (_ limit: Amount) -> Amount?, deliver: @escaping () -> Void) {
    (self.select, self.deliver) = (select, deliver)
  }

  public func choose(limit: Amount) -> Bool {
    price = select(limit)
    return price.map { $0 <= limit } ?? false
  }

  public func nextCharge() -> Amount? { price }

  public func paid() {
    price = nil
    deliver()
  }
}
