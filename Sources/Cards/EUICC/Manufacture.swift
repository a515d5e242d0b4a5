import Bytes
import CircleOfTrust
import Identifiers
import Keys
import SGP22
import SecureElement
import UICC

/// Making eUICCs and running them.
public enum Manufacture {
  /// Writes the personalisation onto a blank memory; refused where an eUICC is already. `base` is what the card shows
  /// while no profile is enabled.
  ///
  /// The same personalisation and `random` in the same state give the same memory.
  public static func personalise(
    _ memory: any CardMemory, as personalisation: Personalisation, base: FileSystemImage? = nil, vault: KeyVault,
    random: any RandomSource
  ) throws {
    guard memory.map[MemoryKey(CardRecords.area, CardRecords.Item.constants)] == nil else {
      throw ManufactureError.alreadyPersonalised
    }
    let baseArea = try base.map { try Card.install($0, on: memory).rawValue }
    var changes: [MemoryChange] = []
    func set(_ item: UInt32, _ content: [UInt8]) { changes.append(.set(MemoryKey(CardRecords.area, item), content)) }
    typealias Item = CardRecords.Item
    set(Item.constants, Constants(personalisation, baseArea: baseArea).encoded)
    set(Item.timeSeen, personalisation.madeAt.milliseconds.bigEndianBytes)
    if let address = personalisation.defaultDpAddress { set(Item.defaultDpAddress, Array(address.utf8)) }
    for (index, identity) in personalisation.identities.enumerated() {
      let key = try WrappedKey(
        identity.key, context: IdentityRecord.context(personalisation.eid, identity.ciPKId), vault: vault,
        random: random)
      let record = IdentityRecord(
        ciPKId: identity.ciPKId, key: key, euiccCertificate: identity.euiccCertificate,
        eumCertificate: identity.eumCertificate)
      set(Item.identities + UInt32(index), record.encoded)
    }
    try memory.commit(changes)
  }

  /// The applications of an eUICC: its ISD-R and ECASD. Those of the profiles come beside them. `vault` has the master
  /// key under which the memory's keys are wrapped.
  public static func applications(vault: KeyVault, installer: any ProfileInstaller) -> [ApplicationMaker] {
    applications(vault: vault, installer: installer, rehearsal: nil)
  }

  /// The same, ready to play a recorded download again.
  package static func applications(
    vault: KeyVault, installer: any ProfileInstaller, rehearsal: Rehearsal?
  ) -> [ApplicationMaker] {
    [{ ISDR(vault: vault, installer: installer, rehearsal: rehearsal) }, { ECASD() }]
  }
}

/// Why no eUICC is made.
public enum ManufactureError: Error, Equatable, CustomStringConvertible {
  /// The memory holds an eUICC already.
  case alreadyPersonalised

  public var description: String { "this memory holds an eUICC already: take another place for a new one" }
}
