import Bytes

/// An application's identifier: 5 to 16 bytes (ISO/IEC 7816-4 §12.2.3).
public struct AID: Hashable, Sendable, CustomStringConvertible {
  /// The identifier's bytes.
  public let bytes: [UInt8]

  /// Checks the length.
  public init(_ bytes: some Collection<UInt8>) throws(InvalidIdentifier) {
    guard (5...16).contains(bytes.count) else {
      throw InvalidIdentifier(kind: "AID", reason: "5 to 16 bytes are wanted")
    }
    self.bytes = Array(bytes)
  }

  /// For constants in the code: traps on a literal that is no AID, at the first test that touches it.
  public init(literal hex: StaticString) {
    guard let bytes = try? [UInt8](hex: "\(hex)"), let aid = try? AID(bytes) else {
      preconditionFailure("AID literal \(hex)")
    }
    self = aid
  }

  /// Whether `prefix` selects this application by a right-truncated AID (ISO/IEC 7816-4 §8.2.2.2).
  public func matches(partial prefix: some Collection<UInt8>) -> Bool { bytes.starts(with: prefix) }

  public var description: String { bytes.hex }
}
