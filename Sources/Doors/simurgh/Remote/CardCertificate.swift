import Bytes
import CircleFiles
import CircleOfTrust
import Foundation
import Identifiers
import Keys
import SGP02
import TLV

/// The certificate that a server shows eUICCs (SGP.02 §2.3.2), CERT.DP.ECDSA or CERT.SR.ECDSA, with its key, in a site's
/// directory.
struct CardCertificate {
  let site: Site
  let role: PartyCertificate.Role

  private var name: String { role == .smsr ? "sm-sr" : "sm-dp" }
  private var directory: String { "\(site.directory)/\(name)" }
  private var file: String { "\(directory)/card.certificate" }
  private var keyFile: KeyFile { KeyFile(path: "\(directory)/card.key", room: name) }
  private var remedy: String { "simurgh \(name) begin --dir \(site.directory)" }

  var exists: Bool { FileManager.default.fileExists(atPath: file) }

  /// Makes a key, which the circle's issuer certifies for `oid`; one that is there stays.
  func make(for oid: OID, now: Instant) throws {
    guard !exists else { return }
    let issuer = try site.existingCircle().entries(.certificateIssuer).first {
      $0.key != nil && $0.certificate.publicKey.curve == .p256
    }
    guard let issuer, let signer = issuer.key else {
      throw Complaint(
        .configuration, "The circle has no issuer on P-256 whose private key is here.",
        remedy: "Bring \(file) and its key from where it is, or make a circle with: simurgh ca init")
    }
    let random = SystemRandomSource.shared
    let key = PrivateKey(.p256, random: random)
    let validity = UsualValidity.from(now)
    let certificate = try PartyCertificate(
      role, serialNumber: random.bytes(8), issuer: Array(KeyIdentifier(of: signer.publicKey).bytes.prefix(16)),
      subject: Array(oid.bytes.prefix(16)), effective: Self.day(validity.notBefore),
      expiration: Self.day(validity.notAfter), key: key.publicKey, signedBy: signer)
    let vault = try site.vault()
    try Folder.make(directory, isPrivate: true)
    try keyFile.write(key, vault)
    // Last: without this file there is no certificate yet.
    try DurableFile.write(certificate.encoded, to: file, isSecret: false)
  }

  /// Itself; where the certificate is not there, the command that makes it is told before anything else is made.
  func checked() throws -> CardCertificate {
    _ = try KeyFile.contents(file, "certificate for eUICCs", remedy: remedy)
    return self
  }

  /// Certificate and key; where they are not there, the command that makes them.
  func read(_ vault: KeyVault) throws -> (certificate: PartyCertificate, key: PrivateKey) {
    let bytes = try KeyFile.contents(file, "certificate for eUICCs", remedy: remedy)
    return (try PartyCertificate(encoded: bytes), try keyFile.read(vault, remedy: remedy))
  }

  /// Brings the key under the current master key.
  func rewrap(_ vault: KeyVault) throws { try keyFile.rewrap(vault) }

  /// YYYYMMDD, UTC.
  private static func day(_ instant: Instant) -> String { String("\(instant)".filter(\.isNumber).prefix(8)) }
}

extension CircleDirectory {
  /// The certificate `name` and its object identifier; it is issued where it is not there.
  func server(_ name: String, or profile: CertificateProfile, now: Instant) throws -> Entry {
    if let entry = try? entry(name) { return entry }
    let file = PathName.last(of: name)
    return try issue(
      profile, named: file, file: file, curve: .p256, validity: UsualValidity.from(now, days: 825),
      random: SystemRandomSource.shared)
  }
}
