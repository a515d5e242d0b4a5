import TLV

/// Why the carrier's terminal refuses. The peer is told the code; the detail goes to the record.
public enum RegistrationRefusal: Int, Error, TLVEnumeration, CaseIterable, CustomStringConvertible {
  /// What came is no message of a registration.
  case malformed = 1
  /// The dealer is not on the carrier's list, or was taken off it.
  case unknownDealer = 2
  /// The dealer has begun too many registrations this hour.
  case tooMany = 3
  /// The module is not certified by a maker that the carrier knows.
  case unknownModule = 4
  /// There is no such registration, it is over, or it is elsewhere in its course.
  case outOfOrder = 5
  /// A signature, party or challenge is wrong.
  case notAuthentic = 6
  /// Step (n): the model is not approved for this network.
  case unknownModel = 7
  /// Step (n): the credit company says no.
  case creditRefused = 8
  /// No number can be offered.
  case noNumber = 9
  /// The number is not the one that was offered, or not this subscriber's.
  case wrongNumber = 10
  /// A service is not in the catalogue.
  case unknownService = 11
  /// Something failed at the carrier; the same request may be sent again.
  case failed = 12
  /// A card is written by a permit: there is none, it was used for another card, or its time is over.
  case noPermit = 13
  /// The registration terminal is not registered with the carrier, or was taken off.
  case unknownTerminal = 14
  /// A model that the carrier approves is not erased from cards.
  case stillApproved = 15
  /// Step (n): the credit company says neither yes nor no; the same request may be sent again.
  case creditUnknown = 16

  public var description: String {
    switch self {
    case .malformed: "the carrier does not understand the message"
    case .unknownDealer: "this dealer may not register for the carrier: ask the carrier"
    case .tooMany: "this dealer has begun too many registrations; try again in an hour"
    case .unknownModule: "the module is of no maker that the carrier knows: the handset cannot be registered"
    case .outOfOrder: "the registration is over or unknown: begin again"
    case .notAuthentic: "the carrier does not believe the message: begin again"
    case .unknownModel: "this model is not approved for the network"
    case .creditRefused: "the credit company refuses"
    case .noNumber: "no telephone number is free; try again later"
    case .wrongNumber: "this number is not offered, or not this subscriber's"
    case .unknownService: "the carrier has no such service"
    case .failed: "the carrier's terminal failed; send the same again"
    case .noPermit: "there is no permit for this card: have the terminal authenticated, then begin again"
    case .unknownTerminal: "the carrier does not know this terminal: register it first"
    case .stillApproved: "the carrier approves this model: it is not erased from cards"
    case .creditUnknown: "the credit company says neither yes nor no: try again later, or with another card"
    }
  }
}

/// A refusal on the line.
public struct RegistrationRefused: TLVMessage, TLVSequence {
  public static let tag: TLVTag = 0xAF
  /// Why.
  public let refusal: RegistrationRefusal

  /// Refuses.
  public init(_ refusal: RegistrationRefusal) { self.refusal = refusal }
  public init(fields reader: inout TLVReader) throws(TLVError) { refusal = try reader.read(0x80) }
  public func encodeFields(to writer: inout TLVWriter) { writer.write(0x80, refusal) }
}
