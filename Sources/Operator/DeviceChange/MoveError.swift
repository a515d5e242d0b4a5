/// Why the desk refuses, in a sentence for the person at it.
public enum MoveError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A value is not of its form: the field, and what is wanted.
  case invalid(String, String)
  case unknownMove(String)
  case unknownAlarm(String)
  /// No move is known by this ticket.
  case unknownTicket
  /// The move does not stand where this is possible; the text says where it stands.
  case notAllowed(String)

  public var description: String {
    switch self {
    case .invalid(let field, let wanted): "\(field): \(wanted)"
    case .unknownMove(let id): "there is no move \(id)"
    case .unknownAlarm(let id): "there is no alarm \(id)"
    case .unknownTicket: "no move is known by this ticket"
    case .notAllowed(let reason): reason
    }
  }
}
