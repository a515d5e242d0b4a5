/// Bytes that must not be seen: they print as `‹redacted›` and compare in constant time.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The secret itself, for the function that computes with it.
  public let bytes: [UInt8]

  /// Takes over `bytes`.
  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  public static func == (a: Secret, b: Secret) -> Bool { equalInConstantTime(a.bytes, b.bytes) }

  public var description: String { "‹redacted›" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(reflecting: description) }
}
