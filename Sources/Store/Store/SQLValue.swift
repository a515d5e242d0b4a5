import Bytes
import Identifiers

/// A value as both SQL dialects know it. Times are integers: milliseconds since 1970.
public enum SQLValue: Hashable, Sendable {
  case null
  case integer(Int64)
  case text(String)
  case blob([UInt8])
}

/// A type that stands in one column.
public protocol SQLConvertible: Sendable {
  /// The value as it is stored.
  var sqlValue: SQLValue { get }
  /// The stored value as this type; nil where it is another type's.
  init?(sqlValue: SQLValue)
}

extension SQLValue: SQLConvertible {
  public var sqlValue: SQLValue { self }
  public init?(sqlValue: SQLValue) { self = sqlValue }
}

extension Int64: SQLConvertible {
  public var sqlValue: SQLValue { .integer(self) }
  public init?(sqlValue: SQLValue) {
    guard case .integer(let value) = sqlValue else { return nil }
    self = value
  }
}

extension Int: SQLConvertible {
  public var sqlValue: SQLValue { .integer(Int64(self)) }
  public init?(sqlValue: SQLValue) {
    guard case .integer(let value) = sqlValue else { return nil }
    self.init(exactly: value)
  }
}

extension Bool: SQLConvertible {
  public var sqlValue: SQLValue { .integer(self ? 1 : 0) }
  public init?(sqlValue: SQLValue) {
    guard case .integer(let value) = sqlValue, value == 0 || value == 1 else { return nil }
    self = value == 1
  }
}

extension String: SQLConvertible {
  public var sqlValue: SQLValue { .text(self) }
  public init?(sqlValue: SQLValue) {
    guard case .text(let value) = sqlValue else { return nil }
    self = value
  }
}

extension Array: SQLConvertible where Element == UInt8 {
  public var sqlValue: SQLValue { .blob(self) }
  public init?(sqlValue: SQLValue) {
    guard case .blob(let value) = sqlValue else { return nil }
    self = value
  }
}

extension Optional: SQLConvertible where Wrapped: SQLConvertible {
  @inlinable public var sqlValue: SQLValue { self?.sqlValue ?? .null }
  @inlinable public init?(sqlValue: SQLValue) {
    if sqlValue == .null {
      self = .none
    } else {
      guard let value = Wrapped(sqlValue: sqlValue) else { return nil }
      self = .some(value)
    }
  }
}

extension Instant: SQLConvertible {
  public var sqlValue: SQLValue { .integer(milliseconds) }
  public init?(sqlValue: SQLValue) {
    guard case .integer(let value) = sqlValue else { return nil }
    self.init(milliseconds: value)
  }
}

extension ICCID: SQLConvertible {
  public var sqlValue: SQLValue { .text(digits) }
  public init?(sqlValue: SQLValue) {
    guard case .text(let text) = sqlValue, let value = try? ICCID(text) else { return nil }
    self = value
  }
}

extension EID: SQLConvertible {
  public var sqlValue: SQLValue { .text(digits) }
  public init?(sqlValue: SQLValue) {
    guard case .text(let text) = sqlValue, let value = try? EID(text) else { return nil }
    self = value
  }
}

extension IMSI: SQLConvertible {
  public var sqlValue: SQLValue { .text(digits) }
  public init?(sqlValue: SQLValue) {
    guard case .text(let text) = sqlValue, let value = try? IMSI(text) else { return nil }
    self = value
  }
}
