import TLV

/// Which operators may use which policy rules on this eUICC (SGP.22 §2.9.2).
///
/// ```
/// RulesAuthorisationTable ::= SEQUENCE OF ProfilePolicyAuthorisationRule
/// ProfilePolicyAuthorisationRule ::= SEQUENCE {
///   pprIds PprIds, allowedOperators SEQUENCE OF OperatorID, pprFlags BIT STRING { consentRequired(0) }, ... }
/// ```
public struct ProfilePolicyAuthorisationRule: TLVMessage, TLVSequence, Hashable {
  /// The bits of pprFlags.
  public enum Flag: Int, CaseIterable, Sendable { case consentRequired }

  /// The rules that are allowed.
  public var pprIds: PprIds
  /// To whom.
  public var allowedOperators: [OperatorID]
  /// Whether the user must agree.
  public var pprFlags: NamedBits<Flag>

  /// All fields.
  public init(pprIds: PprIds, allowedOperators: [OperatorID], pprFlags: NamedBits<Flag> = []) {
    (self.pprIds, self.allowedOperators, self.pprFlags) = (pprIds, allowedOperators, pprFlags)
  }

  public static let tag = TLVTag.sequence
  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    pprIds = try reader.read(0x80)
    allowedOperators = try reader.read(0xA1)
    pprFlags = try reader.read(0x82)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, pprIds)
    writer.write(0xA1, allowedOperators)
    writer.write(0x82, pprFlags)
  }
}

/// The table, in order: the first rule that fits decides.
public typealias RulesAuthorisationTable = [ProfilePolicyAuthorisationRule]

extension OperatorID {
  /// SGP.22 §2.9.2.1: whether this operator of a rule covers `owner`: nibble E of mccMnc stands for any digit, an empty
  /// GID for any value, and an absent GID asks that the owner has none.
  public func covers(_ owner: OperatorID) -> Bool {
    func digits(_ bytes: [UInt8]) -> [UInt8] { bytes.flatMap { [$0 & 0x0F, $0 >> 4] } }
    func gid(_ rule: [UInt8]?, _ owner: [UInt8]?) -> Bool { rule?.isEmpty == true || rule == owner }
    return zip(digits(mccMnc), digits(owner.mccMnc)).allSatisfy { $0 == $1 || $0 == 0x0E }
      && gid(gid1, owner.gid1) && gid(gid2, owner.gid2)
  }
}

extension RulesAuthorisationTable {
  /// SGP.22 §2.9.2.4: the rule that lets `owner` use `rule`; nil where none does.
  public func authorisation(of rule: ProfilePolicyRule, for owner: OperatorID) -> ProfilePolicyAuthorisationRule? {
    first { entry in entry.pprIds.contains(rule) && entry.allowedOperators.contains { $0.covers(owner) } }
  }
}
