import Identifiers
import TLV

/// The entries of a revocation list.
enum RevocationListEntries {
  /// { id-ce n }: reasonCode and invalidityDate tell people more and change nothing.
  private static let tellingMore: Set<UInt8> = [21, 24]

  static func read(_ element: TLVElement) throws(TLVError) -> [SerialNumber: Instant] {
    var reader = try element.reader()
    // "When there are no revoked certificates, the revoked certificates list MUST be absent."
    guard !reader.isAtEnd else { throw .invalid(.sequence, "the list of revoked certificates is empty") }
    var revoked: [SerialNumber: Instant] = [:]
    while !reader.isAtEnd {
      var entry = try reader.element(.sequence).reader()
      let serialNumber: SerialNumber = try entry.read(.integer)
      revoked[serialNumber] = try Time.read(from: &entry)
      if let extensions = try entry.elementIfPresent(.sequence) { try readExtensions(extensions) }
      try entry.finish()
    }
    return revoked
  }

  /// "If a CRL contains a critical CRL entry extension that the application cannot process, then the application MUST
  /// NOT use that CRL": an indirect list's certificateIssuer is one. SGP.22's expiration date is not critical and
  /// matters only to who must make room.
  private static func readExtensions(_ element: TLVElement) throws(TLVError) {
    var reader = try element.reader()
    var seen = SeenExtensions()
    while !reader.isAtEnd {
      let extension_ = try Extension(reader.element(.sequence))
      try seen.insert(extension_)
      let isHarmless = extension_.number.map(tellingMore.contains) ?? false
      guard isHarmless || !extension_.isCritical else {
        throw .invalid(.sequence, "an entry has an unknown critical extension")
      }
    }
  }
}

/// The extensions of a revocation list.
struct RevocationListExtensions {
  private(set) var authorityKeyIdentifier: KeyIdentifier
  private(set) var number: [UInt8]
  private(set) var part: RevocationList.Part?
  private(set) var distributionPoint: [UInt8] = []

  // { id-ce n }
  private static let cRLNumber: UInt8 = 20
  private static let issuingDistributionPoint: UInt8 = 28
  private static let authorityKey: UInt8 = 35
  /// id-rsp-totalPartialCrlNumber, 2.23.146.1.2.0.2
  private static let totalPartialCrlNumber: [UInt8] = [0x67, 0x81, 0x12, 0x01, 0x02, 0x00, 0x02]
  /// id-rsp-partialCrlNumber, 2.23.146.1.2.0.3
  private static let partialCrlNumber: [UInt8] = [0x67, 0x81, 0x12, 0x01, 0x02, 0x00, 0x03]

  init(_ element: TLVElement) throws(TLVError) {
    var reader = try element.reader()
    var seen = SeenExtensions()
    var authority: KeyIdentifier?
    var number: [UInt8]?
    var (part, total): (Int?, Int?)
    while !reader.isAtEnd {
      let extension_ = try Extension(reader.element(.sequence))
      try seen.insert(extension_)
      switch extension_.number {
      case Self.authorityKey: authority = try AuthorityKeyIdentifier.read(TLVElement(extension_.value))
      case Self.cRLNumber: number = try Self.readNumber(TLVElement(extension_.value))
      case Self.issuingDistributionPoint: distributionPoint = try Self.readScope(extension_.value)
      default:
        if extension_.id.content.elementsEqual(Self.partialCrlNumber) {
          part = try Self.readCount(extension_.value)
        } else if extension_.id.content.elementsEqual(Self.totalPartialCrlNumber) {
          total = try Self.readCount(extension_.value)
        } else if extension_.isCritical {
          // A delta list (deltaCRLIndicator) is such a one.
          throw .invalid(.objectIdentifier, "the list has an unknown critical extension")
        }
      }
    }
    // "Conforming CRL issuers are REQUIRED to include the authority key identifier and the CRL number extensions".
    guard let authority, let number else { throw .invalid(element.tag, "the list lacks key identifier or number") }
    if part != nil || total != nil {
      self.part = RevocationList.Part(part ?? 0, of: total ?? 0)
      guard self.part != nil else { throw .invalid(element.tag, "there is no such part of the list") }
    }
    (self.authorityKeyIdentifier, self.number) = (authority, number)
  }

  /// CRLNumber ::= INTEGER (0..MAX), at most 20 bytes (RFC 5280 §5.2.3).
  private static func readNumber(_ element: TLVElement) throws(TLVError) -> [UInt8] {
    guard element.tag == .integer else { throw .missing(wanted: .integer, found: element.tag) }
    let bytes = try SerialNumber(element).bytes
    guard let first = bytes.first, first < 0x80 else { throw .invalid(.integer, "the list's number is negative") }
    return Array(bytes.drop { $0 == 0 })
  }

  private static func readCount(_ value: ArraySlice<UInt8>) throws(TLVError) -> Int {
    var reader = TLVReader(value)
    let count: Int = try reader.read(.integer)
    try reader.finish()
    return count
  }

  /// IssuingDistributionPoint ::= SEQUENCE { distributionPoint [0], onlyContainsUserCerts [1], onlyContainsCACerts [2],
  /// onlySomeReasons [3], indirectCRL [4], onlyContainsAttributeCerts [5] }. An indirect list speaks of other issuers'
  /// certificates and is refused; the other fields say what the list leaves out, never that what it has is not revoked.
  private static func readScope(_ value: ArraySlice<UInt8>) throws(TLVError) -> [UInt8] {
    let element = try TLVElement(value)
    guard element.tag == .sequence else { throw .missing(wanted: .sequence, found: element.tag) }
    for field in try element.children() where field.tag == 0x84 {
      throw .invalid(field.tag, "indirect revocation lists are not supported")
    }
    return Array(value)
  }

  /// Writes the extensions of a list of our own.
  static func write(
    authority: KeyIdentifier, number: Int, part: RevocationList.Part?, to writer: inout TLVWriter
  ) {
    Extension.write(.authorityKeyIdentifier, to: &writer) { AuthorityKeyIdentifier.write(authority, to: &$0) }
    Extension.write(id: [0x55, 0x1D, cRLNumber], to: &writer) { $0.write(.integer, number) }
    guard let part else { return }
    Extension.write(id: totalPartialCrlNumber, to: &writer) { $0.write(.integer, part.total) }
    Extension.write(id: partialCrlNumber, to: &writer) { $0.write(.integer, part.number) }
  }
}
