import TLV

/// A file system template of Annex A: the rows for the files of one kind of profile element.
public struct Template: Sendable {
  /// The versions' identifiers.
  public let identifiers: [OID]
  /// The name of the profile elements that use it.
  public let elementName: String
  /// The rows by the files' places in the element, for each version.
  private let rows: [OID: [FileTemplate?]]

  /// The arc of file system templates below TCA's.
  private static let arc = "2.23.143.1."

  /// A template whose versions (the last arcs of their identifiers) have the rows `files`, but for `changes`.
  init<Field: FileField>(
    _ versions: [String], _ type: Field.Type, _ files: [Field: FileTemplate],
    changes: [String: [Field: FileTemplate]] = [:]
  ) {
    let identifiers = versions.compactMap { OID(Self.arc + $0) }
    self.identifiers = identifiers
    elementName = Field.elementName
    var rows: [OID: [FileTemplate?]] = [:]
    for (version, identifier) in zip(versions, identifiers) {
      rows[identifier] = Field.allCases.map { changes[version]?[$0] ?? files[$0] }
    }
    self.rows = rows
  }

  /// The row for the file that is the element's `field`th in the template's version `identifier`.
  public func row(_ field: Int, version identifier: OID) -> FileTemplate? {
    guard let rows = rows[identifier], rows.indices.contains(field) else { return nil }
    return rows[field]
  }

  /// The rows of version `identifier`, by the files' places in the element.
  public func rows(version identifier: OID) -> [FileTemplate?] { rows[identifier] ?? [] }

  /// The identifier of `version`: "2.4.2" is the second version of ADF.USIM (Annex B).
  static func identifier(_ version: StaticString) -> OID {
    guard let oid = OID("\(arc)\(version)") else { preconditionFailure("template identifier \(version)") }
    return oid
  }

  /// All templates known here.
  public static let all: [Template] = [
    mf, cd, telecom, usim, optUSIM, phonebook, gsmAccess, isim, optISIM, csim, optCSIM, eap, df5GS, dfSAIP, dfSNPN,
    df5GProSe, iot, optIoT,
  ]

  private static let byIdentifier = [OID: Template](
    uniqueKeysWithValues: all.flatMap { template in template.identifiers.map { ($0, template) } })

  /// The template with this identifier.
  public static func template(_ identifier: OID) -> Template? { byIdentifier[identifier] }
}
