import Bytes
import Keys
import SecureElement

extension Module {
  /// After the vault's master key was rotated: brings the module's key, PWD and the ID's keys under the current one, in
  /// one commit, or none where they are there already. Nothing where there is no module.
  public static func rewrap(_ memory: any CardMemory, vault: KeyVault, random: any RandomSource) throws {
    let transaction = MemoryTransaction(over: memory)
    func rewrap(_ item: Records.Item, _ rewrapped: ([UInt8]) throws -> [UInt8]) throws {
      let key = Records.key(item)
      guard let stored = transaction.read(key) else { return }
      let new = try rewrapped(stored)
      if new != stored { transaction.write(key, new) }
    }
    guard let constants = transaction.read(Records.key(.readOnlyMemory)) else { return }
    let places = try Places(StoredReadOnlyMemory(encoded: constants).certificate.claimedBody.number)
    try rewrap(.readOnlyMemory) {
      try StoredReadOnlyMemory(encoded: $0).rewrapped(by: vault, random: random).encoded
    }
    try rewrap(.personalInformation) {
      try StoredInformation(encoded: $0).rewrapped(place: places.authenticationKeys, by: vault, random: random).encoded
    }
    try transaction.commit()
  }
}
