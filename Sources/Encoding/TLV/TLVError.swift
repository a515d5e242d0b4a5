/// Why bytes are not the message they should be.
public enum TLVError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The bytes end inside a tag, a length or a value.
  case truncated
  /// A tag longer than three bytes or with leading zero bits.
  case malformedTag
  /// A length that is indefinite, longer than four bytes or, in DER, not the shortest form.
  case malformedLength
  /// Another element, or none (`found` nil), stands where `wanted` must be.
  case missing(wanted: TLVTag, found: TLVTag?)
  /// An element nobody asked for follows the last one.
  case trailing
  /// The value of the element `tag` breaks the rule that the text gives.
  case invalid(TLVTag, String)
  /// Elements nest deeper than ``TLVReader/depthLimit``.
  case tooDeep

  public var description: String {
    switch self {
    case .truncated: "the data end too early"
    case .malformedTag: "a tag is malformed"
    case .malformedLength: "a length is malformed"
    case .missing(let wanted, let found?): "\(wanted) is missing (\(found) stands there)"
    case .missing(let wanted, nil): "\(wanted) is missing at the end"
    case .trailing: "unexpected data follow"
    case .invalid(let tag, let reason): "\(tag): \(reason)"
    case .tooDeep: "elements are nested too deeply"
    }
  }
}
