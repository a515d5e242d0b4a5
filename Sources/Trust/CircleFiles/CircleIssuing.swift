import Bytes
import CircleOfTrust
import Identifiers
import Keys

extension CircleDirectory {
  /// Begins a private circle on `curve`: a certificate issuer and a manufacturer of eUICCs.
  ///
  /// A circle may have an issuer for each curve, begun one after the other in the same directory.
  public func begin(
    curve: Curve, organization: String, ein: String = EIN.laboratory, validity: Validity, random: any RandomSource
  ) throws(CircleFilesError) {
    let key = PrivateKey(curve, random: random)
    let name = DistinguishedName([
      (.organizationName, organization), (.commonName, "\(organization) CI \(curve.rawValue)"),
    ])
    do {
      let authority = try Authority(certificateIssuer: name, key: key, validity: validity, random: random)
      try add(authority.certificate, key: key, as: .certificateIssuer, named: curve.rawValue)
    } catch let error as CircleFilesError { throw error } catch { throw .refused("\(error)") }
    try issue(
      .eum(organization: organization, eins: [ein], signsRevocationLists: true), named: "\(organization) EUM",
      file: curve.rawValue, curve: curve, validity: validity, random: random)
  }

  /// Issues a certificate for a new key on `curve`, signed by the circle's authority for that curve, and keeps both.
  @discardableResult
  public func issue(
    _ profile: CertificateProfile, named name: String, file: String, curve: Curve, key: PrivateKey? = nil,
    validity: Validity, random: any RandomSource
  ) throws(CircleFilesError) -> Entry {
    let key = key ?? PrivateKey(curve, random: random)
    let authority = try authority(for: profile, curve: curve)
    do {
      let certificate = try authority.issue(
        profile, named: name, to: key.publicKey, validity: validity, random: random)
      return try add(certificate, key: key, as: profile.role, named: file)
    } catch let error as CircleFilesError { throw error } catch { throw .refused("\(error)") }
  }

  /// Who signs certificates of a profile on `curve`: among several manufacturers the one that may certify the EID.
  private func authority(for profile: CertificateProfile, curve: Curve) throws(CircleFilesError) -> Authority {
    guard let issuer = profile.role.issuer else { throw .refused("a certificate issuer signs its own certificate") }
    let all = try authorities(issuer).filter { $0.key.curve == curve }
    guard let first = all.first else {
      throw .noAuthority("an issuer of \(profile.role.folder) certificates on \(curve.rawValue)")
    }
    guard case .euicc(let eid) = profile else { return first }
    return all.first { authority in
      authority.certificate.extensions.nameConstraints?.eins.contains { eid.digits.hasPrefix($0) } ?? false
    } ?? first
  }

  /// Everybody of a role whose private key is here.
  private func authorities(_ role: Role) throws(CircleFilesError) -> [Authority] {
    try entries(role).compactMap { entry in
      entry.key.flatMap { try? Authority(certificate: entry.certificate, key: $0) }
    }
  }

  /// Who signed a certificate, where its private key is here.
  private func issuer(of entry: Entry) throws(CircleFilesError) -> Authority {
    guard let role = entry.role?.issuer else { throw .refused("\(entry.name) has no issuer but itself") }
    let signer = try authorities(role).first {
      $0.certificate.subjectKeyIdentifier == entry.certificate.authorityKeyIdentifier
    }
    guard let signer else { throw .noAuthority("\(entry.certificate.issuer), who issued \(entry.name)") }
    return signer
  }

  /// Revokes a certificate from `now` on: writes a new revocation list of its issuer, good for `lifetime`.
  @discardableResult
  public func revoke(_ name: String, now: Instant, lifetime: Duration = .seconds(30 * 86_400))
    throws(CircleFilesError) -> RevocationList
  {
    let entry = try entry(name)
    let certificate = entry.certificate
    let authority = try issuer(of: entry)
    // Read whole: a list that somebody put in the place of the issuer's own is not gone on with.
    _ = try circle()
    let former = try revocationLists().first {
      $0.authorityKeyIdentifier == authority.certificate.subjectKeyIdentifier && $0.part == nil
    }
    var revoked = former?.revoked ?? [:]
    revoked[certificate.serialNumber] = revoked[certificate.serialNumber] ?? now
    let number = (former.flatMap { Int(bigEndian: $0.number) } ?? 0) + 1
    do {
      let list = try authority.revocationList(
        number: number, revoked: revoked, thisUpdate: now, nextUpdate: now + lifetime)
      try keep(list)
      return list
    } catch let error as CircleFilesError { throw error } catch { throw .refused("\(error)") }
  }
}

/// The manufacturer's number at the beginning of an EID (SGP.29 §3).
public enum EIN {
  /// 89 (telecommunications), 049 as in SGP.26's test certificates, 032: a laboratory's own eUICCs.
  public static let laboratory = "89049032"
}
