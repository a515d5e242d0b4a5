import Bytes
import TLV
import UICC

/// Parameters of files and the access rules they name (§8.3).
extension Lint {
  /// §8.3.4: the files that are not optional; §8.3.3: those of a directory, its PIN status.
  mutating func checkMandatoryFiles() {
    for (index, element) in elements.enumerated() {
      guard let element = element as? any FileSystemElement else { continue }
      let given = Set(element.files.map(\.name))
      for name in type(of: element).mandatoryFileNames where !given.contains(name) {
        say(.error, index, "is missing", file: ResolvedFile.name(name), .invalidRequestFormat)
      }
      guard element.header?.isMandated ?? true, element.name != "iot", element.name != "opt-iot" else { continue }
      for (_, name, file) in element.files
      where ["mf", "df-", "adf"].contains(String(name.prefix(3))) && file.fcp?.pinStatusTemplateDO == nil {
        // A directory that is not created needs none.
        if file.items == [.doNotCreate] { continue }
        say(.error, index, "its pinStatusTemplateDO is missing", file: ResolvedFile.name(name))
      }
    }
  }

  /// §8.3.3 and §8.3.5: what may stand in a file's parameters.
  mutating func checkParameters() {
    for (index, element) in elements.enumerated() {
      if let element = element as? any FileSystemElement {
        for (_, name, file) in element.files {
          checkItems(file, index, ResolvedFile.name(name))
          for case .fileDescriptor(let fcp) in file.items {
            check(fcp, isDirectory: !name.hasPrefix("ef-"), index, ResolvedFile.name(name))
          }
        }
      } else if let management = element as? PE.GenericFileManagement {
        for case .createFCP(let fcp) in management.fileManagementCMD.flatMap(\.items) {
          let name = fcp.fileID?.description ?? "a file"
          let isDirectory = (fcp.fileDescriptor?.first ?? 0) & 0x3F == 0x38
          check(fcp, isDirectory: isDirectory, index, name)
          if fcp.securityAttributesReferenced == nil {
            say(.error, index, "securityAttributesReferenced is missing", file: name)
          }
          if isDirectory, fcp.pinStatusTemplateDO == nil, fcp.linkPath == nil {
            say(.error, index, "its pinStatusTemplateDO is missing", file: name)
          }
        }
      }
    }
  }

  /// Each file's steps begin with its parameters.
  private mutating func checkItems(_ file: File, _ index: Int, _ name: String) {
    if file.items.contains(.doNotCreate), file.items.count > 1 {
      say(.error, index, "doNotCreate does not stand alone", file: name)
    }
    if file.items.contains(.doNotCreate), elements[index].name == "mf" {
      say(.warning, index, "doNotCreate has no effect on the files of the MF", file: name)
    }
  }

  private mutating func check(_ fcp: Fcp, isDirectory: Bool, _ index: Int, _ name: String) {
    let forbidden: [(String, Bool)] =
      isDirectory
      ? [
        ("shortEFID", fcp.shortEFID != nil), ("efFileSize", fcp.efFileSize != nil),
        ("proprietaryEFInfo", fcp.proprietaryEFInfo != nil),
      ] : [("pinStatusTemplateDO", fcp.pinStatusTemplateDO != nil), ("dfName", fcp.dfName != nil)]
    for (parameter, _) in forbidden.filter(\.1) {
      say(.error, index, "\(parameter) is forbidden for a \(isDirectory ? "directory" : "working file")", file: name)
    }
    if let path = fcp.linkPath, !path.isEmpty, fcp.efFileSize != nil {
      say(.error, index, "efFileSize is forbidden for a link", file: name)
    }
    if let size = fcp.efFileSize, size.isEmpty || (size.count > 1 && size[0] == 0) {
      say(.warning, index, "efFileSize is not written in the fewest bytes", file: name)
    }
    if let size = fcp.efFileSize, fcp.fileSize == nil, !size.isEmpty {
      say(.error, index, "efFileSize \(size.hex) is too large", file: name)
    }
    let bounds: [(String, [UInt8]?, ClosedRange<Int>)] = [
      ("fileDescriptor", fcp.fileDescriptor, 2...4), ("lcsi", fcp.lcsi, 1...1),
      ("securityAttributesReferenced", fcp.securityAttributesReferenced, 1...3), ("shortEFID", fcp.shortEFID, 0...1),
      ("linkPath", fcp.linkPath, 0...8), ("fillPattern", fcp.proprietaryEFInfo?.fillPattern, 1...200),
      ("repeatPattern", fcp.proprietaryEFInfo?.repeatPattern, 1...200),
      ("specialFileInformation", fcp.proprietaryEFInfo?.specialFileInformation, 1...1),
    ]
    for (parameter, bytes, range) in bounds {
      guard let bytes, !range.contains(bytes.count) else { continue }
      say(.error, index, "\(parameter) has \(bytes.count) bytes", file: name)
    }
    if fcp.securityAttributesReferenced?.count == 2 {
      say(.error, index, "securityAttributesReferenced has 2 bytes", file: name)
    }
    if let byte = fcp.shortEFID?.first, byte & 0x07 != 0 || byte >> 3 == 31 {
      say(.error, index, "shortEFID \([byte].hex) is no short identifier in bits 8 to 4", file: name)
    }
    if fcp.proprietaryEFInfo?.fillPattern != nil, fcp.proprietaryEFInfo?.repeatPattern != nil {
      say(.error, index, "it has both a fill and a repeat pattern", file: name)
    }
    if fcp.pinStatusTemplateDO?.first == 0xC6 {
      say(.error, index, "pinStatusTemplateDO holds the whole data object, not the key references alone", file: name)
    }
  }

  /// ETSI TS 102 221 §8.3: no two files of a directory have the same short identifier.
  mutating func checkShortIdentifiers() {
    var owners: [[FileIdentifier]: [UInt8: ResolvedFile]] = [:]
    for file in profile.files where !file.isDirectory {
      guard case .number(let number)? = file.parameters.shortFileIdentifier else { continue }
      let directory = Array(file.path.dropLast())
      if let other = owners[directory, default: [:]].updateValue(file, forKey: number) {
        say(.error, file, "\(other.name) has the short identifier \(number) too")
      }
    }
  }

  // MARK: Access rules

  /// The EF.ARR that governs `file` and the number of the record.
  func accessRules(of file: ResolvedFile) -> (rules: ResolvedFile?, record: Int)? {
    guard case .referenced(let reference)? = file.parameters.security, let record = reference.record(in: 1) else {
      return nil
    }
    // ETSI TS 102 221 §9.2.7: EF.ARR is looked for in the file's directory, then in the directories above.
    var directory = file.path.dropLast()
    while true {
      if let rules = profile.file(directory + [reference.file ?? .accessRules]) { return (rules, Int(record)) }
      if directory.isEmpty { return (nil, Int(record)) }
      directory = directory.dropLast()
    }
  }

  /// The rule that governs `file`, where it can be read.
  func accessRule(of file: ResolvedFile) -> AccessRule? {
    guard let found = accessRules(of: file), let rules = found.rules,
      rules.records.indices.contains(found.record - 1)
    else { return nil }
    return try? AccessRule(rules.records[found.record - 1])
  }

  /// §8.3.2: the record that a file refers to exists, and the PINs it asks for do.
  mutating func checkAccessRules() {
    for file in profile.files {
      guard let (rules, record) = accessRules(of: file) else {
        say(.error, file, "it has no access rule")
        continue
      }
      guard let rules else {
        say(.error, file, "there is no EF.ARR for its access rule \(record)")
        continue
      }
      guard rules.records.indices.contains(record - 1) else {
        say(.error, file, "its access rule is record \(record) of \(rules.records.count) of \(rules.pathDescription)")
        continue
      }
      let bytes = rules.records[record - 1]
      if bytes.allSatisfy({ $0 == 0xFF }) {
        say(
          .warning, file, "its access rule, record \(record) of \(rules.pathDescription), is empty: nobody may use it")
        continue
      }
      guard let rule = try? AccessRule(bytes) else {
        say(.error, file, "its access rule, record \(record) of \(rules.pathDescription), is malformed")
        continue
      }
      let missing = rule.references.filter { !exists($0, for: file) }.sorted { $0.rawValue < $1.rawValue }
      for reference in missing {
        let kind = reference.isAdministrative ? "ADM" : "PIN"
        let severity: Finding.Severity = reference.isAdministrative ? .warning : .error
        say(severity, file, "its access rule asks for \(kind) \(reference), which does not exist")
      }
    }
  }

  /// Whether the PIN or administrative key `reference` exists where `file` stands.
  func exists(_ reference: PINReference, for file: ResolvedFile) -> Bool {
    let own = file.isDirectory ? file.path : Array(file.path.dropLast())
    return references(in: own).contains(reference)
  }

  /// The key references that hold in a directory: the global ones of the MF, and local ones of it and those above.
  func references(in directory: [FileIdentifier]) -> Set<PINReference> {
    var found: Set<PINReference> = []
    for pins in profile.pins where directory.starts(with: pins.directory) {
      switch pins.codes {
      case .pinconfig(let list): found.formUnion(list.compactMap(\.reference))
      case .filePath(let bytes):
        guard var path = FileIdentifier.path(bytes) else { continue }
        if path.first == .mf { path.removeFirst() }
        if path != directory { found.formUnion(references(in: path)) }
      }
    }
    return found
  }
}
