import AuC
import Bytes
import Foundation
import Identifiers
import Keys
import OrderDesk
import SMDPPlus
import Store
import StoreSQLite
import Testing

@Suite("Nothing that is stored or shown tells a key") struct PlantedSecretsTests {
  /// 500 subscribers and orders: 1,000 keys, and as many confirmation codes as orders.
  private static let count = 500
  private let random = SeededRandomSource(seed: Array("planted".utf8))
  private let now = Instant(seconds: 1_800_000_000)

  @Test(
    "1,000 keys, 500 codes and their hashes in AuC, order book and order desk: in no file, record or summary, in no form"
  )
  func planted() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("planted-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try SQLiteStore(path: folder.appendingPathComponent("site.sqlite").path)
    try store.migrate([EventRecord.schema, SubscriberTable.schema, LocationTable.schema, OrderBook.schema])
    let vault = try KeyVault(current: Secret(random.bytes(32)))
    let centre = AuC.Desk(store: store, vault: vault)
    let orders = try OrderDesk.Desk(store: store, vault: vault)
    let needles = Needles()
    var shown = ""
    for number in 0..<Self.count {
      let (k, opc) = (random.bytes(16), random.bytes(16))
      let code = String(format: "%05d", number) + String(random.bytes(8).map { Character("\($0 % 10)") })
      needles.plant(key: k)
      needles.plant(key: opc)
      needles.plant(text: code)
      // From its hash a code of a few digits is soon found.
      needles.plant(key: sha256(Array(code.utf8)))
      try plant(k, opc, code, number, centre, orders, vault, store)
      let imsi = try Fixed.imsi(number)
      shown += String(decoding: try centre.summary(of: imsi).json.encoded, as: UTF8.self)
      let credentials = try Credentials(k: Secret(k), algorithm: .milenage(opc: Secret(opc)))
      shown += "\(credentials) \(String(reflecting: credentials))"
      dump(try AuC.Subscriber(imsi: imsi, credentials: credentials), to: &shown)
    }
    shown += "\(try centre.verifyJournal())"
    for order in try orders.orders(limit: 10_000) { dump(order, to: &shown) }
    for entry in try store.read({ try EventRecord.entries(after: 0, limit: 100_000, in: $0) }) {
      dump(entry, to: &shown)
    }
    var seen = 0
    for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
      let bytes = try Array(Data(contentsOf: file))
      seen += bytes.count
      #expect(needles.found(in: bytes) == [], "\(file.lastPathComponent)")
    }
    // The files and the texts are what was meant to be searched.
    #expect(seen > 200_000 && shown.utf8.count > 200_000)
    #expect(needles.found(in: Array(shown.utf8)) == [], "what is shown")
    try needles.provesItself()
  }

  /// Puts a subscriber's keys and an order's secrets wherever they come to rest, and changes the keys once.
  private func plant(
    _ k: [UInt8], _ opc: [UInt8], _ code: String, _ number: Int, _ centre: AuC.Desk, _ orders: OrderDesk.Desk,
    _ vault: KeyVault, _ store: any Store
  ) throws {
    let (imsi, iccid) = (try Fixed.imsi(number), try Fixed.iccid(number))
    let subscriber = try AuC.Subscriber(
      imsi: imsi, credentials: Credentials(k: Secret(k), algorithm: .milenage(opc: Secret(opc))))
    let change = try #require(ChangeID("sim-\(iccid)"))
    try centre.prepare(subscriber, as: change, now: now, random: random)
    try centre.commit(change, of: imsi, now: now, random: random)
    // A refusal is written into a log.
    #expect(throws: AuCError.self) { try centre.add([subscriber], now: now, random: random) }
    let values = PersonalValues(["k": k.hex, "opc": opc.hex, "imsi": imsi.digits])
    var terms = OrderTerms()
    terms.confirmationHash = try ConfirmationHash(
      of: Secret(Array(code.utf8)), for: iccid, in: vault, random: random)
    let order = SMDPPlus.Order(
      iccid: iccid, state: .available, owner: "operator", profileType: "consumer", terms: terms,
      metadata: Fixed.metadata(number).encoded, source: .template("t"),
      personalData: try values.wrapped(for: iccid, in: vault, random: random))
    try store.transaction { transaction in
      try OrderBook.insert(order, because: "test", now: now, in: transaction)
      // A ready-made package holds the keys as they are.
      _ = try OrderBook.keep(
        package: [0xA0, 33] + k + opc + [UInt8(number & 255)], in: vault, random: random, transaction)
    }
    _ = try orders.place(
      OrderRequest(profileType: "consumer", confirmationCode: Secret(Array(code.utf8))), now: now, random: random)
  }
}

/// What must be found nowhere, in all the forms in which it might be written.
private final class Needles {
  private var forms: [[UInt8]: [[UInt8]]] = [:]
  private var starts: Set<UInt64> = []

  /// A key in raw form, in hexadecimal digits of both cases, in base64 wherever it begins, and each of these with the
  /// halves of its bytes exchanged.
  func plant(key: [UInt8]) {
    for bytes in [key, key.map { $0 << 4 | $0 >> 4 }] {
      add(bytes)
      add(Array(bytes.hex.utf8))
      add(Array(bytes.hex.lowercased().utf8))
      for shift in 0..<3 {
        // What stands before and behind the key has a part in the characters at its ends: they are left away.
        let text = Data([UInt8](repeating: 0, count: shift) + bytes).base64EncodedString()
        add(Array(text.dropFirst(shift == 0 ? 0 : 4).prefix(16).utf8))
      }
    }
  }

  /// A text, as it is, in hexadecimal digits and in base64.
  func plant(text: String) {
    let bytes = Array(text.utf8)
    add(bytes)
    add(Array(bytes.hex.utf8))
    add(Array(Data(bytes).base64EncodedString().prefix(16).utf8))
  }

  private func add(_ form: [UInt8]) {
    forms[Array(form.prefix(8)), default: []].append(form)
    starts.insert(Self.word(form[...]))
  }

  private static func word(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }

  /// The forms that stand in `bytes`, in hexadecimal digits.
  func found(in bytes: [UInt8]) -> [String] {
    var (window, found) = (UInt64(0), [String]())
    for (index, byte) in bytes.enumerated() {
      window = window << 8 | UInt64(byte)
      guard index >= 7, starts.contains(window) else { continue }
      let rest = bytes[(index - 7)...]
      for form in forms[Array(rest.prefix(8))] ?? [] where rest.starts(with: form) { found.append(form.hex) }
    }
    return found
  }

  /// The search finds what is there: each form behind something else.
  func provesItself() throws {
    for form in forms.values.joined().prefix(5000) { #expect(!found(in: [1, 2, 3] + form + [4]).isEmpty) }
  }
}
