import Identifiers

/// Why customer management refuses, in a sentence for the person at the desk.
public enum CustomerError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A value is empty, too long or not of its form: the field, and what is wanted.
  case invalid(String, String)
  case unknownSubscriber(Int)
  case unknownSubscription(Int)
  /// The record is not in a state that allows this; the text says which.
  case notAllowed(String)
  case knownService(String)
  case unknownService(String)
  /// A new service needs one that is not there, or, with others, itself.
  case serviceCycle([String])
  /// The subscription lacks services that the first one needs.
  case serviceNeeds(String, [String])
  /// Services of the subscription need the first one.
  case serviceNeeded(String, by: [String])
  case knownPool(String)
  case unknownPool(String)
  /// Another pool has one of the numbers.
  case numberTaken(TelephoneNumber)
  case unknownNumber(TelephoneNumber)
  /// The number is not that holder's to do this with.
  case numberNotHeld(TelephoneNumber)
  /// The pool has no number that could be given.
  case poolExhausted(String)
  /// The ICCID or the IMSI is in stock already.
  case knownSIM(ICCID)
  case unknownSIM(ICCID)

  public var description: String {
    switch self {
    case .invalid(let field, let wanted): "\(field): \(wanted)"
    case .unknownSubscriber(let id): "there is no subscriber \(id)"
    case .unknownSubscription(let id): "there is no subscription \(id)"
    case .notAllowed(let reason): reason
    case .knownService(let name): "there is a service \"\(name)\" already"
    case .unknownService(let name): "there is no service \"\(name)\""
    case .serviceCycle(let names): "the services \(names.joined(separator: ", ")) would need each other in a circle"
    case .serviceNeeds(let name, let needed):
      "\"\(name)\" needs \(Self.list(needed)): add \(needed.count == 1 ? "it" : "them") first"
    case .serviceNeeded(let name, let others): "\"\(name)\" is needed by \(Self.list(others)): remove that first"
    case .knownPool(let name): "there is a pool \"\(name)\" already"
    case .unknownPool(let name): "there is no pool \"\(name)\""
    case .numberTaken(let number): "the number \(number) is in a pool already"
    case .unknownNumber(let number): "the number \(number) is in no pool"
    case .numberNotHeld(let number): "the number \(number) is not offered to, reserved for or used by this holder now"
    case .poolExhausted(let name):
      "the pool \"\(name)\" has no free number; add numbers or wait for the quarantined ones"
    case .knownSIM(let iccid): "the ICCID \(iccid) or its IMSI is in stock already"
    case .unknownSIM(let iccid): "the ICCID \(iccid) is not in stock"
    }
  }

  private static func list(_ names: [String]) -> String { names.map { "\"\($0)\"" }.joined(separator: ", ") }
}
