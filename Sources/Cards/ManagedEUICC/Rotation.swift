import Bytes
import Keys
import SGP02
import SecureElement

extension Manufacture {
  /// After the vault's master key was rotated: brings the secrets in a card's memory under the current one, in one commit,
  /// or none where they are there already.
  public static func rewrap(_ memory: any CardMemory, vault: KeyVault, random: any RandomSource) throws {
    typealias Item = CardRecords.Item
    let records = CardRecords(MemoryTransaction(over: memory))
    guard let constants = try? records.constants() else { return }
    let eid = constants.eid
    func again(_ wrapped: [UInt8], _ place: String) throws -> [UInt8] {
      vault.isOutdated(wrapped) ? try vault.rewrap(wrapped, context: place, random: random) : wrapped
    }
    func again(_ keys: [[UInt8]], _ domain: String, _ version: UInt8) throws -> [[UInt8]] {
      try keys.enumerated().map { index, key in
        try again(key, Place.keySet(eid, domain: domain, version: version, key: index))
      }
    }
    records.write(
      Item.constants,
      Constants(
        eid: eid, agreementKey: try again(constants.agreementKey, Place.agreementKey(eid)),
        signatureKey: try again(constants.signatureKey, Place.signatureKey(eid)), report: constants.report,
        certificateIssuer: constants.certificateIssuer
      ).encoded)
    for (item, place) in [(Item.pin, Place.pin(eid)), (Item.keyOnRequest, Place.keyOnRequest(eid))] {
      if let wrapped = records.bytes(item) { records.write(item, try again(wrapped, place)) }
    }
    for set in records.keySets {
      records.write(
        KeySetRecord(
          version: set.version, keys: try again(set.keys, "ISD-R", set.version), counter: set.counter,
          owner: set.owner, order: set.order))
    }
    for var isdp in records.isdps where !isdp.keys.isEmpty {
      isdp.keys = try again(isdp.keys, "ISD-P \(isdp.number)", UInt8(truncatingIfNeeded: isdp.keyVersion))
      records.write(isdp)
    }
    try records.memory.commit()
  }

  /// The key set with which the card was made, or the one of the lowest version that it has now: what its maker registers
  /// with the first SM-SR (ES1.RegisterEIS). nil where the memory holds no managed eUICC.
  public static func managementKeys(
    in memory: any CardMemory, vault: KeyVault
  ) throws -> (version: UInt8, keys: [Secret], counter: [UInt8])? {
    let records = CardRecords(MemoryTransaction(over: memory))
    guard let eid = (try? records.constants())?.eid, let set = records.keySets.first else { return nil }
    let keys = try set.keys.enumerated().map { index, key in
      try vault.unwrap(key, context: Place.keySet(eid, domain: "ISD-R", version: set.version, key: index))
    }
    return (set.version, keys, set.counter)
  }
}
