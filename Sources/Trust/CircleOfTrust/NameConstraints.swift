import TLV

/// The names that an EUM may put into the certificates it issues (RFC 5280 §4.2.1.10, SGP.22 §4.5.2.1.0.3).
public struct NameConstraints: TLVMessage, TLVSequence, Hashable {
  // NameConstraints ::= SEQUENCE { permittedSubtrees [0] GeneralSubtrees OPTIONAL, excludedSubtrees [1] … OPTIONAL }
  // GeneralSubtree ::= SEQUENCE { base GeneralName, minimum [0] DEFAULT 0, maximum [1] OPTIONAL }
  public static let tag: TLVTag = .sequence
  private static let permittedSubtrees: TLVTag = 0xA0
  /// Each names an organisation and, as serialNumber, the digits that EIDs begin with (EIN).
  public let permitted: [DistinguishedName]

  /// Permits `permitted` alone.
  public init(permitted: [DistinguishedName]) { self.permitted = permitted }

  /// Permits the EIDs of `organization` that begin with one of `eins`.
  public init(organization: String, eins: [String]) {
    self.init(
      permitted: eins.map { DistinguishedName([(.organizationName, organization), (.serialNumber, $0)]) })
  }

  /// Excluded subtrees and other forms of names are refused: a constraint nobody applies is none.
  public init(fields reader: inout TLVReader) throws(TLVError) {
    var subtrees = try reader.element(Self.permittedSubtrees).reader()
    var permitted: [DistinguishedName] = []
    while !subtrees.isAtEnd {
      var subtree = try subtrees.element(.sequence).reader()
      var base = try subtree.element(GeneralName.directoryName).reader()
      permitted.append(try base.read())
      try base.finish()
      // "the minimum MUST be zero, and maximum MUST be absent": in DER neither is written.
      try subtree.finish()
    }
    guard !permitted.isEmpty else { throw .invalid(Self.permittedSubtrees, "nothing is permitted") }
    self.permitted = permitted
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(Self.permittedSubtrees) { writer in
      for name in permitted {
        writer.write(.sequence) { $0.write(GeneralName.directoryName) { $0.write(name) } }
      }
    }
  }

  /// Whether a subject of that name is permitted. SGP.22 §4.5.2.1.0.3 has a rule of its own in place of RFC 5280's
  /// subtrees: serialNumber must begin with the digits given, every other attribute be equal.
  public func permits(_ subject: DistinguishedName) -> Bool {
    permitted.contains { base in
      base.relativeNames.joined().allSatisfy { wanted in
        let found = subject.attributes(wanted.type)
        guard found.count == 1 else { return false }
        return wanted.type == .serialNumber
          ? !wanted.value.isEmpty && found[0].value.starts(with: wanted.value) : found[0].matches(wanted)
      }
        // Without a range there is no constraint on the EID at all.
        && !base.attributes(.serialNumber).isEmpty
    }
  }

  /// The permitted beginnings of EIDs.
  public var eins: [String] { permitted.compactMap { $0.text(.serialNumber) } }
}
