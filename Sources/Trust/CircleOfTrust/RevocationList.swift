import Identifiers
import Keys
import TLV

/// A certificate revocation list, version 2 (RFC 5280 §5, SGP.22 §4.5.2.1.1), whole or in parts.
///
/// Parsed, not trusted: ``Circle/load(_:issuedBy:at:)`` verifies it.
public struct RevocationList: TLVMessage, Hashable, Sendable {
  // CertificateList ::= SEQUENCE { tbsCertList, signatureAlgorithm, signatureValue BIT STRING }
  // TBSCertList ::= SEQUENCE { version INTEGER OPTIONAL, signature, issuer, thisUpdate, nextUpdate OPTIONAL,
  //   revokedCertificates SEQUENCE OF SEQUENCE { userCertificate, revocationDate, crlEntryExtensions OPTIONAL } OPTIONAL,
  //   crlExtensions [0] EXPLICIT }
  public static let tag: TLVTag = .sequence
  /// Whose certificates are revoked, by whom.
  public let issuer: DistinguishedName
  /// The key that signed.
  public let authorityKeyIdentifier: KeyIdentifier
  /// When the list was made.
  public let thisUpdate: Instant
  /// When the next will have been made; nil where the issuer promises none.
  public let nextUpdate: Instant?
  /// Grows from list to list of the same scope; up to 20 bytes, most significant first, without leading zeros.
  public let number: [UInt8]
  /// Which part of a divided list this is; nil where it is whole.
  public let part: Part?
  /// The revoked certificates with the time of their revocation.
  public let revoked: [SerialNumber: Instant]
  /// The value of issuingDistributionPoint: lists with another are about other certificates.
  let distributionPoint: [UInt8]
  private let envelope: SignedEnvelope

  /// A part of a list that was divided (SGP.22 §4.5.2.1.1): id-rsp-partialCrlNumber of id-rsp-totalPartialCrlNumber.
  public struct Part: Hashable, Sendable {
    /// From 1.
    public let number: Int
    /// Into how many parts the list was divided.
    public let total: Int

    /// Part `number` of `total`, which is at most 1024; nil where there is no such part.
    public init?(_ number: Int, of total: Int) {
      guard (1...1024).contains(total), (1...total).contains(number) else { return nil }
      (self.number, self.total) = (number, total)
    }
  }

  /// The list exactly as it arrived.
  public var encoded: [UInt8] { envelope.encoded }

  public init(_ element: TLVElement) throws(TLVError) {
    envelope = try SignedEnvelope(element)
    var reader = try TLVElement(envelope.body).reader()
    // "If present, this field MUST be version 2", and extensions, which are wanted here, want it present.
    guard try reader.read(.integer) == 1 else { throw .invalid(.integer, "the list's version is not 2") }
    try SignedEnvelope.readAlgorithm(from: &reader)
    issuer = try reader.read()
    thisUpdate = try Time.read(from: &reader)
    let hasNext = reader.nextTag == Time.utcTime || reader.nextTag == Time.generalizedTime
    nextUpdate = hasNext ? try Time.read(from: &reader) : nil
    revoked = try reader.elementIfPresent(.sequence).map(RevocationListEntries.read) ?? [:]
    var wrapper = try reader.element(0xA0).reader()
    let extensions = try RevocationListExtensions(wrapper.element(.sequence))
    try wrapper.finish()
    try reader.finish()
    authorityKeyIdentifier = extensions.authorityKeyIdentifier
    number = extensions.number
    part = extensions.part
    distributionPoint = extensions.distributionPoint
  }

  public func encodeContent(to writer: inout TLVWriter) { writer.append(encoded: envelope.content) }

  public static func == (a: RevocationList, b: RevocationList) -> Bool { a.encoded == b.encoded }
  public func hash(into hasher: inout Hasher) { hasher.combine(encoded) }

  /// Whether `key` signed the list.
  func isSigned(by key: PublicKey) -> Bool { envelope.isSigned(by: key) }

  /// Whether the list came before `other` of the same scope.
  func isOlder(than other: RevocationList) -> Bool {
    number.count != other.number.count
      ? number.count < other.number.count : number.lexicographicallyPrecedes(other.number)
  }
}
