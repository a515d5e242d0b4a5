import Bytes
import CardTerminal
import Charging
import Identifiers
import Keys
import OfflineCard
import SecureMessages
import Store
import StoreSQLite
import TestScheme
import TestStores
import Testing

/// A charging centre, with terminals that upload to it.
struct TestCentre {
  let scheme: TestScheme
  let store: any Store
  let desk: Desk
  let now = TestScheme.start

  init() throws {
    scheme = try TestScheme()
    store = try StoreKind.current.make()
    let key = PrivateKey(.p256, random: scheme.random)
    desk = try Desk(
      store: store, scheme: scheme.issuer.scheme,
      certificate: scheme.issuer.certifyCentre(key: key.publicKey, term: scheme.term), key: key)
  }

  func terminal(_ number: String = "00000001") throws -> FieldTerminal {
    let memory = try TerminalMemory(SQLiteStore.inMemory(), clock: now)
    return FieldTerminal(centre: self, identity: try scheme.terminal(number), memory: memory)
  }

  /// The units of every service that is known.
  func total() throws -> Int {
    try store.read { try $0.first("SELECT COALESCE(SUM(amount), 0) FROM charged_service")?(0) ?? 0 }
  }
}

/// A terminal in the field.
struct FieldTerminal {
  let centre: TestCentre
  let identity: TerminalIdentity
  let memory: TerminalMemory

  /// A card is used once; each amount is a step, and the last one the end unless it is pulled.
  @discardableResult
  func use(_ card: TestCard, _ amounts: Int..., at time: Instant? = nil, pulled: Bool = false) throws -> UsageRecord {
    let time = time ?? centre.now
    let dialogue = try CardDialogue.open(card.link, as: identity, at: time, random: centre.scheme.random)
    if let clearance = try memory.clearance(for: dialogue.card.card) {
      try dialogue.clear(clearance)
      try memory.removeClearance(for: dialogue.card.card)
    }
    var record = try dialogue.begin(
      .call, pin: PIN(TestScheme.pin), limit: .greatest, at: time, random: centre.scheme.random)
    try memory.keep(record, of: dialogue.certificate, clock: time)
    for (index, units) in amounts.enumerated() {
      let amount = try #require(Amount(units))
      record = try dialogue.step(
        after: record.claimedBody, amount: amount, at: time + .seconds(60),
        isEnd: !pulled && index == amounts.count - 1)
      try memory.keep(record, of: dialogue.certificate, clock: time)
    }
    return record.claimedBody
  }

  /// Uploads everything.
  @discardableResult
  func upload(at now: Instant? = nil) throws -> [UploadReceipt] {
    let now = now ?? centre.now
    var receipts: [UploadReceipt] = []
    while let request = try memory.nextUpload(by: identity) {
      receipts.append(
        try memory.take(centre.desk.upload(request, now: now), for: request, by: identity, at: now))
    }
    return receipts
  }

  /// A batch that the terminal's operator makes up.
  func forge(_ cards: [Signed<CardCertificate>], _ records: [Signed<UsageRecord>], batch: Int = 1) throws -> [UInt8] {
    let term = Term(
      serial: batch, notBefore: centre.scheme.term.notBefore, notAfter: centre.scheme.term.notAfter)
    let upload = try Signed(
      UsageUpload(cards: cards, records: records), by: identity.holder, to: identity.scheme.centre, term: term)
    return UploadRequest(terminal: identity.certificate, upload: upload).encoded
  }
}
