import Bytes
import Keys
import SecureElement

extension PaymentCard {
  /// After the vault's master key was rotated: brings key, setting number and PIN in a card's memory under the current
  /// one, in one commit, or none where they are there already.
  public static func rewrap(_ memory: any CardMemory, vault: KeyVault, random: any RandomSource) throws {
    let transaction = MemoryTransaction(over: memory)
    func rewrap(_ item: UInt32, _ place: String) throws {
      let key = MemoryKey(area, item)
      guard let wrapped = transaction.read(key), vault.isOutdated(wrapped) else { return }
      transaction.write(key, try vault.rewrap(wrapped, context: place, random: random))
    }
    typealias Contents = CardContents
    try rewrap(Contents.Item.settingNumber, Contents.Place.settingNumber)
    try rewrap(Contents.Item.pin, Contents.Place.pin)
    try rewrap(Contents.Item.newKey, Contents.Place.newKey)
    let identity = MemoryKey(area, Contents.Item.identity)
    if let encoded = transaction.read(identity) {
      var stored = try StoredIdentity(encoded: encoded)
      if vault.isOutdated(stored.wrappedKey) {
        stored.wrappedKey = try vault.rewrap(stored.wrappedKey, context: stored.keyPlace, random: random)
        transaction.write(identity, stored.encoded)
      }
    }
    try transaction.commit()
  }
}
