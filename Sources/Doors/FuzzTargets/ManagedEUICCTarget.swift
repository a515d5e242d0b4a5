import Bytes
import CircleOfTrust
import Identifiers
import Keys
import ManagedEUICC
import SGP02
import SecureChannel
import SecureElement
import UICC
import World

extension FuzzTarget {
  /// A script of short messages to an eUICC that an SM-SR manages. The first byte of each says what it is: the TPDU as it
  /// stands, or what an SM-SR with the right keys sends to the ISD-R or to an ISD-P. One profile stays enabled.
  static let managedEUICC = FuzzTarget("managed-euicc") { bytes in
    guard let sample = ManagedSample.card, let sender = ShortMessageAddress("+4917000") else {
      preconditionFailure("the sample is there")
    }
    let memory = VolatileMemory(sample.memory)
    let card = SoftwareM2MEUICC(memory: memory, vault: sample.vault, random: SeededRandomSource(seed: [1]))
    precondition(!card.powerOn().isEmpty, "the card has power")
    var counter = SCP80.Counter.zero
    for piece in script(bytes) {
      guard let kind = piece.first, let next = counter.next else { continue }
      let data = Array(piece.dropFirst())
      var tpdus = [data]
      if kind != 0 {
        counter = next
        let tar = SCP80.TAR([0x00, 0x00, kind & 0x80 == 0 ? 0x01 : 0x10])
        guard let tar,
          let packet = try? SCP80.CommandPacket(data, to: tar, counter: counter).secured(with: sample.keys)
        else { continue }
        let messages = ShortMessage.messages(
          .deliver, sender, UserDataHeader.commandPacket, data: packet, reference: kind)
        tpdus = (messages ?? []).map(\.encoded)
      }
      for tpdu in tpdus {
        let envelope = Envelope(.shortMessageDownload, objects: [ComprehensionTLV(0x0B, tpdu)]).encoded
        guard envelope.count <= 255 else { continue }
        check(card.respond([0x80, 0xC2, 0x00, 0x00, UInt8(envelope.count)] + envelope))
      }
      let enabled = CardContents(of: memory).isdps.filter { $0.state == .enabled }
      precondition(enabled.count == 1, "one profile is enabled")
    }
  }
}

/// The eUICC that the target begins with, made once.
private enum ManagedSample {
  static let card: (memory: MemoryMap, vault: KeyVault, keys: SCP80.Keys)? = {
    let random = SeededRandomSource(seed: [2])
    let validity = Validity(from: Instant(seconds: 1_780_000_000), days: 3650)
    let memory = VolatileMemory()
    do {
      let vault = try KeyVault(current: Secret([UInt8](repeating: 7, count: 32)))
      let root = try Authority(
        certificateIssuer: DistinguishedName([(.commonName, "Fuzz CI")]), key: PrivateKey(.p256, random: random),
        validity: validity, random: random)
      let key = PrivateKey(.p256, random: random)
      let maker = try Authority(
        certificate: root.issue(
          .eum(organization: "Fuzz", eins: [SoftwareEUICC.laboratoryPrefix]), named: "EUM", to: key.publicKey,
          validity: validity, random: random), key: key)
      _ = try SoftwareM2MEUICC.make(
        on: memory, seed: [1], manufacturer: maker, issuer: root.key.publicKey, validity: validity,
        smsr: [0x91, 0x94, 0x71], vault: vault)
      guard let set = try Manufacture.managementKeys(in: memory, vault: vault) else { return nil }
      return (
        memory.map, vault, try SCP80.Keys(version: set.version, cipher: set.keys[0], checksum: set.keys[1])
      )
    } catch { return nil }
  }()
}
