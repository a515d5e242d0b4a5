import TLV

/// Why a party does not do what it was asked for. What closer reason there is stands in its own record.
public enum AgreementRefusal: Int, Error, TLVEnumeration, Hashable, CaseIterable, CustomStringConvertible {
  /// It is no message of the data storing system.
  case malformed = 1
  /// Not signed by whom it names, not meant for here, over, or not registered.
  case notAuthentic = 2
  /// The party, card or data are revoked.
  case revoked = 3
  /// There is no such card here.
  case unknownCard = 4
  /// There is no agreement with this provider or issuer, or it is another one.
  case noAgreement = 5
  /// The provider has no such data, or not for cards of this issuer.
  case notOffered = 6
  /// A newer version is, or was, on the card.
  case olderVersion = 7
  /// The quota has no room for it.
  case noRoom = 8
  /// The provider has no domain on the card, or has not taken it over.
  case noDomain = 9
  /// The other party, whose consent is needed, refuses.
  case consentRefused = 10
  /// The other party did not answer; nothing is lost, and the same wish may come again.
  case noAnswer = 11
  /// There is no such errand, or it is over, or another round is due.
  case outOfOrder = 12
  /// What it names is not on the card.
  case notOnCard = 13
  /// Something failed here.
  case failed = 14
  /// Somebody else has this name.
  case nameTaken = 15
  /// Another card answers than the one that was named.
  case otherCard = 16

  public var description: String {
    switch self {
    case .malformed: "this is no message of the data storing system"
    case .notAuthentic: "it is not signed by whom it should be, or not registered, or its time is over"
    case .revoked: "the party, the card or the data are revoked"
    case .unknownCard: "the issuer has no such card"
    case .noAgreement: "issuer and provider have no agreement that covers this"
    case .notOffered: "the provider does not offer these data for cards of this issuer"
    case .olderVersion: "a newer version is or was on the card"
    case .noRoom: "the provider's room on the card is too small for it"
    case .noDomain: "the provider has no room on this card yet: admit it first"
    case .consentRefused: "the other party does not consent"
    case .noAnswer: "the other party does not answer; try the same again later"
    case .outOfOrder: "the errand is over, or goes on elsewhere; begin it again"
    case .notOnCard: "that is not on the card"
    case .failed: "something failed at the other side; try again later"
    case .nameTaken: "somebody else is registered under this name"
    case .otherCard: "another card answers than the one that was named: put that one in"
    }
  }
}

/// A refusal as an answer.
public struct Refused: TLVSequence, TLVMessage, Hashable {
  // Refused ::= [APPLICATION 73] SEQUENCE { reason [0] INTEGER }
  public static let tag: TLVTag = 0x7F49
  /// Why.
  public let reason: AgreementRefusal

  /// A refusal.
  public init(_ reason: AgreementRefusal) { self.reason = reason }

  public init(fields reader: inout TLVReader) throws(TLVError) { reason = try reader.read(0x80) }
  public func encodeFields(to writer: inout TLVWriter) { writer.write(0x80, reason) }
}

/// Where each apparatus is reached over HTTPS.
public enum AgreementPath {
  /// The one path, for POST; bodies are messages in DER.
  public static let path = "/data-storing"
  /// The content type of every body.
  public static let contentType = "application/octet-stream"
  /// The longest message: data on their way to a registrar or, in C2, to the issuer; a round of a whole load.
  public static let bodyLimit = 256 * 1024
}

/// What a message is: the name of a signed body, or a message's own tag.
public enum MessageKind: Hashable, Sendable {
  case signed(String)
  case sealed(String)
  case plain(TLVTag)

  /// The kind of `message`; nil where it is none.
  public static func of(_ message: [UInt8]) -> MessageKind? {
    guard let element = try? TLVElement(message) else { return nil }
    guard element.tag == .sequence else { return .plain(element.tag) }
    var reader = try? element.reader()
    var content = try? reader?.element(.sequence).reader()
    // What is sealed begins with its header, what is signed with header and body together.
    if let type: String = try? content?.read(.utf8String) { return .sealed(type) }
    var header = try? content?.element(.sequence).reader()
    guard let type: String = try? header?.read(.utf8String) else { return nil }
    return .signed(type)
  }
}
