/// A function that failed, in the specification's codes (SGP.22 §5.2.6).
///
/// The catalogue stands in the files `Refusals…`, a section per function. Two refusals are equal when their codes are.
public struct Refusal: Error, Sendable, Hashable, CustomStringConvertible {
  /// What it is about: "8.8.1" is the SM-DP+'s address.
  public let subjectCode: String
  /// What is wrong: "3.8" is refused.
  public let reasonCode: String
  /// What the codes mean where the specification uses them, with its clause.
  public let meaning: String
  /// A sentence for a person: what to do.
  public let advice: String
  /// Which one of several subjects; from the peer.
  public var subjectIdentifier: String?
  /// The peer's words; never shown as ours.
  public var message: String?

  /// An entry of a catalogue: SGP.22's, or that of a specification with codes of the same form.
  package init(_ subjectCode: String, _ reasonCode: String, _ meaning: String, advice: String) {
    (self.subjectCode, self.reasonCode) = (subjectCode, reasonCode)
    (self.meaning, self.advice) = (meaning, advice)
  }

  /// What a peer sent: the catalogue's entry where there is one.
  public init(subject: String, reason: String, subjectIdentifier: String? = nil, message: String? = nil) {
    let key = Self.key(subject, reason)
    self =
      Self.catalogue[key]
      ?? Refusal(subject, reason, "no meaning is known for these codes", advice: "Ask the server's operator.")
    (self.subjectIdentifier, self.message) = (subjectIdentifier, message)
  }

  private static func key(_ subject: String, _ reason: String) -> String { "\(subject)/\(reason)" }

  /// Every refusal that the specification names.
  public static let all: [Refusal] = common + es9Plus + es11 + es2Plus + es12

  private static let catalogue = Dictionary(
    all.map { (key($0.subjectCode, $0.reasonCode), $0) }, uniquingKeysWith: { first, _ in first })

  public static func == (a: Refusal, b: Refusal) -> Bool {
    a.subjectCode == b.subjectCode && a.reasonCode == b.reasonCode
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(subjectCode)
    hasher.combine(reasonCode)
  }

  public var description: String { "\(subjectCode)/\(reasonCode): \(meaning)" }
}
