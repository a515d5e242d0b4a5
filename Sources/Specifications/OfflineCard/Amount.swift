import TLV

/// Money in the minor unit of its currency: never negative, at most 10¹².
public struct Amount: TLVContent, Hashable, Comparable, CustomStringConvertible {
  /// The number of units.
  public let units: Int

  /// The most that an amount can be.
  public static let greatest = Amount(checked: 1_000_000_000_000)
  /// Nothing.
  public static let zero = Amount(checked: 0)

  private init(checked units: Int) { self.units = units }

  /// So many units; nil where that is no amount.
  public init?(_ units: Int) {
    guard (0...Self.greatest.units).contains(units) else { return nil }
    self.units = units
  }

  public init(_ element: TLVElement) throws(TLVError) {
    guard let amount = Amount(try Int(element)) else { throw .invalid(element.tag, "this is no amount") }
    self = amount
  }

  public func encodeContent(to writer: inout TLVWriter) { units.encodeContent(to: &writer) }

  /// The sum, which stays at the greatest amount.
  public static func + (a: Amount, b: Amount) -> Amount { Amount(checked: min(a.units + b.units, greatest.units)) }

  /// What is left of `a`, at least nothing.
  public static func - (a: Amount, b: Amount) -> Amount { Amount(checked: max(a.units - b.units, 0)) }

  public static func < (a: Amount, b: Amount) -> Bool { a.units < b.units }

  public var description: String { "\(units)" }
}
