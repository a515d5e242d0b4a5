import Identifiers

/// Why the order desk refuses, in a sentence for the person at the desk.
public enum OrderError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A value is not of its form: the field, and what is wanted.
  case invalid(String, String)
  case unknownOrder(String)
  case unknownChange(String)
  /// Another order has this reference.
  case knownReference(String)
  /// The order is not in a state that allows this; the text says which.
  case notAllowed(String)
  /// Another file was taken in under this name.
  case otherBulk(String)
  case unknownBulk(String)

  public var description: String {
    switch self {
    case .invalid(let field, let wanted): "\(field): \(wanted)"
    case .unknownOrder(let id): "there is no order \(id)"
    case .unknownChange(let id): "there is no change \(id) of a subscription"
    case .knownReference(let reference): "another order has the reference \"\(reference)\""
    case .notAllowed(let reason): reason
    case .otherBulk(let name): "another file was taken in as \"\(name)\": take another name for this one"
    case .unknownBulk(let name): "there is no bulk order \"\(name)\""
    }
  }
}
