import Bytes
import Identifiers
import Keys
import SecureMessages
import TLV

// A5 off line: "a sufficient number of ID information sets be provided in advance from the communications carrier". The
// carrier's module in the dealer's terminal holds them and writes each once.

extension Party {
  /// The carrier's module of an off-line dealer's terminal, by its key.
  public static func batchModule(_ key: PublicKey) -> Party {
    let name = "batch-module:\(sha256(key.point).prefix(16).hex)"
    guard let party = try? Party(name) else { preconditionFailure("\(name) is a name") }
    return party
  }

  /// A batch of a carrier's, by its number.
  public static func batch(_ number: Int, of carrier: Party) -> Party? {
    try? Party("batch:\(number):\(carrier)")
  }
}

/// E(KD_C, KE_B): the carrier says that a key signs the IDs of one batch.
public struct BatchKey: LastingBody, Hashable {
  // BatchKey ::= SEQUENCE { batch [0] INTEGER, dealer [1] UTF8String, key [2] OCTET STRING }
  public static let messageType = "A.BatchKey"
  /// The batch's number.
  public let batch: Int
  /// The dealer whose terminal it is in.
  public let dealer: String
  /// KE_B.
  public let key: PublicKey

  /// Says that `key` signs the batch.
  public init(batch: Int, dealer: String, key: PublicKey) {
    (self.batch, self.dealer, self.key) = (batch, dealer, key)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (batch, dealer, key) = (try reader.read(0x80), try reader.text(0x81, limit: 64), try reader.key(0x82))
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, batch)
    writer.write(0x81, dealer)
    writer.write(0x82, key: key)
  }

  /// The batch with its key; nil where its name would be none.
  public func known(of carrier: Party) -> KnownParty? {
    Party.batch(batch, of: carrier).map { KnownParty($0, key: key) }
  }
}

/// One ID of a batch, without what is known only at the dealer's: module and services.
public struct PreparedID: TLVSequence, Sendable {
  // PreparedID ::= SEQUENCE { name [0] Challenge, number [1] UTF8String, imsi [2] UTF8String, keys [3] AuthenticationKeys }
  /// What the carrier calls it, and what the module's receipt answers.
  public let name: RegistrationName
  public let number: String
  public let imsi: IMSI
  public let keys: AuthenticationKeys

  /// All fields.
  public init(name: RegistrationName, number: String, imsi: IMSI, keys: AuthenticationKeys) {
    (self.name, self.number, self.imsi, self.keys) = (name, number, imsi, keys)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (name, number) = (try reader.read(0x80), try reader.text(0x81, limit: 32))
    guard let imsi = try reader.imsiIfPresent(0x82) else { throw .invalid(0x82, "an IMSI is wanted") }
    (self.imsi, keys) = (imsi, try reader.read(0xA3))
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, name)
    writer.write(0x81, number)
    writer.write(0x82, imsi.digits)
    writer.write(0xA3, keys)
  }
}

/// A batch on its way into the carrier's module: signed by the carrier, sealed to the module, in answer to its challenge.
public struct BatchSupply: FreshBody {
  // BatchSupply ::= SEQUENCE {
  //   certificate [0] Signed, pattern [1] OCTET STRING, makers [2] SEQUENCE OF SEQUENCE { Party, key },
  //   approvals [3] SEQUENCE OF Signed, ids [4] SEQUENCE OF PreparedID }
  public static let messageType = "A.BatchSupply"
  /// How many IDs a batch has at most.
  public static let limit = 100
  /// E(KD_C, KE_B).
  public let certificate: Signed<BatchKey>
  /// The carrier's fixed pattern, 8 bytes.
  public let pattern: [UInt8]
  /// The makers whose modules may get IDs.
  public let makers: [KnownParty]
  /// The models of handset that the carrier approves.
  public let approvals: [Signed<ModelApproval>]
  public let ids: [PreparedID]

  /// All fields.
  public init(
    certificate: Signed<BatchKey>, pattern: [UInt8], makers: [KnownParty], approvals: [Signed<ModelApproval>],
    ids: [PreparedID]
  ) {
    (self.certificate, self.pattern, self.makers) = (certificate, pattern, makers)
    (self.approvals, self.ids) = (approvals, ids)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (certificate, pattern) = (try reader.read(0xA0), try reader.read(0x81))
    guard pattern.count == 8 else { throw .invalid(0x81, "a fixed pattern has 8 bytes") }
    makers = try reader.list(0xA2, limit: 64) { (item) throws(TLVError) in
      var fields = try item.element(.sequence).reader()
      return KnownParty(try fields.read(0x80), key: try fields.key(0x81))
    }
    approvals = try reader.list(0xA3, limit: InformationDelivered.approvalLimit) { (item) throws(TLVError) in
      try item.read(.sequence)
    }
    ids = try reader.list(0xA4, limit: Self.limit) { (item) throws(TLVError) in try item.read(.sequence) }
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0xA0, certificate)
    writer.write(0x81, pattern)
    writer.write(0xA2) { writer in
      for maker in makers {
        writer.write(.sequence) { writer in
          writer.write(0x80, maker.party)
          writer.write(0x81, key: maker.key)
        }
      }
    }
    writer.write(0xA3) { writer in for approval in approvals { writer.write(.sequence, approval) } }
    writer.write(0xA4) { writer in for id in ids { writer.write(.sequence, id) } }
  }
}

/// What the applicant keys in off line: signed with KD_MSN, sealed to the carrier, read when the batch is reconciled.
public struct OfflineApplication: FreshBody {
  // OfflineApplication ::= SEQUENCE {
  //   modelKey [0] OCTET STRING, creditCard [1] UTF8String, services [2] SEQUENCE OF UTF8String, number [3] UTF8String }
  public static let messageType = "A.OfflineApplication"
  /// KE_MSN.
  public let modelKey: PublicKey
  public let creditCard: CreditCardNumber
  public let services: [String]
  /// The number taken.
  public let number: String

  /// All fields.
  public init(modelKey: PublicKey, creditCard: CreditCardNumber, services: [String], number: String) {
    (self.modelKey, self.creditCard, self.services, self.number) = (modelKey, creditCard, services, number)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (modelKey, creditCard) = (try reader.key(0x80), try reader.read(0x81))
    (services, number) = (try reader.texts(0xA2), try reader.text(0x83, limit: 32))
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, key: modelKey)
    writer.write(0x81, creditCard)
    writer.write(0xA2, texts: services)
    writer.write(0x83, number)
  }
}

/// One ID of a batch in the module's log, for the carrier: signed with the batch's key in answer to its challenge.
public struct BatchEntry: FreshBody {
  // BatchEntry ::= SEQUENCE {
  //   batch [0] INTEGER, index [1] INTEGER, count [2] INTEGER, isClosed [3] BOOLEAN, name [4] Challenge,
  //   use [5] SEQUENCE { certificate [0] Signed, services [1] SEQUENCE OF, application [2] Sealed, receipt [3] OPTIONAL }
  //     OPTIONAL }
  public static let messageType = "A.BatchEntry"
  public let batch: Int
  /// Which one of how many.
  public let index: Int
  public let count: Int
  /// Whether the module signs no more of this batch.
  public let isClosed: Bool
  public let name: RegistrationName
  /// nil where the ID was not given out.
  public let use: Use?

  /// What became of an ID.
  public struct Use: TLVSequence, Sendable {
    /// The module that it was signed for.
    public let certificate: Signed<ModuleCertificate>
    public let services: [String]
    public let application: Sealed<Signed<OfflineApplication>>
    /// What the module answered; nil where it never came.
    public var receipt: Signed<WriteReceipt>?

    /// All fields.
    public init(
      certificate: Signed<ModuleCertificate>, services: [String], application: Sealed<Signed<OfflineApplication>>,
      receipt: Signed<WriteReceipt>?
    ) {
      (self.certificate, self.services) = (certificate, services)
      (self.application, self.receipt) = (application, receipt)
    }

    public init(fields reader: inout TLVReader) throws(TLVError) {
      (certificate, services) = (try reader.read(0xA0), try reader.texts(0xA1))
      (application, receipt) = (try reader.read(0xA2), try reader.readIfPresent(0xA3))
    }

    public func encodeFields(to writer: inout TLVWriter) {
      writer.write(0xA0, certificate)
      writer.write(0xA1, texts: services)
      writer.write(0xA2, application)
      writer.write(0xA3, receipt)
    }
  }

  /// All fields.
  public init(batch: Int, index: Int, count: Int, isClosed: Bool, name: RegistrationName, use: Use?) {
    (self.batch, self.index, self.count, self.isClosed) = (batch, index, count, isClosed)
    (self.name, self.use) = (name, use)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (batch, index, count) = (try reader.read(0x80), try reader.read(0x81), try reader.read(0x82))
    (isClosed, name) = (try reader.read(0x83, as: Int.self) == 1, try reader.read(0x84))
    use = try reader.readIfPresent(0xA5)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, batch)
    writer.write(0x81, index)
    writer.write(0x82, count)
    writer.write(0x83, isClosed ? 1 : 0)
    writer.write(0x84, name)
    writer.write(0xA5, use)
  }
}

extension TLVReader {
  /// At most `limit` values under `tag`, each read by `read`.
  mutating func list<Value>(
    _ tag: TLVTag, limit: Int, _ read: (inout TLVReader) throws(TLVError) -> Value
  ) throws(TLVError) -> [Value] {
    var reader = try element(tag).reader()
    var values: [Value] = []
    while !reader.isAtEnd {
      guard values.count < limit else { throw .invalid(tag, "at most \(limit) values are wanted") }
      values.append(try read(&reader))
    }
    return values
  }
}
