import AuC
import Bytes
import CircleOfTrust
import Identifiers
import Keys
import ManagedEUICC
import ProfilePackage
import SGP02
import SecureElement
import SecureMessages
import TLV
import UICC

/// What all simulations of remote provisioning share, since it costs much and does not depend on the seed: certificates,
/// profile packages, and an eUICC's memory as its maker left it, with a bootstrap profile.
public struct ProvisioningCircle: Sendable {
  /// The circle of this process.
  public static let shared = Result { try ProvisioningCircle() }

  static let start = Instant(seconds: 1_800_000_000)
  static let manager = "sm-sr.example"
  static let provider = "sm-dp.example"
  /// The SM-SR's number, to which eUICCs send short messages.
  static let managerNumber = "+4917000"
  static let address = ShortMessageAddress(managerNumber)
  /// How servers call each other.
  static let names = (manager: "sm-sr", provider: "sm-dp", maker: "maker")
  static let directoryHost = "directory.example"

  /// A party with its certificate for TLS.
  struct Identity: Sendable {
    let certificate: Certificate
    let key: PrivateKey
  }

  /// An SM-SR of the mesh.
  struct MeshMember: Sendable {
    let oid: OID
    /// Its name at the short message service.
    let name: String
    let host, number: String
    let identity: Identity
    /// CERT.SR.ECDSA, for eUICCs, with its key.
    let certificate: PartyCertificate
    let key: PrivateKey
  }

  /// A subscriber of one operator with its profile.
  struct Subscriber: Sendable {
    let mno: String
    let iccid: ICCID
    let imsi: IMSI
    let msisdn: String
    let k, opc: Secret
    let package: [UInt8]
  }

  let circle: Circle
  let manager, provider, maker, centre, directory: Identity
  /// Two SM-SRs; the first is the one that has the eUICC.
  let mesh: [MeshMember]
  let directoryOID: OID
  let operators: [String: Identity]
  /// CERT.DP.ECDSA with its key.
  let download: (certificate: PartyCertificate, key: PrivateKey)
  let vault: KeyVault
  let eid: EID
  /// The log of the eUICC's memory.
  let card: [UInt8]
  let keySet: ManagementKeySet
  /// What the maker registers with the SM-SR: of the eUICC, and its keys.
  let registration: ES1.RegisterEIS.Request
  /// The bootstrap profile's subscriber, the first operator's, and the second's.
  let subscribers: [Subscriber]

  private init() throws {
    let random = SeededRandomSource(seed: Array("the circle of remote provisioning".utf8))
    let validity = Validity(from: Self.start - .seconds(86_400), days: 3650)
    let root = try Authority(
      certificateIssuer: DistinguishedName([(.commonName, "Simulated CI")]), key: PrivateKey(.p256, random: random),
      validity: validity, random: random)
    func issue(_ profile: CertificateProfile, _ name: String) throws -> Identity {
      let key = PrivateKey(.p256, random: random)
      return Identity(
        certificate: try root.issue(profile, named: name, to: key.publicKey, validity: validity, random: random),
        key: key)
    }
    guard let managerOID = OID("2.999.31"), let providerOID = OID("2.999.32") else {
      throw AuthorityError.malformed("the simulated servers' identifiers")
    }
    let eum = try issue(.eum(organization: "Simulated EUM", eins: [SoftwareEUICC.laboratoryPrefix]), "EUM")
    manager = try issue(.srTLS(managerOID, hosts: [Self.manager]), "SM-SR")
    provider = try issue(.dpTLS(providerOID, hosts: [Self.provider]), "SM-DP")
    maker = try issue(.operatorTLS, "maker")
    centre = try issue(.operatorTLS, "SMSC")
    operators = ["mno-1": try issue(.operatorTLS, "MNO 1"), "mno-2": try issue(.operatorTLS, "MNO 2")]
    circle = Circle(roots: [root.certificate])
    let key = PrivateKey(.p256, random: random)
    download = (
      try PartyCertificate(
        .smdp, serialNumber: random.bytes(8), issuer: Array(KeyIdentifier(of: root.key.publicKey).bytes.prefix(16)),
        subject: Array("SM-DP".utf8), effective: "20260101", expiration: "20351231", key: key.publicKey,
        signedBy: root.key), key
    )
    vault = try KeyVault(current: Secret(random.bytes(32)))
    subscribers = try [("mno-1", 0), ("mno-1", 1), ("mno-2", 2)].map { mno, number in
      try Self.subscriber(number, of: mno, random)
    }
    let log = VolatileLog()
    let memory = try LogMemory(log)
    guard let number = Self.address else { throw AuthorityError.malformed("the SM-SR's number") }
    eid = try SoftwareM2MEUICC.make(
      on: memory, seed: [1], manufacturer: Authority(certificate: eum.certificate, key: eum.key),
      issuer: root.key.publicKey, validity: validity, smsr: number.dialling, bootstrap: subscribers[0].package,
      vault: vault)
    card = log.bytes
    guard let set = try Manufacture.managementKeys(in: memory, vault: vault) else {
      throw AuthorityError.malformed("the simulated eUICC has no management keys")
    }
    keySet = ManagementKeySet(eid: eid, version: Int(set.version), kic: set.keys[0], kid: set.keys[1])
    registration = try Self.register(
      eid, memory, keySet, eum, with: manager, oid: managerOID, bootstrap: subscribers[0])
    guard let secondOID = OID("2.999.33"), let directoryOID = OID("2.999.40") else {
      throw AuthorityError.malformed("the simulated servers' identifiers")
    }
    self.directoryOID = directoryOID
    directory = try issue(.directoryTLS(directoryOID, hosts: [Self.directoryHost]), "directory")
    let second = try issue(.srTLS(secondOID, hosts: ["sm-sr-2.example"]), "SM-SR 2")
    mesh = try [
      (managerOID, Self.names.manager, Self.manager, Self.managerNumber, manager),
      (secondOID, "sm-sr-2", "sm-sr-2.example", "+4917001", second),
    ].map { oid, name, host, number, identity in
      let key = PrivateKey(.p256, random: random)
      let certificate = try PartyCertificate(
        .smsr, serialNumber: random.bytes(8), issuer: Array(KeyIdentifier(of: root.key.publicKey).bytes.prefix(16)),
        subject: Array(oid.bytes.prefix(16)), effective: "20260101", expiration: "20351231", key: key.publicKey,
        signedBy: root.key)
      return MeshMember(
        oid: oid, name: name, host: host, number: number, identity: identity, certificate: certificate, key: key)
    }
  }

  private static func subscriber(
    _ number: Int, of mno: String, _ random: any RandomSource
  ) throws -> Subscriber {
    let body = "898821100000010000\(number)"
    guard let digits = (0...9).lazy.map({ body + String($0) }).first(where: { Digits.luhnHolds($0) }) else {
      throw AuthorityError.malformed("the simulated profile's number")
    }
    let (k, opc) = (Secret(random.bytes(16)), Secret(random.bytes(16)))
    let person = PersonalData(
      iccid: try ICCID(digits), imsi: try IMSI("00101000020000\(number)"),
      authentication: .milenage(k: k, opc: opc))
    return Subscriber(
      mno: mno, iccid: try ICCID(digits), imsi: try IMSI("00101000020000\(number)"), msisdn: "49170000020\(number)",
      k: k, opc: opc,
      package: try BaseProfile.template().personalise(with: person.completed(random: random)).encoded)
  }

  private static func register(
    _ eid: EID, _ memory: any CardMemory, _ keySet: ManagementKeySet, _ eum: Identity, with manager: Identity,
    oid: OID, bootstrap: Subscriber
  ) throws -> ES1.RegisterEIS.Request {
    let term = Term(serial: 1, notBefore: start, notAfter: start + .seconds(365 * 86_400))
    let holder = KeyHolder(try EumSignedInfo.maker(eum.key.publicKey).party, key: eum.key)
    let known = KnownParty(try ManagementKeySet.manager(oid), key: manager.key.publicKey)
    guard let report = CardContents(of: memory).report, let isdp = CardContents(of: memory).isdps.first else {
      throw AuthorityError.malformed("the simulated eUICC is empty")
    }
    let info = EumSignedInfo(
      eid: eid, eumId: names.maker, productionDate: start, platformType: "Simurgh", platformVersion: "1",
      ecasd: report.agreementCertificate)
    let profile = EISProfile(
      iccid: bootstrap.iccid, isdpAid: isdp.aid, mnoId: bootstrap.mno, state: .enabled, fallbackAttribute: true,
      subscriptionAddress: SubscriptionAddress(msisdn: bootstrap.msisdn, imsi: bootstrap.imsi), allocatedMemory: 0)
    return ES1.RegisterEIS.Request(
      eis: EIS(
        eumSignedInfo: try Signed(info, by: holder, term: term), eumCertificate: eum.certificate.encoded,
        smsrId: oid.description, remainingMemory: 200_000, availableMemoryForProfiles: 300_000, profiles: [profile]),
      keySet: try Sealed(
        Signed(keySet, by: holder, to: known.party, term: term), from: holder.party, to: known, term: term))
  }
}
