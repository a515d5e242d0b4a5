import Bytes
import Identifiers
import Keys
import TLV

/// Scenario #3 with mutual authentication (SGP.02 §3.1.2, §4.1.1.8, §4.1.3.1; GlobalPlatform Amendment E §4.8): who
/// manages signs the card's random challenge together with a one-time key, and both agree on a key set.
public struct KeySetEstablishment: Hashable, Sendable {
  /// Bytes of the card's random challenge, and of its derivation random.
  public static let randomLength = 16

  /// Which keys are wanted: the control reference template A6.
  public struct Template: Hashable, Sendable {
    /// What becomes of the other key sets and of the derivation (90, second byte).
    public struct Options: OptionSet, Hashable, Sendable {
      public let rawValue: UInt8
      public init(rawValue: UInt8) { self.rawValue = rawValue }

      /// The other key sets are deleted at once.
      public static let deletesOthers = Options(rawValue: 0x01)
      /// A random number of the card's goes into the derivation: always, here.
      public static let derivationRandom = Options(rawValue: 0x02)
      /// The certificate came before: always, here.
      public static let certificateFirst = Options(rawValue: 0x08)
      /// *Ours*: the eUICC agrees with the key that it made on request, not with its static one.
      public static let keyOnRequest = Options(rawValue: 0x80)
    }

    /// What becomes of others.
    public var options: Options
    /// The version the key set gets: 1 to 15 for SCP80, 30 to 3F for SCP03 (§2.2.5.1).
    public var keyVersion: UInt8
    /// The counter that the key set begins with (91), 5 bytes of SCP80's.
    public var initialCounter: [UInt8]

    /// Three AES keys of 16 bytes.
    public init(keyVersion: UInt8, initialCounter: [UInt8] = [0, 0, 0, 0, 0], options: Options = []) {
      (self.keyVersion, self.initialCounter) = (keyVersion, initialCounter)
      self.options = options.union([.derivationRandom, .certificateFirst])
    }

    init(encoded bytes: [UInt8]) throws(TLVError) {
      let element = try TLVElement(bytes)
      guard element.tag == 0xA6 else { throw .missing(wanted: 0xA6, found: element.tag) }
      var reader = try element.reader()
      let scenario: [UInt8] = try reader.read(0x90)
      let fixed: [[UInt8]] = [
        try reader.read(0x95), try reader.read(0x80), try reader.read(0x81), try reader.read(0x82),
      ]
      let version: [UInt8] = try reader.read(0x83)
      initialCounter = try reader.read(0x91)
      try reader.finish()
      guard scenario.count == 2, scenario[0] == 0x03, fixed == [[0x10], [0x88], [0x10], [0x01]], version.count == 1,
        initialCounter.count == 5
      else { throw .invalid(0xA6, "scenario #3 with three AES keys of 16 bytes is wanted") }
      (options, keyVersion) = (Options(rawValue: scenario[1]), version[0])
      guard options.isSuperset(of: [.derivationRandom, .certificateFirst]) else {
        throw .invalid(0x90, "a derivation random, and the certificate first, are wanted")
      }
    }

    var encoded: [UInt8] {
      var writer = TLVWriter()
      writer.write(0xA6) { writer in
        writer.write(0x90, bytes: [0x03, options.rawValue])
        writer.write(0x95, bytes: [0x10])
        writer.write(0x80, bytes: [0x88])
        writer.write(0x81, bytes: [0x10])
        writer.write(0x82, bytes: [0x01])
        writer.write(0x83, bytes: [keyVersion])
        writer.write(0x91, initialCounter)
      }
      return writer.bytes
    }
  }

  /// Which keys are wanted.
  public let template: Template
  /// ePK.DP.ECKA or ePK.SR.ECKA, a point of P-256, 65 bytes.
  public let oneTimeKey: [UInt8]
  private let signature: [UInt8]

  /// Asks for a key set with a one-time key, and signs it together with the card's `challenge`.
  public init(
    _ template: Template, oneTimeKey: PublicKey, challenge: [UInt8], signedBy key: PrivateKey
  ) throws(KeyError) {
    (self.template, self.oneTimeKey) = (template, oneTimeKey.point)
    signature = try key.sign(Self.signed(template, oneTimeKey.point, challenge))
  }

  init(_ groups: [DataGroup]) throws(TLVError) {
    typealias Identifier = DataGroup.Identifier
    guard groups.map(\.identifier) == [Identifier.keySet, Identifier.publicKey, Identifier.signature] else {
      throw .truncated
    }
    template = try Template(encoded: groups[0].data)
    (oneTimeKey, signature) = (groups[1].data, groups[2].data)
  }

  /// The request that `bytes` are: the groupings 3A02, 7F49 and 5F37.
  public init(encoded bytes: [UInt8]) throws(TLVError) { try self.init(DataGroup.list(bytes)) }

  /// The request as it goes to the card.
  public var encoded: [UInt8] { groups.flatMap(\.encoded) }

  var groups: [DataGroup] {
    typealias Identifier = DataGroup.Identifier
    return [
      DataGroup(Identifier.keySet, template.encoded), DataGroup(Identifier.publicKey, oneTimeKey),
      DataGroup(Identifier.signature, signature),
    ]
  }

  /// Whether `key` signed it together with `challenge`.
  public func isSigned(by key: PublicKey, challenge: [UInt8]) -> Bool {
    key.verifies(signature, over: Self.signed(template, oneTimeKey, challenge))
  }

  /// §4.1.1.8: the groupings 3A02, 7F49 and 0085, one after the other.
  private static func signed(_ template: Template, _ point: [UInt8], _ challenge: [UInt8]) -> [UInt8] {
    typealias Identifier = DataGroup.Identifier
    let groups = [
      DataGroup(Identifier.keySet, template.encoded), DataGroup(Identifier.publicKey, point),
      DataGroup(Identifier.challenge, challenge),
    ]
    return groups.flatMap(\.encoded)
  }

  // MARK: What both agree on

  /// The three keys of a set with the key that proves them.
  public struct KeySet: Hashable, Sendable {
    /// The keys by identifier 1 to 3: KIc, KID and DEK, or Key-ENC, Key-MAC and Key-DEK.
    public let keys: [Secret]
    private let receiptKey: Secret

    /// X9.63 over the shared secret, with the key usage, type and length, the derivation random and the EID
    /// (Amendment A §3.28 with SIN and SDIN left out; the EID in their place is *ours*).
    public init(sharedSecret: Secret, derivationRandom: [UInt8], eid: EID) {
      let shared = [0x10, 0x88, 0x10] + derivationRandom + [UInt8(eid.bytes.count)] + eid.bytes
      let derived = x963KDF(secret: sharedSecret, sharedInfo: shared, length: 64).bytes
      receiptKey = Secret(Array(derived[..<16]))
      keys = (1...3).map { Secret(Array(derived[$0 * 16..<($0 + 1) * 16])) }
    }

    /// Amendment E, table 4-22: the CMAC over the template and the derivation random, 16 bytes.
    public func receipt(_ template: Template, derivationRandom: [UInt8]) throws(KeyError) -> [UInt8] {
      var writer = TLVWriter()
      writer.write(0x85, derivationRandom)
      return try AES.cmac(template.encoded + writer.bytes, key: receiptKey)
    }
  }

  /// What the card answers: derivation random (85) and receipt (86), 16 bytes each.
  public struct Answer: Hashable, Sendable {
    public let derivationRandom: [UInt8]
    public let receipt: [UInt8]

    /// Both values.
    public init(derivationRandom: [UInt8], receipt: [UInt8]) {
      (self.derivationRandom, self.receipt) = (derivationRandom, receipt)
    }

    /// The answer in the data of a response.
    public init(encoded bytes: [UInt8]) throws(TLVError) {
      var reader = TLVReader(bytes)
      (derivationRandom, receipt) = (try reader.read(0x85), try reader.read(0x86))
      try reader.finish()
      guard derivationRandom.count == randomLength, receipt.count == 16 else { throw .truncated }
    }

    /// The data of a response.
    public var encoded: [UInt8] {
      var writer = TLVWriter()
      writer.write(0x85, derivationRandom)
      writer.write(0x86, receipt)
      return writer.bytes
    }

    /// The key set that the holder of the one-time key shares with the eUICC; nil where the receipt is another's.
    public func keySet(
      _ template: Template, oneTimeKey: PrivateKey, ecasd: PublicKey, eid: EID
    ) throws(KeyError) -> KeySet? {
      let set = KeySet(sharedSecret: try oneTimeKey.agree(with: ecasd), derivationRandom: derivationRandom, eid: eid)
      let expected = try set.receipt(template, derivationRandom: derivationRandom)
      return equalInConstantTime(expected, receipt) ? set : nil
    }
  }
}
