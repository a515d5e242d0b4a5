import Bytes
import HandsetRegistration
import Identifiers
import IdentityModule
import Keys
import SecureElement
import SecureMessages

extension FuzzTarget {
  /// A script of commands to an identity module that has a carrier's key: what does not answer its RDM leaves no ID.
  static let identityModule = FuzzTarget("identity-module") { bytes in
    guard let vault = ModuleSample.vault, let blank = ModuleSample.map else {
      preconditionFailure("the samples are there")
    }
    let memory = VolatileMemory(blank)
    let card = Card(
      memory: memory, applications: [Module.maker(vault: vault)], random: SeededRandomSource(seed: [1]))
    precondition(!card.powerOn().isEmpty, "the card has power")
    precondition(card.respond(selection(of: .identityModule)).count >= 2, "the module is there")
    for command in script(bytes) {
      check(card.respond(command))
      precondition(memory.map[ModuleSample.readOnlyMemory] == blank[ModuleSample.readOnlyMemory], "ROM is unalterable")
      precondition(memory.map[ModuleSample.personalInformation] == nil, "an ID is written by a carrier only")
    }
  }
}

/// A module that the target begins with, made once.
private enum ModuleSample {
  static let vault = try? KeyVault(current: Secret([UInt8](repeating: 7, count: 32)))
  static let readOnlyMemory = MemoryKey(.application(10), 1)
  static let personalInformation = MemoryKey(.application(10), 7)

  static let map: MemoryMap? = {
    let random = SeededRandomSource(seed: Array("fuzzed identity module".utf8))
    let (maker, consortium) = (PrivateKey(.p256, random: random), PrivateKey(.p256, random: random))
    let (carrier, own) = (PrivateKey(.p256, random: random), PrivateKey(.p256, random: random))
    let start = Instant(seconds: 1_780_000_000)
    let memory = VolatileMemory()
    do {
      guard let vault else { return nil }
      let claims = ModuleCertificate(number: ModuleNumber(random: random), kind: .card, key: own.publicKey, lot: 1)
      let term = Term(serial: 1, notBefore: start, notAfter: start + .seconds(1_000_000))
      let certificate = try Signed(claims, by: KeyHolder(try Party("maker:fuzz"), key: maker), term: term)
      let known = try Signed(
        CarrierKey(carrier: .carrier(PLMN("00101")), key: carrier.publicKey),
        by: KeyHolder(.consortium, key: consortium), term: term)
      try Module.make(
        ReadOnlyMemory(load: .carrier(known), key: own, certificate: certificate), on: memory, vault: vault,
        random: random)
      return memory.map
    } catch { return nil }
  }()
}
