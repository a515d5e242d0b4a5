import Bytes
import Foundation
import Identifiers
import Keys
import ProfilePackage
import SGP22
import Stations
import Store
import TLV

/// Takes orders in by rows, as they stand in a table or a list that a person wrote: a row that fails is told with its
/// number and reason, and the others go in.
public struct OrderImport: Sendable {
  /// One row: its columns by name. Names are compared without regard to case, hyphens and underscores; an empty value
  /// is none.
  public struct Row: Sendable {
    /// Where it stands in the file, counted as people count.
    public let number: Int
    let columns: [String: String]

    /// A row.
    public init(number: Int, _ columns: [String: String]) {
      self.number = number
      self.columns = Dictionary(
        columns.map { (Self.normal($0.key), $0.value.trimmingCharacters(in: .whitespacesAndNewlines)) }.filter {
          !$0.1.isEmpty
        }, uniquingKeysWith: { a, _ in a })
    }

    static func normal(_ name: String) -> String { name.lowercased().filter { !"-_ ".contains($0) } }
  }

  /// What became of a row.
  public struct Outcome: Sendable {
    /// The row's number.
    public let number: Int
    /// The order, or why there is none.
    public let result: Result<Order, RowProblem>
    /// Whether an import before this one had taken the row: an import that was broken off is begun again.
    public let wasThere: Bool

    init(number: Int, result: Result<Order, RowProblem>, wasThere: Bool = false) {
      (self.number, self.result, self.wasThere) = (number, result, wasThere)
    }
  }

  /// Why a row was not taken.
  public struct RowProblem: Error, Equatable, Sendable, CustomStringConvertible {
    /// The column at fault; nil where it is the row as a whole.
    public let column: String?
    /// What is wrong and what is wanted.
    public let reason: String

    init(_ column: String?, _ reason: String) { (self.column, self.reason) = (column, reason) }

    public var description: String { column.map { "\($0): \(reason)" } ?? reason }
  }

  /// The templates by name.
  public let templates: [String: any PackageBuilder]
  /// Wraps personal data, ready-made packages and hashes of confirmation codes.
  public let vault: KeyVault
  /// The server's address, for notifications.
  public let address: String
  /// The server's events at SM-DS.
  public let events: EventRegistration?
  /// Reads a file that a row names: a ready-made package or an icon.
  public let file: @Sendable (String) throws -> [UInt8]

  /// An import with these templates; `events` puts what is released with an SM-DS there.
  public init(
    templates: [String: any PackageBuilder], vault: KeyVault, address: String, events: EventRegistration? = nil,
    file: @escaping @Sendable (String) throws -> [UInt8]
  ) {
    (self.templates, self.vault, self.address) = (templates, vault, address)
    (self.events, self.file) = (events, file)
  }

  /// Takes `rows` in; they are durable when it returns. They share one commit where all of them can be stored; where one
  /// cannot, each has a commit of its own.
  public func run(_ rows: some Sequence<Row>, into store: any Store, given: Given) throws -> [Outcome] {
    let read = rows.map { row in
      (row, Result { () throws(RowProblem) -> Entry in try order(row, given: given) })
    }
    let entries = read.compactMap { row, result in (try? result.get()).map { (row, $0) } }
    let areAllIn: Bool
    do {
      try store.transaction { transaction in
        for (row, entry) in entries { try keep(entry, row, given: given, in: transaction) }
      }
      areAllIn = true
    } catch StoreError.duplicate { areAllIn = false }
    return try read.map { row, result in
      do {
        let entry = try result.get()
        if !areAllIn {
          try store.transaction { transaction in try keep(entry, row, given: given, in: transaction) }
        }
        return Outcome(number: row.number, result: .success(entry.order))
      } catch let problem as RowProblem {
        return Outcome(number: row.number, result: .failure(problem))
      } catch StoreError.duplicate("iccid") {
        let earlier = try result.get().order
        if let there = try store.read({ try OrderBook.order(earlier.iccid, in: $0) }), isSame(earlier, there, row) {
          return Outcome(number: row.number, result: .success(there), wasThere: true)
        }
        return Outcome(number: row.number, result: .failure(RowProblem("iccid", "another order has it already")))
      } catch StoreError.duplicate(let column) {
        return Outcome(number: row.number, result: .failure(RowProblem(column, "another order has it already")))
      }
    }
  }

  /// Whether `there` came of the same row as `order`, however far it has come since.
  private func isSame(_ order: Order, _ there: Order, _ row: Row) -> Bool {
    func values(_ order: Order) -> PersonalValues? {
      order.personalData.flatMap { try? PersonalValues(wrapped: $0, for: order.iccid, in: vault) }
    }
    // A token that the row does not name was made up.
    let isNamed = row.columns[Row.normal("matchingId")] != nil
    return order.source == there.source && order.profileType == there.profileType && order.metadata == there.metadata
      && values(order) == values(there) && (!isNamed || order.matchingId == there.matchingId)
  }

  /// The row with its package ready-made: what its template makes of it, after `change`. The row names it "ready-made".
  public func readyMade(
    _ row: Row, changing change: (inout Package) throws -> Void
  ) throws -> (row: Row, package: [UInt8]) {
    let reader = RowReader(row.columns)
    let iccid = try reader.required("iccid") { try ICCID($0) }
    guard let name = reader["template"], let template = templates[name] else {
      throw RowProblem("template", "a template is wanted, one of \(templates.keys.sorted())")
    }
    var (data, columns) = (PersonalValues(), row.columns)
    for parameter in template.parameters { data[parameter] = reader[parameter] }
    for parameter in template.parameters + ["template"] { columns[Row.normal(parameter)] = nil }
    var package = try Package(decoding: template.package(iccid: iccid, personalData: data))
    try change(&package)
    columns["package"] = "ready-made"
    return (Row(number: row.number, columns), package.encoded)
  }

  /// What a row becomes: the order, and the ready-made package it brings.
  typealias Entry = (order: Order, package: [UInt8]?)

  private func keep(_ entry: Entry, _ row: Row, given: Given, in transaction: any Transaction) throws {
    if let package = entry.package {
      _ = try OrderBook.keep(package: package, in: vault, random: given.random, transaction)
    }
    try OrderBook.insert(entry.order, because: "import, row \(row.number)", now: given.now, in: transaction)
    try events?.follow(to: entry.order, now: given.now, in: transaction)
  }

  /// The order that a row describes, and the ready-made package it brings.
  func order(_ row: Row, given: Given) throws(RowProblem) -> Entry {
    let reader = RowReader(row.columns)
    let iccid = try reader.required("iccid") { try ICCID($0) }
    let state = try reader.optional("state", wanted: "one of \(Self.states)") { Order.State($0) } ?? .released
    guard Self.states.contains(where: { $0 == state }) else {
      throw RowProblem("state", "one of \(Self.states) is wanted")
    }
    let (source, package, type) = try source(reader, iccid: iccid)
    let eid = try reader.optional("eid") { try EID($0) }
    let matchingId = try matchingId(reader, state: state, given: given)
    var terms = OrderTerms()
    if let code = reader["confirmationCode"] {
      do {
        terms.confirmationHash = try ConfirmationHash(
          of: Secret(Array(code.utf8)), for: iccid, in: vault, random: given.random)
      } catch { throw RowProblem("confirmationCode", "\(error)") }
    }
    terms.attemptsAllowed = try reader.number("attempts", in: 1...1_000_000) ?? terms.attemptsAllowed
    terms.codeAttemptsAllowed = try reader.number("codeAttempts", in: 1...1000) ?? terms.codeAttemptsAllowed
    terms.smdsAddress = try reader.optional("smds", wanted: "a host name or a dot") { text in
      text == "." || FQDN(text) != nil ? text : nil
    }
    terms.bindsToFirst = try reader.flag("bindsToFirst")
    if eid == nil, terms.smdsAddress != nil || matchingId == "" {
      throw RowProblem("eid", "an order for an SM-DS or for the default SM-DP+ needs the EID")
    }
    let metadata = try MetadataReader(reader, address: address, file: file).metadata(iccid)
    let order = Order(
      iccid: iccid, state: state, owner: reader["owner"] ?? "", profileType: reader["profileType"] ?? type,
      eid: eid, matchingId: matchingId, expiry: try reader.instant("expiry"), terms: terms,
      metadata: metadata.encoded, source: source, personalData: try personalData(reader, source, iccid, given: given))
    try reader.finish()
    return (order, package)
  }

  /// The states in which an order can come in.
  private static let states: [Order.State] = [.available, .allocated, .linked, .confirmed, .released]

  /// "default" is the default SM-DP+'s empty token; without a value a token is made where one is needed.
  private func matchingId(_ reader: RowReader, state: Order.State, given: Given) throws(RowProblem) -> String? {
    guard let text = reader["matchingId"] else {
      return [.confirmed, .released].contains(state) ? MatchingToken.make(given.random) : nil
    }
    if text == "default" { return "" }
    guard let token = MatchingId(text) else {
      throw RowProblem("matchingId", "digits, capital letters and hyphens are wanted, or \"default\"")
    }
    return token.text
  }

  private func source(
    _ reader: RowReader, iccid: ICCID
  ) throws(RowProblem) -> (Order.Source, package: [UInt8]?, type: String) {
    switch (reader["template"], reader["package"]) {
    case (let name?, nil):
      guard templates[name] != nil else {
        throw RowProblem("template", "there is no template \"\(name)\"; there are \(templates.keys.sorted())")
      }
      return (.template(name), nil, name)
    case (nil, let path?):
      let bytes: [UInt8]
      do { bytes = try file(path) } catch { throw RowProblem("package", "\(path) cannot be read: \(error)") }
      let header: ProfileHeader?
      do { header = try Package(decoding: bytes).header } catch { throw RowProblem("package", "\(path): \(error)") }
      guard let header, header.iccidBytes == iccid.headerBytes else {
        throw RowProblem(
          "package", "\(path) holds the profile \(header?.iccid?.digits ?? "without ICCID"), not \(iccid)")
      }
      return (.package(sha256(bytes)), bytes, header.profileType ?? "ready-made")
    default: throw RowProblem(nil, "either a template or a package is wanted")
    }
  }

  private func personalData(
    _ reader: RowReader, _ source: Order.Source, _ iccid: ICCID, given: Given
  ) throws(RowProblem) -> [UInt8]? {
    guard case .template(let name) = source, let template = templates[name] else { return nil }
    var data = PersonalValues()
    for parameter in template.parameters.sorted() { data[parameter] = reader[parameter] }
    // What cannot be built is refused now, not when a device asks for it.
    do { _ = try template.package(iccid: iccid, personalData: data) } catch { throw RowProblem(nil, "\(error)") }
    do { return try data.wrapped(for: iccid, in: vault, random: given.random) } catch {
      throw RowProblem(nil, "\(error)")
    }
  }
}
