import Bytes
import CircleOfTrust
import Identifiers
import Keys
import ManagedEUICC
import ProfilePackage
import SGP02
import SecureElement
import Transport
import USIM

/// A software eUICC that an SM-SR manages over the air, put together: its memory, and on it ISD-R, ECASD and what profiles
/// bring (USIM, ISIM).
public final class SoftwareM2MEUICC: CardSide {
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
      applications: Manufacture.applications(vault: vault) + [
        NetworkAccessApplication.usim, NetworkAccessApplication.isim,
      ], random: random, configuration: configuration)
  }

  /// Makes an eUICC on a blank memory from `seed`: the same seed gives the same keys and EID. `manufacturer` certifies it,
  /// under whose issuer SM-SRs and SM-DPs are certified; both are on P-256. `smsr` is the number that notifications go to,
  /// and `bootstrap` the profile package that it begins with, a profile of the test network 001-01 where it is nil.
  public static func make(
    on memory: any CardMemory, seed: [UInt8], eid: EID? = nil, manufacturer: Authority, issuer: PublicKey,
    validity: Validity, smsr: [UInt8], bootstrap: [UInt8]? = nil, vault: KeyVault
  ) throws -> EID {
    let random = SeededRandomSource(seed: Array("Simurgh M2M eUICC ".utf8) + seed)
    let digits = random.bytes(22).map { String($0 % 10) }.joined()
    let eid = try eid ?? EID(prefix: SoftwareEUICC.laboratoryPrefix + digits)
    let (from, to) = (day(validity.notBefore), day(validity.notAfter))
    func certified(
      _ role: PartyCertificate.Role
    ) throws -> (key: PrivateKey, certificate: PartyCertificate) {
      let key = PrivateKey(.p256, random: random)
      let certificate = try PartyCertificate(
        role, serialNumber: random.bytes(8),
        issuer: Array(KeyIdentifier(of: manufacturer.key.publicKey).bytes.prefix(16)),
        subject: eid.bytes, effective: from, expiration: to, key: key.publicKey, signedBy: manufacturer.key)
      return (key, certificate)
    }
    let personalisation = Personalisation(
      eid: eid, agreement: try certified(.ecasdAgreement), signature: try certified(.ecasdSignature),
      eumCertificate: manufacturer.certificate.encoded, certificateIssuer: issuer,
      keySet: (1, (0..<3).map { _ in Secret(random.bytes(16)) }), smsrAddress: smsr,
      bootstrap: try bootstrap ?? laboratoryProfile(random), madeOn: from)
    try Manufacture.personalise(memory, as: personalisation, vault: vault, random: random)
    return eid
  }

  private static func laboratoryProfile(_ random: any RandomSource) throws -> [UInt8] {
    func digits(_ count: Int) -> String { random.bytes(count).map { String($0 % 10) }.joined() }
    let body = "8988211" + digits(11)
    let number = (0...9).lazy.map { body + String($0) }.first { Digits.luhnHolds($0) } ?? body
    let person = PersonalData(
      iccid: try ICCID(number), imsi: try IMSI("00101" + digits(10)),
      authentication: .milenage(k: Secret(random.bytes(16)), opc: Secret(random.bytes(16))))
    return try BaseProfile.template().personalise(with: person.completed(random: random)).encoded
  }

  /// YYYYMMDD, UTC.
  private static func day(_ instant: Instant) -> String {
    String("\(instant)".filter { $0.isNumber }.prefix(8))
  }

  /// After the vault's master key was rotated: brings the card's secrets under the current one.
  public static func rewrap(_ memory: any CardMemory, vault: KeyVault, random: any RandomSource) throws {
    try Manufacture.rewrap(memory, vault: vault, random: random)
  }

  public func powerOn() -> [UInt8] { card.powerOn() }
  public func powerOff() { card.powerOff() }
  public func reset() -> [UInt8] { card.reset() }
  public func respond(_ apdu: [UInt8]) -> [UInt8] { card.respond(apdu) }
}
