import Bytes
import Identifiers
import Keys

/// The card's proof that it did something (GlobalPlatform Card Specification 2.3 §11.1.6, §C.5): an AES CMAC under the
/// receipt key over the confirmation and the objects concerned.
public struct Receipt: Hashable, Sendable {
  /// What happened, and to what (§C.5.1 to §C.5.5).
  public enum Deed: Hashable, Sendable {
    case load(file: AID, domain: AID)
    case install(file: AID, application: AID)
    case delete(AID)
    case extradition(from: AID, object: AID, to: AID)
    case registryUpdate(AID, Privileges)

    var fields: [UInt8] {
      switch self {
      case .load(let file, let domain): lengthValue(file.bytes) + lengthValue(domain.bytes)
      case .install(let file, let application): lengthValue(file.bytes) + lengthValue(application.bytes)
      case .delete(let aid): lengthValue(aid.bytes)
      case .extradition(let from, let object, let to):
        lengthValue(from.bytes) + lengthValue(object.bytes) + lengthValue(to.bytes)
      case .registryUpdate(let aid, let privileges): lengthValue(aid.bytes) + lengthValue(privileges.bytes)
      }
    }
  }

  /// What the receipt says of its card and token (table 11-11).
  public struct Confirmation: Hashable, Sendable {
    /// Counts the card's receipts from 1; the card makes none beyond FFFF.
    public var counter: UInt16
    /// The card: issuer identification number, then card image number.
    public var card: [UInt8]
    /// The number of the token that allowed it.
    public var tokenNumber: UInt64?
    /// SHA-256 over what the token signed.
    public var tokenDataDigest: [UInt8]?

    /// A confirmation.
    public init(counter: UInt16, card: [UInt8], tokenNumber: UInt64? = nil, tokenDataDigest: [UInt8]? = nil) {
      (self.counter, self.card, self.tokenNumber) = (counter, card, tokenNumber)
      self.tokenDataDigest = tokenDataDigest
    }

    var bytes: [UInt8] {
      lengthValue(counter.bigEndianBytes) + lengthValue(card)
        + (tokenNumber == nil && tokenDataDigest == nil
          ? [] : lengthValue(tokenNumber?.bigEndianBytes ?? []) + lengthValue(tokenDataDigest ?? []))
    }
  }

  /// What the receipt says.
  public let confirmation: Confirmation
  /// The CMAC, 16 bytes.
  public let mac: [UInt8]

  /// The card's receipt for `deed`.
  public init(of deed: Deed, _ confirmation: Confirmation, key: Secret) throws(KeyError) {
    self.confirmation = confirmation
    mac = try AES.cmac(confirmation.bytes + deed.fields, key: key)
  }

  /// Whether the holder of `key` says with this that `deed` was done.
  public func proves(_ deed: Deed, key: Secret) throws(KeyError) -> Bool {
    equalInConstantTime(mac, try AES.cmac(confirmation.bytes + deed.fields, key: key))
  }

  /// The answer to INSTALL, LOAD and DELETE: the confirmation structure behind its length; one zero where there is none.
  public static func answer(_ receipt: Receipt?) -> [UInt8] {
    lengthValue(receipt.map { lengthValue($0.mac) + $0.confirmation.bytes } ?? [])
  }

  /// The receipt in an answer; nil where the card gave none.
  public static func read(_ answer: [UInt8]) throws(CodingError) -> Receipt? {
    var outer = LengthValueReader(answer[...])
    let structure = try outer.value("confirmation")
    try outer.finish()
    guard !structure.isEmpty else { return nil }
    var reader = LengthValueReader(structure[...])
    let mac = try reader.value("receipt")
    guard let counter = UInt16(bigEndian: try reader.value("confirmation counter")) else {
      throw CodingError("a confirmation counter has 2 bytes")
    }
    var confirmation = Confirmation(counter: counter, card: try reader.value("security domain unique data"))
    if !reader.rest.isEmpty {
      let number = try reader.value("token identifier")
      confirmation.tokenNumber = number.isEmpty ? nil : UInt64(bigEndian: number)
      let digest = try reader.value("token data digest")
      confirmation.tokenDataDigest = digest.isEmpty ? nil : digest
    }
    try reader.finish()
    return Receipt(confirmation: confirmation, mac: mac)
  }

  private init(confirmation: Confirmation, mac: [UInt8]) { (self.confirmation, self.mac) = (confirmation, mac) }
}
