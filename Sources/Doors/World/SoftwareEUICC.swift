import Bytes
import CircleOfTrust
import EUICC
import Identifiers
import Keys
import ProfileInterpreter
import SGP22
import SecureElement
import Transport
import USIM

/// A software eUICC put together: its memory, and on it ISD-R, ECASD and what profiles bring (USIM, ISIM).
public final class SoftwareEUICC: CardSide {
  private let card: Card

  /// The eUICC in `memory`, without power; `vault` opens the keys that the memory keeps wrapped. `freeBytes` is the
  /// space left beside what is stored now; the usual card's where it is nil.
  public init(
    memory: any CardMemory, vault: KeyVault, random: any RandomSource = SystemRandomSource.shared,
    freeBytes: Int? = nil
  ) {
    var configuration = Card.Configuration()
    if let freeBytes { configuration.memoryCapacity = memory.map.usedBytes + freeBytes }
    card = Card(
      memory: memory,
      applications: Manufacture.applications(vault: vault, installer: PackageInstaller()) + [
        NetworkAccessApplication.usim, NetworkAccessApplication.isim, ProfileDomains.maker,
      ], random: random, configuration: configuration)
  }

  /// Makes an eUICC on a blank memory from `seed`: the same seed gives the same keys, EID and files.
  ///
  /// Each of `manufacturers` certifies it under another certificate issuer, the preferred one first.
  public static func make(
    on memory: any CardMemory, seed: [UInt8], eid: EID? = nil, manufacturers: [Authority], roots: [Certificate],
    validity: Validity, defaultSMDPPlus: String? = nil, rootSMDS: String, vault: KeyVault, now: Instant
  ) throws -> EID {
    let eid = try eid ?? Personalisation.eid(prefix: Self.laboratoryPrefix, seed: seed)
    let random = SeededRandomSource(seed: Array("Simurgh eUICC ".utf8) + seed)
    let identities = try manufacturers.map { manufacturer in
      let key = Personalisation.key(seed: seed, curve: manufacturer.key.curve)
      return Personalisation.Identity(
        ciPKId: try manufacturer.certificate.authorityKeyIdentifier
          ?? { throw AuthorityError.malformed("the manufacturer's certificate names no issuer's key") }(),
        key: key,
        euiccCertificate: try manufacturer.issue(
          .euicc(eid), named: "Simurgh software eUICC", to: key.publicKey, validity: validity, random: random),
        eumCertificate: manufacturer.certificate)
    }
    let personalisation = Personalisation(
      eid: eid, identities: identities, roots: roots, madeAt: now, defaultDpAddress: defaultSMDPPlus,
      rootDsAddress: rootSMDS)
    try Manufacture.personalise(memory, as: personalisation, vault: vault, random: random)
    return eid
  }

  /// 89 049 032: as in SGP.26's test certificates.
  public static let laboratoryPrefix = "89049032"

  public func powerOn() -> [UInt8] { card.powerOn() }
  public func powerOff() { card.powerOff() }
  public func reset() -> [UInt8] { card.reset() }
  public func respond(_ apdu: [UInt8]) -> [UInt8] { card.respond(apdu) }
}
