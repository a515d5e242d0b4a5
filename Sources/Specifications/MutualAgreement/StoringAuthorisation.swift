import Bytes
import Identifiers
import Keys
import SecureMessages
import TLV

/// Steps 21, 31 and 41: RC and SDI, from the user apparatus; signed with the user's key, for nothing happens to a card
/// that its user did not want.
public struct StoringWish: LastingBody {
  // StoringWish ::= SEQUENCE { operation [0] ContentOperation, sdi [1] StoringDataInformation, provider [2] Party,
  //   registration [APPLICATION 68] Registration }
  public static let messageType = "C.StoringWish"
  /// To store, or to delete.
  public let operation: ContentOperation
  /// Which data, and in which version.
  public let sdi: StoringDataInformation
  /// Whose data.
  public let provider: Party
  /// RC with IRC.
  public let registration: Registration

  /// A wish.
  public init(
    _ operation: ContentOperation, _ sdi: StoringDataInformation, of provider: Party, registration: Registration
  ) {
    (self.operation, self.sdi, self.provider, self.registration) = (operation, sdi, provider, registration)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (operation, sdi, provider) = (try reader.read(0x80), try reader.read(0xA1), try reader.read(0x82))
    registration = try reader.read()
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, operation)
    writer.write(0xA1, sdi)
    writer.write(0x82, provider)
    writer.write(registration)
  }
}

/// SAR (steps 22 and 32): whoever the card asked asks the other one. It signs {RC, SDI, nonce}; RC within the user's wish,
/// or, where data were revoked, the card's name beside the registrar's list.
public struct StoringAuthorisationRequest: LastingBody {
  // StoringAuthorisationRequest ::= SEQUENCE { nonce [0] Challenge, operation [1], card [2] CardName,
  //   sdi [3] StoringDataInformation, basis CHOICE { wish [4] Signed, revocation [5] Signed } }
  public static let messageType = "C.SAR"

  /// Why something is asked for.
  public enum Basis: Sendable {
    /// The user wants it.
    case wish(Signed<StoringWish>)
    /// The data registrar revoked the data.
    case revocation(Signed<RevocationList>)
  }

  /// What the authorisation answers.
  public let nonce: Challenge
  /// To store, or to delete.
  public let operation: ContentOperation
  /// The card.
  public let card: CardName
  /// Which data; completed where the provider asks.
  public let sdi: StoringDataInformation
  /// Why.
  public let basis: Basis

  /// A request.
  public init(
    nonce: Challenge, _ operation: ContentOperation, on card: CardName, _ sdi: StoringDataInformation, basis: Basis
  ) {
    (self.nonce, self.operation, self.card, self.sdi, self.basis) = (nonce, operation, card, sdi, basis)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (nonce, operation, card) = (try reader.read(0x80), try reader.read(0x81), try reader.read(0xA2))
    sdi = try reader.read(0xA3)
    if let wish = try reader.readIfPresent(0xA4, as: Signed<StoringWish>.self) {
      basis = .wish(wish)
    } else {
      basis = .revocation(try reader.read(0xA5))
    }
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, nonce)
    writer.write(0x81, operation)
    writer.write(0xA2, card)
    writer.write(0xA3, sdi)
    switch basis {
    case .wish(let wish): writer.write(0xA4, wish)
    case .revocation(let list): writer.write(0xA5, list)
    }
  }
}

/// SA (steps 23 and 33): the authorisation, in answer to SAR's nonce. It signs {operation, card, counter, SAR, SDI}, and
/// brings the tokens by which the card verifies it. In C2 the provider's data come with it.
public struct StoringAuthorisation: FreshBody {
  // StoringAuthorisation ::= SEQUENCE { operation [0], card [1] CardName, counter [2] INTEGER, request [3] OCTET STRING,
  //   sdi [4] StoringDataInformation, domain [5] AID, tokens [6] SEQUENCE OF OCTET STRING, data [7] OCTET STRING OPTIONAL }
  public static let messageType = "C.SA"
  /// Tokens of one authorisation: to delete what is replaced, to load, to install.
  public static let tokenLimit = 3

  /// To store, or to delete.
  public let operation: ContentOperation
  /// The card.
  public let card: CardName
  /// The number of the first token; the others follow. Never given twice for a card by one party.
  public let counter: Int
  /// SHA-256 of SAR, as it arrived.
  public let request: [UInt8]
  /// Which data, completed.
  public let sdi: StoringDataInformation
  /// The provider's security domain.
  public let domain: AID
  /// What the card verifies, one for each command of ``AgreedContent``.
  public let tokens: [[UInt8]]
  /// The load file, where the issuer brings it to the card.
  public let data: [UInt8]?

  /// An authorisation.
  public init(
    _ operation: ContentOperation, on card: CardName, counter: Int, request: [UInt8], _ sdi: StoringDataInformation,
    domain: AID, tokens: [[UInt8]], data: [UInt8]? = nil
  ) {
    (self.operation, self.card, self.counter, self.request) = (operation, card, counter, request)
    (self.sdi, self.domain, self.tokens, self.data) = (sdi, domain, tokens, data)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (operation, card) = (try reader.read(0x80), try reader.read(0xA1))
    counter = try reader.readNumber(0x82, through: Int(Int32.max))
    (request, sdi, domain) = (try reader.read(0x83), try reader.read(0xA4), try reader.read(0x85))
    tokens = try reader.readStrings(0xA6, limit: Self.tokenLimit)
    data = try reader.readIfPresent(0x87)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, operation)
    writer.write(0xA1, card)
    writer.write(0x82, counter)
    writer.write(0x83, request)
    writer.write(0xA4, sdi)
    writer.write(0x85, domain)
    writer.write(0xA6, strings: tokens)
    writer.write(0x87, data)
  }
}
