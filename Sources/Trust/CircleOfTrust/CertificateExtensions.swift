import TLV

/// The extensions of a certificate that SGP.22 §4.5.2.1 uses, each read strictly; the rest is only counted.
public struct CertificateExtensions: TLVMessage, TLVSequence, Hashable {
  // Extensions ::= SEQUENCE OF Extension
  // Extension ::= SEQUENCE { extnID OBJECT IDENTIFIER, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }
  public static let tag: TLVTag = .sequence
  /// Whether the subject may issue certificates; nil where the extension is absent.
  public var basicConstraints: BasicConstraints?
  /// What the key may be used for; nil where the extension is absent.
  public var keyUsage: KeyUsage?
  /// Purposes of the key beyond ``keyUsage``: the two sides of TLS.
  public var extendedKeyUsage: [OID] = []
  /// Policies; with SGP.22 the roles.
  public var policies: [OID] = []
  /// The subject's key.
  public var subjectKeyIdentifier: KeyIdentifier?
  /// The issuer's key.
  public var authorityKeyIdentifier: KeyIdentifier?
  /// The subject's host names (subjectAltName, dNSName).
  public var hostNames: [String] = []
  /// The subject's object identifiers (subjectAltName, registeredID): an SM-DP+'s or SM-DS's OID.
  public var registeredIDs: [OID] = []
  /// The names that the subject may give to others.
  public var nameConstraints: NameConstraints?
  /// Where the issuer's revocation lists are.
  public var revocationListURLs: [String] = []
  /// Critical extensions that nobody here understands: with one of them no certificate is accepted.
  public private(set) var unknownCritical: [OID] = []

  /// No extensions.
  public init() {}

  public init(fields reader: inout TLVReader) throws(TLVError) {
    var seen = SeenExtensions()
    while !reader.isAtEnd {
      let extension_ = try Extension(reader.element(.sequence))
      // "A certificate MUST NOT include more than one instance of a particular extension."
      try seen.insert(extension_)
      if let known = extension_.standard {
        try read(known, from: TLVElement(extension_.value))
      } else if extension_.isCritical {
        unknownCritical.append(try OID(extension_.id))
      }
    }
    // "Extensions ::= SEQUENCE SIZE (1..MAX) OF Extension"
    guard !seen.isEmpty else { throw .invalid(Self.tag, "the list of extensions is empty") }
  }

  private mutating func read(_ kind: Extension.Standard, from element: TLVElement) throws(TLVError) {
    switch kind {
    case .basicConstraints: basicConstraints = try Self.sequence(element)
    case .keyUsage:
      guard element.tag == .bitString else { throw .missing(wanted: .bitString, found: element.tag) }
      keyUsage = try KeyUsage(element)
    case .subjectKeyIdentifier:
      guard element.tag == .octetString else { throw .missing(wanted: .octetString, found: element.tag) }
      subjectKeyIdentifier = try KeyIdentifier(element)
    case .authorityKeyIdentifier: authorityKeyIdentifier = try AuthorityKeyIdentifier.read(element)
    case .nameConstraints: nameConstraints = try Self.sequence(element)
    case .extendedKeyUsage:
      var reader = try Self.reader(element)
      while !reader.isAtEnd { extendedKeyUsage.append(try reader.read(.objectIdentifier)) }
    case .certificatePolicies: try readPolicies(Self.reader(element))
    case .subjectAltName: try readNames(Self.reader(element))
    case .cRLDistributionPoints: try readDistributionPoints(Self.reader(element))
    }
  }

  private static func reader(_ element: TLVElement) throws(TLVError) -> TLVReader {
    guard element.tag == .sequence else { throw .missing(wanted: .sequence, found: element.tag) }
    return try element.reader()
  }

  private static func sequence<Value: TLVSequence>(_ element: TLVElement) throws(TLVError) -> Value {
    guard element.tag == .sequence else { throw .missing(wanted: .sequence, found: element.tag) }
    return try Value(element)
  }

  // CertificatePolicies ::= SEQUENCE OF SEQUENCE { policyIdentifier OBJECT IDENTIFIER, policyQualifiers … OPTIONAL }
  private mutating func readPolicies(_ list: TLVReader) throws(TLVError) {
    var list = list
    while !list.isAtEnd {
      var policy = try list.element(.sequence).reader()
      let id: OID = try policy.read(.objectIdentifier)
      _ = try policy.elementIfPresent(.sequence)
      try policy.finish()
      // "A certificate policy OID MUST NOT appear more than once".
      guard !policies.contains(id) else { throw .invalid(.objectIdentifier, "a policy stands there twice") }
      policies.append(id)
    }
  }

  // GeneralNames ::= SEQUENCE OF GeneralName
  private mutating func readNames(_ list: TLVReader) throws(TLVError) {
    var list = list
    while !list.isAtEnd {
      let name = try list.element()
      switch name.tag {
      case GeneralName.dNSName: hostNames.append(try GeneralName.text(name))
      case GeneralName.registeredID: registeredIDs.append(try OID(name))
      default: break
      }
    }
  }

  // CRLDistributionPoints ::= SEQUENCE OF DistributionPoint
  // DistributionPoint ::= SEQUENCE { distributionPoint [0] CHOICE { fullName [0] GeneralNames, … } OPTIONAL, … }
  private mutating func readDistributionPoints(_ list: TLVReader) throws(TLVError) {
    var list = list
    while !list.isAtEnd {
      var point = try list.element(.sequence).reader()
      guard let name = try point.elementIfPresent(0xA0) else { continue }
      var choice = try name.reader()
      guard let names = try choice.elementIfPresent(0xA0) else { continue }
      for name in try names.children() where name.tag == GeneralName.uniformResourceIdentifier {
        revocationListURLs.append(try GeneralName.text(name))
      }
    }
  }
}

// MARK: Writing

extension CertificateExtensions {
  /// Criticality as in the tables of SGP.22 §4.5.2.1. The policies of TLS certificates are not critical, because TLS
  /// libraries, which have never heard of id-rspRole, read them too.
  public func encodeFields(to writer: inout TLVWriter) {
    if let authorityKeyIdentifier {
      Extension.write(.authorityKeyIdentifier, to: &writer) {
        AuthorityKeyIdentifier.write(authorityKeyIdentifier, to: &$0)
      }
    }
    if let subjectKeyIdentifier {
      Extension.write(.subjectKeyIdentifier, to: &writer) { $0.write(subjectKeyIdentifier) }
    }
    if let keyUsage { Extension.write(.keyUsage, critical: true, to: &writer) { $0.write(.bitString, keyUsage) } }
    if !extendedKeyUsage.isEmpty {
      Extension.write(.extendedKeyUsage, critical: true, to: &writer) { writer in
        writer.write(.sequence) { for purpose in extendedKeyUsage { $0.write(.objectIdentifier, purpose) } }
      }
    }
    if !policies.isEmpty {
      Extension.write(.certificatePolicies, critical: extendedKeyUsage.isEmpty, to: &writer) { writer in
        writer.write(.sequence) { writer in
          for policy in policies { writer.write(.sequence) { $0.write(.objectIdentifier, policy) } }
        }
      }
    }
    if !hostNames.isEmpty || !registeredIDs.isEmpty {
      Extension.write(.subjectAltName, to: &writer) { writer in
        writer.write(.sequence) { writer in
          for name in hostNames { writer.write(GeneralName.dNSName, name) }
          for id in registeredIDs { writer.write(GeneralName.registeredID, id) }
        }
      }
    }
    if let basicConstraints {
      Extension.write(.basicConstraints, critical: true, to: &writer) { $0.write(basicConstraints) }
    }
    if let nameConstraints {
      Extension.write(.nameConstraints, critical: true, to: &writer) { $0.write(nameConstraints) }
    }
    if !revocationListURLs.isEmpty {
      Extension.write(.cRLDistributionPoints, to: &writer) { writer in
        writer.write(.sequence) { for url in revocationListURLs { Self.writeDistributionPoint(url, to: &$0) } }
      }
    }
  }

  private static func writeDistributionPoint(_ url: String, to writer: inout TLVWriter) {
    writer.write(.sequence) { writer in
      writer.write(0xA0) { $0.write(0xA0) { $0.write(GeneralName.uniformResourceIdentifier, url) } }
    }
  }
}

/// AuthorityKeyIdentifier ::= SEQUENCE { keyIdentifier [0] OPTIONAL, authorityCertIssuer [1], serialNumber [2] }
enum AuthorityKeyIdentifier {
  private static let keyIdentifier: TLVTag = 0x80

  static func read(_ element: TLVElement) throws(TLVError) -> KeyIdentifier? {
    guard element.tag == .sequence else { throw .missing(wanted: .sequence, found: element.tag) }
    var reader = try element.reader()
    return try reader.readIfPresent(keyIdentifier, as: KeyIdentifier.self)
  }

  static func write(_ identifier: KeyIdentifier, to writer: inout TLVWriter) {
    writer.write(.sequence) { $0.write(keyIdentifier, identifier) }
  }
}
