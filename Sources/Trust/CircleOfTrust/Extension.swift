import TLV

/// One extension of a certificate, a revocation list or an entry of one (RFC 5280 §4.2, §5.2, §5.3).
struct Extension {
  // Extension ::= SEQUENCE { extnID OBJECT IDENTIFIER, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }
  let id: TLVElement
  let isCritical: Bool
  /// The content of the OCTET STRING: an encoding of its own.
  let value: ArraySlice<UInt8>

  /// { id-ce n }: the extensions of certificates that are understood.
  enum Standard: UInt8 {
    case subjectKeyIdentifier = 14
    case keyUsage = 15
    case subjectAltName = 17
    case basicConstraints = 19
    case nameConstraints = 30
    case cRLDistributionPoints = 31
    case certificatePolicies = 32
    case authorityKeyIdentifier = 35
    case extendedKeyUsage = 37
  }

  init(_ element: TLVElement) throws(TLVError) {
    var reader = try element.reader()
    id = try reader.element(.objectIdentifier)
    let critical = try reader.readIfPresent(.boolean, as: Bool.self)
    // X.690 §11.5: a component equal to its default value is not encoded.
    guard critical != false else { throw .invalid(.boolean, "critical FALSE is the default and is not written") }
    isCritical = critical ?? false
    value = try reader.element(.octetString).content
    try reader.finish()
  }

  /// n of an identifier { id-ce n }, 2.5.29.n; nil for all others.
  var number: UInt8? {
    let id = id.content
    return id.count == 3 && id.starts(with: [0x55, 0x1D]) ? id.last : nil
  }

  /// The extension of certificates it is; nil where it is not one of those understood.
  var standard: Standard? { number.flatMap(Standard.init) }

  static func write(
    _ kind: Standard, critical: Bool = false, to writer: inout TLVWriter, _ value: (inout TLVWriter) -> Void
  ) {
    write(id: [0x55, 0x1D, kind.rawValue], critical: critical, to: &writer, value)
  }

  static func write(
    id: [UInt8], critical: Bool = false, to writer: inout TLVWriter, _ value: (inout TLVWriter) -> Void
  ) {
    writer.write(.sequence) { writer in
      writer.write(.objectIdentifier, bytes: id)
      if critical { writer.write(.boolean, true) }
      writer.write(.octetString, value)
    }
  }
}

/// Which extensions a list has had: none may come twice.
struct SeenExtensions {
  private var standard: UInt64 = 0
  private var others: Set<[UInt8]> = []

  var isEmpty: Bool { standard == 0 && others.isEmpty }

  mutating func insert(_ extension_: Extension) throws(TLVError) {
    let isNew: Bool
    if let number = extension_.number, number < 64 {
      isNew = standard & 1 << UInt64(number) == 0
      standard |= 1 << UInt64(number)
    } else {
      isNew = others.insert(Array(extension_.id.content)).inserted
    }
    guard isNew else { throw .invalid(.objectIdentifier, "an extension stands there twice") }
  }
}
