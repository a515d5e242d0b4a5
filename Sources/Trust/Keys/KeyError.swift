/// Why a key, or an operation with it, is refused: one sentence, which never contains a secret.
public struct KeyError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The sentence.
  public let description: String

  /// A complaint.
  public init(_ description: String) { self.description = description }

  static let pointRefused = KeyError("the public key is not a point of its curve, 65 bytes beginning with 04")
  static let scalarRefused = KeyError(
    "the private key is not a number of 32 bytes from 1 to the order of its curve less 1")
}
