import Bytes
import Foundation
import Identifiers
import SGP22
import SMDPPlus
import Store

/// A profile of the order book, for people and scripts; no secrets.
struct OrderItem: Encodable {
  let iccid, state, owner, profileType: String
  let eid, matchingId, activationCode, expiry, smds: String?
  let attempts, attemptsAllowed: Int
  let confirmationCodeRequired: Bool
  /// What could not be delivered yet to SM-DS and operator, and why.
  var waiting: [String]?
  var history: [String]?

  init(_ order: Order, address: String) {
    (iccid, state) = (order.iccid.digits, order.state.description)
    (owner, profileType) = (order.owner, order.profileType)
    (eid, matchingId, expiry) = (order.eid?.digits, order.matchingId, order.expiry?.description)
    activationCode = order.activationText(at: address)
    smds = order.terms.smdsAddress
    (attempts, attemptsAllowed) = (order.attempts, order.terms.attemptsAllowed)
    confirmationCodeRequired = order.terms.confirmationHash != nil
  }

  func print() {
    let rows: [(String, String?)] = [
      ("ICCID", iccid), ("State", state), ("Type", profileType), ("Owner", owner.isEmpty ? nil : owner), ("EID", eid),
      ("Activation code", activationCode), ("Event at SM-DS", smds),
      ("Waiting to be told", waiting.map { $0.joined(separator: ", ") }), ("Expires", expiry),
      ("Downloads begun", "\(attempts) of \(attemptsAllowed)"),
      ("Confirmation code", confirmationCodeRequired ? "wanted" : nil),
    ]
    Output.rows(rows.compactMap { label, value in value.map { (label, $0) } })
    for line in history ?? [] { Swift.print("  \(line)") }
  }
}

extension Site {
  /// Reads the order book; the SM-DP+'s address comes with it.
  func orders<Result>(_ body: (any Reader) throws -> Result) throws -> (Result, address: String) {
    let store = try orderStore()
    try store.migrate([EventRecord.schema, OrderBook.schema, Outbox.schema])
    return (try store.read(body), try ServerConfiguration.read(configurationFile).address)
  }

  /// What is said of a profile that the order book does not have.
  static func noOrder(_ iccid: ICCID) -> Complaint {
    Complaint(.noInput, "There is no order of \(iccid).", remedy: "`simurgh profile list` shows the orders there are.")
  }

  /// Moves a profile by hand, where the table of a profile's life allows it.
  func move(_ text: String, to state: Order.State) throws {
    let iccid = try Complaint.naming(text) { try ICCID(text) }
    let store = try orderStore()
    try store.migrate([EventRecord.schema, OrderBook.schema, Outbox.schema])
    let events = eventRegistration(try ServerConfiguration.read(configurationFile))
    let moved = try store.transaction { transaction in
      guard let order = try OrderBook.order(iccid, in: transaction) else {
        throw Self.noOrder(iccid)
      }
      var next = order
      do { try next.move(to: state) } catch {
        throw Complaint(
          .refused, "\(iccid): \(error).", remedy: "See what became of it: simurgh profile show \(iccid)")
      }
      if state == .available { (next.eid, next.matchingId) = (nil, nil) }
      if state == .released, next.matchingId == nil {
        throw Complaint(
          .refused, "\(iccid) has no matchingId yet.", remedy: "Confirm the order first (ES2+.ConfirmOrder).")
      }
      let now = Instant.now()
      try OrderBook.update(order, to: next, because: "by hand", now: now, in: transaction)
      try events?.follow(from: order, to: next, now: now, in: transaction)
      return next
    }
    print("\(moved.iccid) is \(moved.state)")
  }
}

extension Site {
  /// How the orders' events are put at SM-DS; nil where the circle does not tell the SM-DP+'s object identifier.
  func eventRegistration(_ configuration: ServerConfiguration) -> EventRegistration? {
    let oid = (try? circle.entries(.dpAuthentication))?.lazy.compactMap(\.certificate.extensions.registeredIDs.first)
      .first
    return oid.map { EventRegistration(address: configuration.address, requester: "\($0)") }
  }

  /// The import of orders; files that rows name are looked for in `folder`.
  func orderImport(_ configuration: ServerConfiguration, filesIn folder: URL) throws -> OrderImport {
    OrderImport(
      templates: try Templates.all(), vault: try vault(), address: configuration.address,
      events: eventRegistration(configuration)
    ) { name in
      try InputFile.bytes(name.hasPrefix("/") ? name : folder.appendingPathComponent(name).path)
    }
  }

  /// A row of an order file; where it names neither a package nor a template the house's own template is meant.
  static func orderRow(_ number: Int, _ columns: [String: String]) -> OrderImport.Row {
    let named = Set(columns.filter { !$0.value.isEmpty }.map { $0.key.lowercased() })
    guard named.isDisjoint(with: ["package", "template"]) else { return OrderImport.Row(number: number, columns) }
    return OrderImport.Row(number: number, columns.merging(["template": "base"]) { _, base in base })
  }
}

extension Order {
  /// The activation code at the SM-DP+ `address`; nil where a device needs none, or there is none yet.
  func activationText(at address: String) -> String? {
    matchingId?.isEmpty == false ? activationCode(address: address)?.description : nil
  }
}
