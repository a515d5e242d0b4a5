import Bytes
import Keys
import SecureElement

extension GlobalPlatformApplication {
  /// After the vault's master key was rotated: brings the keys of all security domains in a card's memory under the
  /// current one, in one commit, or none where they are there already.
  public static func rewrap(_ memory: any CardMemory, vault: KeyVault, random: any RandomSource) throws {
    let transaction = MemoryTransaction(over: memory)
    let registry = CardRegistry(memory: transaction, vault: vault)
    for (domain, _) in registry.objects() {
      let keys = registry.keys(of: domain)
      let rewrapped = try keys.map { key throws(KeyError) in
        guard key.kind == .aes, vault.isOutdated(key.value) else { return key }
        var key = key
        let place = registry.context(domain, key.version, key.identifier)
        key.value = try vault.rewrap(key.value, context: place, random: random)
        return key
      }
      if rewrapped.map(\.value) != keys.map(\.value) { registry.setKeys(rewrapped, of: domain) }
    }
    try transaction.commit()
  }
}
