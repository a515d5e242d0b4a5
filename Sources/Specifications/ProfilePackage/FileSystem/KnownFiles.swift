import UICC

/// The names of files that templates know, for packages that create them without one.
enum KnownFiles {
  /// Where a file stands.
  enum Parent: Hashable {
    /// The MF, or the ADF that an element of this name creates.
    case root(String)
    case directory(FileIdentifier)
  }

  private struct Key: Hashable {
    let parent: Parent
    let identifier: FileIdentifier
  }

  private static let names: [Key: String] = {
    var names: [Key: String] = [:]
    for template in Template.all {
      guard let version = template.identifiers.last else { continue }
      var root = Parent.root(root(of: template.elementName))
      var parent = root
      for (name, row) in zip(PE.fileNames(of: template.elementName), template.rows(version: version)) {
        guard let row else { continue }
        if row.kind == .adf { (root, parent) = (.root(template.elementName), .root(template.elementName)) }
        guard let identifier = row.identifier, row.kind != .mf else { continue }
        let place = row.kind == .df ? root : parent
        names[Key(parent: place, identifier: identifier)] = ResolvedFile.name(name)
        guard row.kind == .df else { continue }
        parent = .directory(identifier)
        // The other directories of DF.TELECOM stand in it.
        if template.elementName == "telecom", root == .root("mf") { root = parent }
      }
    }
    return names
  }()

  /// Where the first file of an element stands.
  private static func root(of elementName: String) -> String {
    switch elementName {
    case "opt-usim", "phonebook", "gsm-access", "df-5gs", "df-saip", "df-snpn", "df-5gprose", "opt-iot": "usim"
    case "opt-isim": "isim"
    case "opt-csim": "csim"
    default: "mf"
    }
  }

  /// The name of the file `identifier` in `parent`.
  static func name(_ identifier: FileIdentifier, in parent: Parent) -> String? {
    names[Key(parent: parent, identifier: identifier)]
  }
}
