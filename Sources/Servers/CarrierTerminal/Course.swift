import Bytes
import HandsetRegistration
import Identifiers
import Keys
import SecureMessages
import Store
import TLV

/// One registration under way, as the carrier's terminal sees it.
struct Course: TLVMessage, TLVSequence {
  static let tag: TLVTag = .sequence

  /// How far it is.
  enum State: Int, TLVEnumeration {
    /// RDM is answered; a number request is awaited (f, g).
    case started = 1
    /// A number is offered; it is taken, or another one asked for (o).
    case offered = 2
    /// The ID is on its way; the receipt is awaited (t).
    case delivered = 3
    /// The network takes the new ID; a terminal has its permit, or a card's withdrawal.
    case completed = 4
    /// It came to nothing.
    case ended = 5
  }

  let name: RegistrationName
  let dealer: String
  let module: ModuleNumber
  /// The module's key, 65 bytes.
  let moduleKey: [UInt8]
  /// What the module is, and of which lot.
  let kind: ModuleKind
  let lot: Int
  /// RDM, which the ID answers.
  let rdm: Challenge
  /// The ID's keys, wrapped: durable before anybody is told of them, so that every repetition has the same.
  var wrappedKeys: [UInt8]
  var state = State.started
  /// What the next request has to answer.
  var challenge: Challenge
  var expiry: Instant
  /// What the applicant asked for, once it is known.
  var application: Application?
  /// KE_A, where a registration terminal gets its own ID; else nothing.
  var terminalModel: [UInt8] = []
  /// The subscriber's identity in the network, once it is assigned.
  var imsi: IMSI?
  /// The last request (its SHA-256) and its answer: the same request gets the same answer.
  var lastRequest: [UInt8] = []
  var lastAnswer: [UInt8] = []
  var version = 0

  /// What the applicant asked for.
  struct Application: TLVSequence {
    var purpose: Purpose
    /// KE_MSN, 65 bytes.
    var modelKey: [UInt8]
    var services: [String]
    /// A keyed digest of the credit card's number.
    var card: [UInt8]
    var account: Int
    var number: String
    /// The registration that assigned the number: this one, or an earlier one.
    var registration: String

    init(
      purpose: Purpose, modelKey: [UInt8], services: [String], card: [UInt8], account: Int, number: String,
      registration: String
    ) {
      (self.purpose, self.modelKey, self.services, self.card) = (purpose, modelKey, services, card)
      (self.account, self.number, self.registration) = (account, number, registration)
    }

    init(fields reader: inout TLVReader) throws(TLVError) {
      (purpose, modelKey) = (try reader.read(0x80), try reader.read(0x81))
      var list = try reader.element(0xA2).reader()
      services = []
      while !list.isAtEnd { services.append(try list.read(.utf8String)) }
      (card, account, number) = (try reader.read(0x83), try reader.read(0x84), try reader.read(0x85))
      registration = try reader.read(0x86)
    }

    func encodeFields(to writer: inout TLVWriter) {
      writer.write(0x80, purpose)
      writer.write(0x81, modelKey)
      writer.write(0xA2) { writer in for service in services { writer.write(.utf8String, service) } }
      writer.write(0x83, card)
      writer.write(0x84, account)
      writer.write(0x85, number)
      writer.write(0x86, registration)
    }
  }

  init(
    name: RegistrationName, dealer: String, module: ModuleCertificate, rdm: Challenge, wrappedKeys: [UInt8],
    challenge: Challenge, expiry: Instant
  ) {
    (self.name, self.dealer, self.challenge, self.expiry) = (name, dealer, challenge, expiry)
    (self.rdm, self.wrappedKeys) = (rdm, wrappedKeys)
    (self.module, moduleKey) = (module.number, module.key.point)
    (kind, lot) = (module.kind, module.lot)
  }

  init(fields reader: inout TLVReader) throws(TLVError) {
    (name, dealer) = (try reader.read(0x80), try reader.read(0x81))
    (module, moduleKey) = (try reader.read(0x82), try reader.read(0x83))
    (state, challenge) = (try reader.read(0x84), try reader.read(0x85))
    expiry = Instant(milliseconds: Int64(try reader.read(0x86, as: Int.self)))
    application = try reader.readIfPresent(0xA7)
    let digits = try reader.readIfPresent(0x88, as: String.self)
    imsi = digits.flatMap { try? IMSI($0) }
    (lastRequest, lastAnswer) = (try reader.read(0x89), try reader.read(0x8A))
    (rdm, wrappedKeys) = (try reader.read(0x8B), try reader.read(0x8C))
    (kind, lot, terminalModel) = (try reader.read(0x8D), try reader.read(0x8E), try reader.read(0x8F))
  }

  func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, name)
    writer.write(0x81, dealer)
    writer.write(0x82, module)
    writer.write(0x83, moduleKey)
    writer.write(0x84, state)
    writer.write(0x85, challenge)
    writer.write(0x86, Int(expiry.milliseconds))
    writer.write(0xA7, application)
    writer.write(0x88, imsi?.digits)
    writer.write(0x89, lastRequest)
    writer.write(0x8A, lastAnswer)
    writer.write(0x8B, rdm)
    writer.write(0x8C, wrappedKeys)
    writer.write(0x8D, kind)
    writer.write(0x8E, lot)
    writer.write(0x8F, terminalModel)
  }

  /// The registration's name in other parties' books, and its change of keys.
  var text: String { "A-\(name)" }

  /// It comes to nothing, and what was answered is repeated to nobody.
  mutating func cancel() { (state, lastRequest, lastAnswer) = (.ended, [], []) }

  /// The module with its certified key.
  func knownModule() throws(KeyError) -> KnownParty {
    KnownParty(.module(module), key: try PublicKey(.p256, point: moduleKey))
  }

  /// Where a registration's keys belong.
  static func place(_ name: RegistrationName) -> String { "carrier terminal registration \(name)" }

  /// The ID's keys.
  func keys(_ vault: KeyVault) throws -> AuthenticationKeys { try Self.keys(wrappedKeys, of: name, vault) }

  /// The keys of the ID that the registration `name` brought.
  static func keys(_ wrapped: [UInt8], of name: RegistrationName, _ vault: KeyVault) throws -> AuthenticationKeys {
    try AuthenticationKeys(TLVElement(vault.unwrap(wrapped, context: place(name)).bytes))
  }

  // MARK: In the store

  static func find(_ name: RegistrationName, in reader: any Reader) throws -> Course? {
    try reader.first("SELECT content, version FROM carrier_course WHERE name = $1", name.bytes).map { row in
      var course = try Course(encoded: row(0, as: [UInt8].self))
      course.version = try row(1)
      return course
    }
  }

  /// The registrations under way that have got as far as keys for `imsi`.
  static func open(_ imsi: IMSI, in reader: any Reader) throws -> [Course] {
    try list(
      reader.query(
        "SELECT content, version FROM carrier_course WHERE imsi = $1 AND state IN ($2, $3)", imsi.digits,
        State.offered.rawValue, State.delivered.rawValue))
  }

  /// At most `limit` registrations that are over at `now`.
  static func expired(_ now: Instant, limit: Int, in reader: any Reader) throws -> [Course] {
    try list(
      reader.query(
        "SELECT content, version FROM carrier_course WHERE expiry <= $1 ORDER BY expiry LIMIT $2", now, limit))
  }

  /// At most `limit` registrations, those that end first before.
  static func all(limit: Int, in reader: any Reader) throws -> [Course] {
    try list(reader.query("SELECT content, version FROM carrier_course ORDER BY expiry LIMIT $1", limit))
  }

  private static func list(_ rows: [Row]) throws -> [Course] {
    try rows.map { row in
      var course = try Course(encoded: row(0, as: [UInt8].self))
      course.version = try row(1)
      return course
    }
  }

  /// Writes it over the version it was read in; a conflict where somebody else was faster.
  func save(in transaction: any Transaction) throws(StoreError) {
    if version == 0 {
      try transaction.execute(
        "INSERT INTO carrier_course (name, version, state, imsi, expiry, content) VALUES ($1, 1, $2, $3, $4, $5)",
        name.bytes, state.rawValue, imsi?.digits, expiry, encoded)
    } else {
      try transaction.executeOne(
        """
        UPDATE carrier_course SET version = version + 1, state = $3, imsi = $4, expiry = $5, content = $6
        WHERE name = $1 AND version = $2
        """, name.bytes, version, state.rawValue, imsi?.digits, expiry, encoded)
    }
  }
}
