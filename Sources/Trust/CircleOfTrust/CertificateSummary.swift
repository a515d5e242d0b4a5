import Bytes
import Identifiers
import Keys
import TLV

extension Certificate {
  /// What the certificate says, for people: labels with values, in the order to be shown.
  public var summary: [(label: String, value: String)] {
    var rows: [(String, String)] = [
      ("Role", claimedRole?.name ?? "none of SGP.22"),
      ("Subject", subject.description),
      ("Issuer", issuer.description),
      ("Serial", serialNumber.description),
      ("Valid", "\(validity.notBefore) to \(validity.notAfter)"),
      ("Key", "\(publicKey.curve) \(subjectKeyIdentifier?.description ?? "without identifier")"),
      ("Issuer's key", authorityKeyIdentifier?.description ?? (isSelfIssued ? "its own" : "not named")),
    ]
    func add(_ label: String, _ values: [String]) {
      if !values.isEmpty { rows.append((label, values.joined(separator: ", "))) }
    }
    if let eid { add("EID", [eid.digits]) }
    add("OID", extensions.registeredIDs.map(\.description))
    add("Hosts", extensions.hostNames)
    add("EIDs from", extensions.nameConstraints?.permitted.map(\.description) ?? [])
    add("Usage", (extensions.keyUsage.map { [$0.description] } ?? []) + extensions.extendedKeyUsage.map(Self.purpose))
    if let constraints = extensions.basicConstraints, constraints.isAuthority {
      add("Issues", [constraints.pathLength.map { "certificates, \($0) issuers below" } ?? "certificates"])
    }
    add("Policies", policies.map(\.description))
    add("Revocation lists", extensions.revocationListURLs)
    add("Unknown and critical", extensions.unknownCritical.map(\.description))
    add("SHA-256", [fingerprint.hex])
    return rows
  }

  private static func purpose(_ oid: OID) -> String {
    oid == .serverAuth ? "TLS server" : oid == .clientAuth ? "TLS client" : oid.description
  }
}
