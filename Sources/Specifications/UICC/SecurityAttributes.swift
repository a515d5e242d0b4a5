import TLV

/// Where a file's access rule stands: tag 8B, or the rule itself: tags 8C and AB (ETSI TS 102 221 §11.1.1.4.7).
public enum SecurityAttributes: Hashable, Sendable {
  /// 8B: a record of an EF.ARR.
  case referenced(AccessRuleReference)
  /// AB: the rule in expanded format, its content octets.
  case expanded([UInt8])
  /// 8C: the rule in compact format, its content octets.
  case compact([UInt8])
}

/// The record of an EF.ARR that governs a file: tag 8B (ETSI TS 102 221 §9.2.7, §11.1.1.4.7.2).
public struct AccessRuleReference: TLVContent, Hashable {
  /// EF.ARR's identifier; nil where the context tells it: 2F06 for MF, ADFs and files under the MF, else 6F06.
  public var file: FileIdentifier?
  /// The record that holds in each security environment; one for all environments stands under nil.
  public var records: [Environment]

  /// A record number and the security environment in which it holds.
  public struct Environment: Hashable, Sendable {
    /// SEID, or nil where the record holds in every environment.
    public var identifier: UInt8?
    /// Record of EF.ARR, from 1.
    public var record: UInt8
    /// The rule `record` in environment `identifier`.
    public init(identifier: UInt8?, record: UInt8) { (self.identifier, self.record) = (identifier, record) }
  }

  /// Record `record` of `file` in every environment.
  public init(file: FileIdentifier?, record: UInt8) {
    self.file = file
    records = [Environment(identifier: nil, record: record)]
  }

  /// The record that holds in security environment `identifier` (§9.2.6: 01 where the PIN is enabled, 00 where not).
  public func record(in identifier: UInt8) -> UInt8? {
    (records.first { $0.identifier == identifier } ?? records.first { $0.identifier == nil } ?? records.first)?.record
  }

  public init(_ element: TLVElement) throws(TLVError) {
    let bytes = Array(element.content)
    switch bytes.count {
    case 1: self.init(file: nil, record: bytes[0])
    case 3: self.init(file: FileIdentifier(bytes.prefix(2)), record: bytes[2])
    case 4... where bytes.count % 2 == 0:
      self.init(file: FileIdentifier(bytes.prefix(2)), record: 0)
      records = stride(from: 2, to: bytes.count, by: 2).map {
        Environment(identifier: bytes[$0], record: bytes[$0 + 1])
      }
    default: throw .invalid(element.tag, "an access rule reference has 1, 3 or 2 + 2n bytes")
    }
  }

  public func encodeContent(to writer: inout TLVWriter) {
    if let file { writer.append(encoded: file.bytes) }
    for item in records { writer.append(encoded: (item.identifier.map { [$0] } ?? []) + [item.record]) }
  }
}
