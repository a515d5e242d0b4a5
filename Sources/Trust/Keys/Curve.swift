/// The two curves of SGP.22 §2.6.7: NIST P-256 (FIPS 186-4) and brainpoolP256r1 (RFC 5639 §3.4).
///
/// Both have scalars and coordinates of 32 bytes and cofactor 1.
public enum Curve: String, Sendable, CaseIterable, Codable {
  case p256, brainpoolP256r1
}
