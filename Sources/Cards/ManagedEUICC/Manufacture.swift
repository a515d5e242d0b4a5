import Bytes
import Identifiers
import Keys
import ProfileInterpreter
import SGP02
import SecureElement
import TLV

/// Making eUICCs that are managed remotely, and running them.
public enum Manufacture {
  /// The number of the bootstrap profile's ISD-P.
  static let bootstrapNumber = SecurityDomains.isdpNumbers.lowerBound

  /// Writes the personalisation onto a blank memory; refused where a card is already.
  public static func personalise(
    _ memory: any CardMemory, as card: Personalisation, vault: KeyVault, random: any RandomSource
  ) throws {
    guard memory.map.areas.isEmpty else { throw ManufactureError.alreadyPersonalised }
    var changes: [MemoryChange] = []
    func set(_ item: UInt32, _ content: [UInt8]) { changes.append(.set(CardRecords.key(item), content)) }
    typealias Item = CardRecords.Item
    if let package = card.bootstrap {
      let profile = try Interpreter().interpret(package)
      var isdp = ISDPRecord(number: bootstrapNumber, memory: 0)
      isdp.area = try Card.install(profile.image, on: memory)
      (isdp.iccid, isdp.state, isdp.hasFallbackAttribute) = (profile.iccid, .enabled, true)
      set(Item.isdps + UInt32(isdp.number), isdp.encoded)
    }
    func wrap(_ secret: Secret, _ place: String) throws -> [UInt8] {
      try vault.wrap(secret, context: place, random: random)
    }
    var report = EUICCReport(
      eid: card.eid, agreementCertificate: card.agreement.certificate.encoded,
      signatureCertificate: card.signature.certificate.encoded, eumCertificate: card.eumCertificate)
    report.commonInformation = card.commonInformation
    let constants = Constants(
      eid: card.eid, agreementKey: try wrap(card.agreement.key.scalar, Place.agreementKey(card.eid)),
      signatureKey: try wrap(card.signature.key.scalar, Place.signatureKey(card.eid)), report: report,
      certificateIssuer: card.certificateIssuer)
    set(Item.constants, constants.encoded)
    set(Item.daySeen, Array(card.madeOn.utf8))
    set(Item.smsrAddress, card.smsrAddress)
    if let pin = card.pin { set(Item.pin, try wrap(pin, Place.pin(card.eid))) }
    let keys = try card.keySet.keys.enumerated().map { index, key in
      try wrap(key, Place.keySet(card.eid, domain: "ISD-R", version: card.keySet.version, key: index))
    }
    let keySet = KeySetRecord(version: card.keySet.version, keys: keys, counter: [0, 0, 0, 0, 0])
    set(Item.keySets + UInt32(keySet.version), keySet.encoded)
    try memory.commit(changes)
  }

  /// The applications of the eUICC: its ISD-R and ECASD. Those of the profiles come beside them.
  public static func applications(vault: KeyVault) -> [ApplicationMaker] {
    [{ ISDR(vault: vault) }, { ECASD() }]
  }
}

/// Why no eUICC is made.
public enum ManufactureError: Error, Equatable, CustomStringConvertible {
  /// The memory holds a card already.
  case alreadyPersonalised

  public var description: String { "this memory holds a card already: take another place for a new one" }
}
