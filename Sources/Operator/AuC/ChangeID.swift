/// The name of a change of keys, by which its prepare, commit and abandon are known when they are repeated: the
/// identifier of an order, for example. 1 to 64 printable ASCII characters without space.
public struct ChangeID: Hashable, Sendable, CustomStringConvertible {
  /// The name.
  public let text: String

  /// nil where the text is no name.
  public init?(_ text: String) {
    guard (1...64).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
    self.text = text
  }

  private init(unchecked text: String) { self.text = text }

  /// What a subscriber's keys are called that were entered in one step.
  public static let initial = ChangeID(unchecked: "initial")

  public var description: String { text }
}
