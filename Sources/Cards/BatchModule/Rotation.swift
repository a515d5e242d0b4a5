import Bytes
import Keys
import SecureElement

extension BatchSigner {
  /// After the vault's master key was rotated: brings KD_B and the keys of the batch's IDs under the current one, in one
  /// commit, or none where they are there already. Nothing where there is no carrier's module.
  public static func rewrap(_ memory: any CardMemory, vault: KeyVault, random: any RandomSource) throws {
    let transaction = MemoryTransaction(over: memory)
    func write(_ new: [UInt8], over stored: [UInt8], _ key: MemoryKey) {
      if new != stored { transaction.write(key, new) }
    }
    if let stored = transaction.read(BatchRecords.identityKey) {
      let new = try StoredIdentity(encoded: stored).rewrapped(by: vault, random: random).encoded
      write(new, over: stored, BatchRecords.identityKey)
    }
    for key in transaction.keys(in: BatchRecords.area) where BatchRecords.isEntry(key) {
      guard let stored = transaction.read(key) else { continue }
      write(try StoredID(encoded: stored).rewrapped(by: vault, random: random).encoded, over: stored, key)
    }
    try transaction.commit()
  }
}
