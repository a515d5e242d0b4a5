import Bytes
import Identifiers
import Keys
import SecureElement

extension Manufacture {
  /// After the vault's master key was rotated: brings the keys in a card's memory under the current one, in one commit,
  /// or none where they are there already.
  public static func rewrap(_ memory: any CardMemory, vault: KeyVault, random: any RandomSource) throws {
    typealias Item = CardRecords.Item
    guard let constants = memory.map[MemoryKey(CardRecords.area, Item.constants)] else { return }
    let eid = try Constants(encoded: constants).eid
    var changes: [MemoryChange] = []
    for item in Item.identities..<Item.oneTimeKeys {
      let place = MemoryKey(CardRecords.area, item)
      guard let content = memory.map[place] else { continue }
      let record = try IdentityRecord(encoded: content)
      let context = IdentityRecord.context(eid, record.ciPKId)
      guard let key = try record.key.rewrapped(context: context, vault: vault, random: random) else { continue }
      let changed = IdentityRecord(
        ciPKId: record.ciPKId, key: key, euiccCertificate: record.euiccCertificate,
        eumCertificate: record.eumCertificate)
      changes.append(.set(place, changed.encoded))
    }
    for item in Item.oneTimeKeys..<Item.revocationLists {
      let place = MemoryKey(CardRecords.area, item)
      guard let content = memory.map[place] else { continue }
      if let changed = try OneTimeKey(encoded: content).rewrapped(by: vault, random: random) {
        changes.append(.set(place, changed.encoded))
      }
    }
    if !changes.isEmpty { try memory.commit(changes) }
  }
}

extension WrappedKey {
  /// The key under the current master key; nil where it is there already.
  func rewrapped(context: String, vault: KeyVault, random: any RandomSource) throws(KeyError) -> WrappedKey? {
    guard vault.isOutdated(wrapped) else { return nil }
    return try WrappedKey(key(context: context, vault: vault), context: context, vault: vault, random: random)
  }
}
