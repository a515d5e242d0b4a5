import Bytes
import DeviceChange
import Foundation
import Identifiers
import Keys
import ProfileMove
import SGP22
import SMDPPlus
import Stations
import Store
import World

/// The stock of the SM-DP+ of the same site, as a move needs it: profile 2 is made of what profile 1 was.
struct ProfileStock: MovedProfileStock {
  private let store: any Store
  private let vault: KeyVault
  private let importing: OrderImport
  private let moves: DeviceChange.Desk

  init(_ site: Site, moves: DeviceChange.Desk) throws {
    store = try site.orderStore()
    vault = try site.existingVault()
    importing = try site.orderImport(
      ServerConfiguration.read(site.configurationFile), filesIn: URL(fileURLWithPath: site.directory))
    self.moves = moves
    try store.migrate([EventRecord.schema, OrderBook.schema, Outbox.schema])
  }

  /// The issuer's prefix of profile 1, eleven digits that the move gives, and the check digit (ITU-T E.118). A number that
  /// is taken already makes the SM-DP+ refuse; the next move has another one.
  func number(for move: String) throws -> ICCID {
    let prefix = try moves.move(move).iccid.digits.prefix(7)
    let number = sha256(Array(move.utf8)).prefix(6).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } % 100_000_000_000
    let digits = "\(prefix)" + String(String(100_000_000_000 + number).dropFirst())
    let last = (0...9).first { Digits.luhnHolds("\(digits)\($0)") } ?? 0
    return try ICCID("\(digits)\(last)")
  }

  func columns(of iccid: ICCID) throws -> [String: String] {
    guard let order = try store.read({ try OrderBook.order(iccid, in: $0) }) else {
      throw DeviceChange.Refused("the SM-DP+ does not have the profile \(iccid)")
    }
    guard case .template(let template) = order.source, let data = order.personalData else {
      throw DeviceChange.Refused("the profile \(iccid) came ready made: there is no template to make another from")
    }
    var columns = try PersonalValues(wrapped: data, for: iccid, in: vault).values
    // Keys and algorithm of profile 2 are its own.
    for name in ["k", "opc", "topc", "algorithm"] { columns[name] = nil }
    let metadata = try StoreMetadataRequest(encoded: order.metadata)
    (columns["template"], columns["profileType"], columns["owner"]) = (template, order.profileType, order.owner)
    columns["serviceProvider"] = metadata.serviceProviderName
    columns["profileName"] = metadata.profileName
    columns["profileClass"] = metadata.profileClass.map { "\($0)" }
    if let owner = metadata.profileOwner { columns["plmn"] = try PLMN(bytes: owner.mccMnc).digits }
    return columns
  }

  func bring(_ row: OrderImport.Row, with files: [BackedUpFile]) throws -> [LeftOut] {
    let given = Given(now: .now(), random: SystemRandomSource.shared)
    if case .failure(let problem)? = try importing.run([row], into: store, given: given).first?.result {
      throw DeviceChange.Refused("the SM-DP+'s stock: \(problem)")
    }
    return files.isEmpty ? [] : [LeftOut("everything", "nothing is taken along here")]
  }

  func state(of iccid: ICCID) throws -> SMDPPlus.Order.State? {
    try store.read { try OrderBook.order(iccid, in: $0)?.state }
  }
}
