import Bytes
import Identifiers
import Keys
import SMDPPlus
import SecureChannel
import Stations
import Store
import StoreSQLite

extension FuzzTarget {
  /// Segments of a bound package: the first byte chooses between any bytes as a segment, and a good segment that is
  /// changed at a place; a segment that is not as it was sent is never opened.
  static let segments = FuzzTarget("bsp-segments") { bytes in
    guard let choice = bytes.first, let keys = try? BSP.SessionKeys(random: SeededRandomSource(seed: [1])) else {
      return
    }
    let tag = BSP.Tag.allCases[Int(choice >> 1) % BSP.Tag.allCases.count]
    let rest = Array(bytes.dropFirst())
    var receiver = BSP.Receiver(keys: keys)
    if choice & 1 == 0 {
      let opened = try? receiver.open(rest, as: tag)
      precondition(opened == nil, "nobody guesses a C-MAC")
    } else if rest.count > 3 {
      var sender = BSP.Sender(keys: keys)
      guard var pieces = try? sender.protect(Array(rest.dropFirst(3)), as: tag), !pieces.isEmpty else { return }
      let piece = Int(rest[0]) % pieces.count
      let place = Int(UInt16(rest[1]) << 8 | UInt16(rest[2])) % pieces[piece].count
      pieces[piece][place] ^= choice | 1
      let opened = try? pieces.map { (segment) throws(BSPError) in try receiver.open(segment, as: tag) }
      precondition(opened == nil, "a changed segment is refused")
    }
  }

  /// Rows of an order file: columns in lines `name=value`, rows between empty lines.
  static let orderImport = FuzzTarget("order-import") { bytes in
    guard let vault = try? KeyVault(current: Secret([UInt8](repeating: 7, count: 32))),
      let store = try? SQLiteStore.inMemory()
    else { preconditionFailure("a store in memory can be made") }
    let text = String(decoding: bytes.prefix(4096), as: UTF8.self)
    let rows = text.split(separator: "\n\n", omittingEmptySubsequences: false).prefix(8).enumerated()
      .map { number, row in
        OrderImport.Row(
          number: number,
          Dictionary(
            row.split(separator: "\n").map { line in
              let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
              return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
            }, uniquingKeysWith: { first, _ in first }))
      }
    let orders = OrderImport(templates: ["base": AnyPackage()], vault: vault, address: "smdp.example.com") { _ in
      throw NotThere()
    }
    do {
      try store.migrate([EventRecord.schema, OrderBook.schema])
      let given = Given(now: Instant(seconds: 1_780_000_000), random: SeededRandomSource(seed: [1]))
      let outcomes = try orders.run(rows, into: store, given: given)
      precondition(outcomes.count == rows.count, "every row has an outcome")
      for case .success(let order) in outcomes.map(\.result) {
        let stored = try store.read { try OrderBook.order(order.iccid, in: $0) }
        precondition(stored == order, "an order is stored as it was told")
      }
    } catch { preconditionFailure("\(error)") }
  }

  private struct NotThere: Error {}

  private struct AnyPackage: PackageBuilder {
    let parameters: Set<String> = ["imsi", "k", "opc"]
    func package(iccid: ICCID, personalData: PersonalValues) -> [UInt8] { [0] }
  }
}
