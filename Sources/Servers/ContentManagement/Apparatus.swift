import APDU
import Bytes
import GlobalPlatform
import Identifiers
import Keys
import MutualAgreement
import SecureChannel
import SecureMessages
import Store
import TLV

/// What the issuing and the data providing apparatus have in common: wishes begin errands, and rounds of the user
/// apparatus bring them forward.
public protocol Apparatus: Sendable {
  /// Where it keeps everything.
  var store: any Store { get }
  /// Who it is, with its key.
  var holder: KeyHolder { get }
  /// The keys of the domain whose turn it is.
  func keys(_ errand: Errand, _ card: SCP03.InitializeUpdateResponse) throws -> SCP03.Keys
  /// What is to be done in the domain whose turn it is, after its registry was read. Runs outside any transaction.
  func decide(_ errand: Errand, _ given: AgreementRequest) throws -> [Deed]
  /// Makes durable what was done in the domain whose turn it was.
  func conclude(
    _ errand: Errand, _ done: [(deed: Deed, answer: Response)], _ status: StatusWord, _ given: AgreementRequest,
    in transaction: any Transaction) throws
  /// The answer to any other message than a round of an errand.
  func answer(_ request: AgreementRequest) throws -> [UInt8]
}

/// A message with what it is decided with.
public struct AgreementRequest: Sendable {
  /// The message.
  public let bytes: [UInt8]
  public let now: Instant
  public let random: any RandomSource

  /// A message that arrived at `now`.
  public init(_ bytes: [UInt8], now: Instant, random: any RandomSource) {
    (self.bytes, self.now, self.random) = (bytes, now, random)
  }

  /// The message as a `Message`.
  public func message<Message: TLVMessage>(_ type: Message.Type = Message.self) throws(AgreementRefusal) -> Message {
    do { return try Message(encoded: bytes) } catch { throw .malformed }
  }
}

/// How long what is agreed on holds.
public enum AgreementTimes {
  /// How long an errand may take, interruptions included.
  public static let errand: Duration = .seconds(7 * 86_400)
  /// How long an authorisation that nobody used is expected to be: no errand that could use it lives so long.
  public static let pending: Duration = .seconds(8 * 86_400)
  /// How long what one apparatus asks of another may be on its way.
  public static let request: Duration = .seconds(600)
  /// How long a report may wait for delivery.
  public static let report: Duration = .seconds(366 * 86_400)
}

extension Apparatus {
  /// The answer to a message, a refusal included. The same message gets the same answer.
  public func respond(to bytes: [UInt8], now: Instant, random: any RandomSource) -> [UInt8] {
    let request = AgreementRequest(bytes, now: now, random: random)
    do {
      return try store.retrying { _ in
        MessageKind.of(bytes) == .plain(ErrandRound.tag) ? try self.round(request) : try self.answer(request)
      }
    } catch {
      let refusal = AgreementRefusal(error)
      try? Refusals.record(refusal, of: bytes, because: error, by: holder.party, at: now, in: store)
      return Refused(refusal).encoded
    }
  }

  /// Begins the errand that a user's wish asks for; the same wish again begins the same errand anew, or tells how it
  /// ended. `make` prepares it outside any transaction, `note` writes what goes with it.
  public func errand<Body: LastingBody>(
    for wish: Signed<Body>, _ request: AgreementRequest, make: () throws -> Errand,
    note: (Errand, any Transaction) throws -> Void = { _, _ in }
  ) throws -> [UInt8] {
    let digest = sha256(request.bytes)
    guard let serial = wish.claimedTerm?.serial else { throw AgreementRefusal.malformed }
    let sender = wish.claimedSender.name
    let row = try store.read {
      try $0.first(
        "SELECT digest, ticket FROM content_wish WHERE sender = $1 AND type = $2 AND serial = $3", sender,
        Body.messageType, serial)
    }
    if let row {
      guard try row(0) == digest else { throw AgreementRefusal.outOfOrder }
      return try step(ErrandRound(ticket: row(1), number: 0, answers: []), request)
    }
    var errand = try make()
    let commands = errand.begin(random: request.random)
    let answer = ErrandStep(ticket: errand.ticket, number: errand.count(), commands: commands).encoded
    try store.transaction { transaction in
      try note(errand, transaction)
      try errand.save(in: transaction)
      try transaction.execute(
        "INSERT INTO content_wish (sender, type, serial, digest, ticket, expiry) VALUES ($1, $2, $3, $4, $5, $6)",
        sender, Body.messageType, serial, digest, errand.ticket, wish.claimedTerm?.notAfter ?? request.now)
      try forgetOldest(of: sender, Body.messageType, in: transaction)
      try record(.exchanged, Body.messageType, errand.card, request.now, in: transaction)
    }
    return answer
  }

  /// Whoever knows a card's name can wish to be registered as its user, as often as he likes: of each sender's wishes of
  /// a kind only so many are kept. One that was forgotten begins its errand anew.
  private func forgetOldest(of sender: String, _ type: String, in transaction: any Transaction) throws {
    let old = try transaction.query(
      """
      SELECT serial, ticket FROM content_wish WHERE sender = $1 AND type = $2 ORDER BY expiry DESC, serial DESC
      LIMIT 16 OFFSET $3
      """, sender, type, ContentBook.wishLimit)
    for row in old {
      let (serial, ticket): (Int, [UInt8]) = (try row(0), try row(1))
      try transaction.execute("DELETE FROM card_errand WHERE ticket = $1", ticket)
      try transaction.execute(
        "DELETE FROM content_wish WHERE sender = $1 AND type = $2 AND serial = $3", sender, type, serial)
    }
  }

  private func round(_ request: AgreementRequest) throws -> [UInt8] {
    try step(try request.message(ErrandRound.self), request)
  }

  private func step(_ round: ErrandRound, _ request: AgreementRequest) throws -> [UInt8] {
    guard var errand = try store.read({ try Errand.find(round.ticket, in: $0) }), request.now < errand.expiry else {
      throw AgreementRefusal.outOfOrder
    }
    let digest = sha256(round.encoded)
    if round.number != 0, errand.lastRound == digest { return errand.lastAnswer }
    if let status = errand.status { return ErrandDone(ticket: errand.ticket, status: status).encoded }
    guard round.number != 0 else {
      let commands = errand.begin(random: request.random)
      return try store.transaction { try next(commands, &errand, digest, in: $0) }
    }
    guard round.number == errand.number else { throw AgreementRefusal.outOfOrder }
    let before = errand
    let finder: CardSession.KeyFinder = { try self.keys(before, $0) }
    switch try errand.take(round.answers, keys: finder) {
    case .send(let commands): return try store.transaction { try next(commands, &errand, digest, in: $0) }
    case .decide:
      let deeds = try decide(errand, request)
      guard deeds.isEmpty else {
        let commands = try errand.act(deeds, keys: finder)
        return try store.transaction { try next(commands, &errand, digest, in: $0) }
      }
      return try conclude(&errand, [], .ok, digest, request)
    case .refused(let status): return try store.transaction { try over(&errand, status, digest, request, in: $0) }
    case .did(let done, let status): return try conclude(&errand, done, status, digest, request)
    }
  }

  private func conclude(
    _ errand: inout Errand, _ done: [(deed: Deed, answer: Response)], _ status: StatusWord, _ digest: [UInt8],
    _ request: AgreementRequest
  ) throws -> [UInt8] {
    var ended = errand
    let answer = try store.transaction { transaction in
      try conclude(ended, done, status, request, in: transaction)
      if status.isSuccess, let commands = ended.goOn(random: request.random) {
        return try next(commands, &ended, digest, in: transaction)
      }
      return try over(&ended, status, digest, request, in: transaction)
    }
    errand = ended
    return answer
  }

  private func over(
    _ errand: inout Errand, _ status: StatusWord, _ digest: [UInt8], _ request: AgreementRequest,
    in transaction: any Transaction
  ) throws -> [UInt8] {
    errand.end(status)
    let answer = ErrandDone(ticket: errand.ticket, status: status.rawValue).encoded
    (errand.lastRound, errand.lastAnswer) = (digest, answer)
    try errand.save(in: transaction)
    try record(.changed, "errand over: \(status)", errand.card, request.now, in: transaction)
    return answer
  }

  private func next(
    _ commands: [[UInt8]], _ errand: inout Errand, _ digest: [UInt8], in transaction: any Transaction
  ) throws -> [UInt8] {
    let answer = ErrandStep(ticket: errand.ticket, number: errand.count(), commands: commands).encoded
    (errand.lastRound, errand.lastAnswer) = (digest, answer)
    try errand.save(in: transaction)
    return answer
  }

  /// Adds to the record what happened to a card.
  public func record(
    _ kind: Event.Kind, _ name: String, _ card: CardName, _ now: Instant, _ text: String = "",
    in transaction: any Transaction
  ) throws(StoreError) {
    try EventRecord.append(
      Event(
        at: now, party: holder.party.name, kind: kind, name: name, correlation: card.description, body: .text(text)),
      in: transaction)
  }

  // MARK: What both do with content

  /// The deeds that are still to be done for what was agreed on: none where the card has come there already.
  public func deeds(
    _ operation: ContentOperation, _ sdi: StoringDataInformation, domain: AID, told: CardReading,
    commands: [AgreedContent.Command], tokens: [[UInt8]], file: LoadFile?
  ) throws -> [Deed] {
    let tokens = tokens.isEmpty ? commands.map { _ in [] } : tokens
    let there = told.contents(of: domain).first { $0.loadFile == sdi.loadFile }
    var deeds: [Deed] = []
    for (command, token) in zip(commands, tokens) {
      switch command {
      case .delete(let delete):
        guard there != nil, operation == .delete || there?.version != sdi.version else { continue }
        deeds.append(Deed([delete.command(token: token)], .removed(sdi.loadFile)))
      case .load(let install):
        guard there?.version != sdi.version else { continue }
        guard let file else { throw AgreementRefusal.notOffered }
        deeds.append(
          Deed([install.command(token: token)] + file.commands(), .loaded(sdi.loadFile, version: sdi.version)))
      case .install(let install):
        guard there?.version != sdi.version || sdi.application.flatMap(told.application) == nil else { continue }
        deeds.append(Deed([install.command(token: token)]))
      }
    }
    return deeds
  }

  /// What is in a domain after what was done, and the card's confirmation counter then.
  public func contents(
    of domain: AID, _ told: CardReading, after done: [(deed: Deed, answer: Response)]
  ) -> (contents: [ContentReport.Content], confirmations: Int, receipts: [[UInt8]]) {
    var contents = told.contents(of: domain)
    var confirmations = told.confirmations
    var receipts: [[UInt8]] = []
    for (deed, answer) in done {
      if let receipt = try? Receipt.read(answer.data) {
        confirmations = max(confirmations, Int(receipt.confirmation.counter))
        receipts.append(answer.data)
      }
      switch deed.effect {
      case .none: break
      case .loaded(let aid, let version): contents.append(.init(aid, version: version))
      case .removed(let aid): contents.removeAll { $0.loadFile == aid }
      }
    }
    return (contents, confirmations, receipts)
  }

  /// Brings one's own book of a domain to a reading of it; what the book did not expect stands in the record.
  public func settle(
    _ reading: ContentBook.Reading, provider: Party, _ now: Instant, in transaction: any Transaction
  ) throws {
    for difference in try ContentBook.settle(reading, provider: provider, in: transaction) {
      try record(.changed, ContentBook.differenceName, reading.card, now, "\(difference)", in: transaction)
    }
  }

  /// Closes one's own book of a domain, and sends the other party what closes its.
  public func settle(
    _ errand: Errand, domain: AID, provider: Party, peer: Party, _ done: [(deed: Deed, answer: Response)],
    _ now: Instant, in transaction: any Transaction
  ) throws {
    let (contents, confirmations, receipts) = contents(of: domain, errand.told, after: done)
    try settle(
      .init(of: errand.card, domain: domain, contents, confirmations: confirmations, at: now, from: .own),
      provider: provider, now, in: transaction)
    let report = ContentReport(
      card: errand.card, domain: domain, confirmations: confirmations, contents: contents, receipts: receipts)
    let term = Term(
      serial: try ContentBook.nextSerial("report", in: transaction), notBefore: now,
      notAfter: now + AgreementTimes.report)
    try Parcels.put(
      Signed(report, by: holder, to: peer, term: term).encoded, to: peer, now: now, in: transaction)
  }
}
