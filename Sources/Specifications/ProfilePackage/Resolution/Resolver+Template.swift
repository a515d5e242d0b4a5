import Bytes
import Identifiers
import TLV
import UICC

/// Files by a template (§8.3.3, §9.1).
extension Resolver {
  mutating func resolve(_ element: any FileSystemElement) {
    let name = element.name
    guard let template = Template.template(element.templateID), template.elementName == name else {
      return report("the template \(element.templateID) is not known", .templateNotSupported)
    }
    guard let base = base(of: name) else {
      return report("it comes before the application whose files it describes", .invalidRequestFormat)
    }
    if name != "mf", name != "iot", profile.places[[]] == nil {
      return report("it comes before the MF", .invalidRequestFormat)
    }
    let given = Dictionary(element.files.map { ($0.field, $0.file) }) { first, _ in first }
    var scope = Scope(base: base)
    for (field, fieldName) in type(of: element).fileNames.enumerated() {
      let row = template.row(field, version: element.templateID)
      guard let file = given[field] ?? template.defaultFile(row) else {
        if row?.isDirectory == true { scope.leave() }
        continue
      }
      let isKnown = row != nil || file.fcp != nil
      guard isKnown else {
        report("the template \(element.templateID) has no such file", .badValues, file: ResolvedFile.name(fieldName))
        continue
      }
      create(file, row: row, name: ResolvedFile.name(fieldName), in: &scope)
    }
  }

  /// Where an element's files stand: below its first directory, or below the last one it opened.
  private struct Scope {
    let base: [FileIdentifier]
    var root: [FileIdentifier]?
    var current: [FileIdentifier]?

    init(base: [FileIdentifier]) { (self.base, current) = (base, base) }

    /// A directory of the template is not created: nothing can stand in it.
    mutating func leave() { current = nil }

    mutating func enter(_ path: [FileIdentifier], _ kind: FileTemplate.Kind) {
      if root == nil || kind == .adf { root = path }
      current = path
    }
  }

  /// Creates the file, or the several files, of one field.
  private mutating func create(_ file: File, row: FileTemplate?, name: String, in scope: inout Scope) {
    for (number, instance) in file.instances.enumerated() {
      if instance.isUnwanted {
        if row?.isDirectory == true { scope.leave() }
        continue
      }
      var row = row
      if number > 0, let first = row?.identifier, row?.lastIdentifier != nil {
        row?.identifier = FileIdentifier(rawValue: first.rawValue &+ UInt16(clamping: number))
      }
      guard let directory = row?.isDirectory == true ? scope.root ?? scope.base : scope.current else {
        report("the directory it belongs to is not created", .badValues, file: name)
        continue
      }
      guard let parameters = parameters(row: row, fcp: instance.fcp, name: name, below: directory),
        let path = path(of: parameters, kind: row?.kind, in: directory, name: name)
      else { continue }
      var file = ResolvedFile(element: element, name: name, path: path, parameters: parameters)
      file.contents = initialContents(of: file, row: row, fcp: instance.fcp)
      var place = 0
      for step in instance.steps { fill(&file, step, at: &place) }
      add(file)
      if let row, row.isDirectory { scope.enter(path, row.kind) }
    }
  }

  private mutating func path(
    of parameters: FileControlParameters, kind: FileTemplate.Kind?, in directory: [FileIdentifier], name: String
  ) -> [FileIdentifier]? {
    if kind == .mf { return [] }
    guard let identifier = parameters.fileIdentifier else {
      report("its file identifier is missing", .badValues, file: name)
      return nil
    }
    return (kind == .adf ? [] : directory) + [identifier]
  }

  /// The template's row, overlaid by the package's parameters.
  private mutating func parameters(
    row: FileTemplate?, fcp: Fcp?, name: String, below directory: [FileIdentifier]
  ) -> FileControlParameters? {
    var parameters = FileControlParameters()
    parameters.fileIdentifier = fcp?.fileID ?? row?.identifier
    parameters.dfName = fcp?.dfName ?? defaultName(row)
    if row?.kind == .adf, parameters.dfName == nil {
      report("its application identifier is missing", .badValues, file: name)
      return nil
    }
    parameters.descriptor = row.map(FileDescriptor.init)
    if let bytes = fcp?.fileDescriptor, !overlay(&parameters, descriptor: bytes, name: name) { return nil }
    overlay(&parameters, fcp: fcp, isMFLevel: directory.isEmpty || row?.kind == .adf || row?.kind == .mf, row: row)
    // An EF without tag 88 has the template's short identifier, or none.
    if parameters.descriptor?.structure != .directory, parameters.shortFileIdentifier == nil {
      parameters.shortFileIdentifier = row?.shortIdentifier.map { .number($0) } ?? ShortFileIdentifier.none
    }
    if row?.activity == .highUpdate, parameters.proprietary.specialFile == nil {
      parameters.proprietary.specialFile = 0x80
    }
    guard parameters.linkPath == nil, parameters.descriptor?.structure != .directory else { return parameters }
    return complete(parameters, row: row, name: name)
  }

  /// §8.2.1: an IoT minimal profile's USIM has the RID of 3GPP and the header's PIX.
  private func defaultName(_ row: FileTemplate?) -> AID? {
    guard row?.kind == .adf, let pix = package.header?.iotOptions?.pix else { return nil }
    return try? AID([0xA0, 0x00, 0x00, 0x00, 0x87] + pix)
  }

  /// Size and number of records, from the package or the template.
  private mutating func complete(
    _ parameters: FileControlParameters, row: FileTemplate?, name: String
  ) -> FileControlParameters? {
    var parameters = parameters
    guard let descriptor = parameters.descriptor else {
      report("its file descriptor is missing", .badValues, file: name)
      return nil
    }
    if descriptor.hasRecords {
      guard let length = descriptor.recordLength ?? row?.recordLength, length > 0 else {
        report("its record length is missing", .badValues, file: name)
        return nil
      }
      guard let size = parameters.fileSize ?? row?.recordCount.map({ $0 * length }) else {
        report("its size is missing", .badValues, file: name)
        return nil
      }
      guard size % length == 0, (1...254).contains(size / length) else {
        report("its size \(size) is not 1 to 254 records of \(length) bytes", .badValues, file: name)
        return nil
      }
      parameters.descriptor?.recordLength = length
      parameters.descriptor?.recordCount = size / length
      parameters.fileSize = size
    } else if parameters.fileSize == nil {
      parameters.fileSize = row?.size ?? (descriptor.structure == .berTLV ? 0 : nil)
      if parameters.fileSize == nil {
        report("its size is missing", .badValues, file: name)
        return nil
      }
    }
    return reserve(parameters.fileSize ?? 0, name: name) ? parameters : nil
  }
}

extension Template {
  /// What the profile gets where the package does not mention the file: nothing, unless the template creates its files
  /// by default and has contents for this one.
  fileprivate func defaultFile(_ row: FileTemplate?) -> File? {
    guard let row, ["mf", "usim", "isim", "csim", "iot"].contains(elementName), row.content != nil else { return nil }
    return row.size != nil || (row.recordCount != nil && row.recordLength != nil) ? File() : nil
  }
}

extension FileDescriptor {
  /// §9.1: all files of the templates are shareable.
  fileprivate init(_ row: FileTemplate) {
    switch row.kind {
    case .mf, .adf, .df: self.init(.directory)
    case .ef(let structure): self.init(structure, recordLength: row.recordLength, recordCount: row.recordCount)
    }
  }
}

extension File {
  /// One of the files that a field describes: each `fileDescriptor` but the first begins another.
  struct Instance {
    var fcp: Fcp?
    var isUnwanted = false
    var steps: [Step] = []
  }

  /// A step in filling a file.
  enum Step {
    case skip(Int)
    case write([UInt8])
  }

  var instances: [Instance] {
    var list = [Instance()]
    for item in items {
      switch item {
      case .doNotCreate: list[list.count - 1].isUnwanted = true
      case .fileDescriptor(let fcp):
        let last = list[list.count - 1]
        if last.fcp != nil || !last.steps.isEmpty { list.append(Instance()) }
        list[list.count - 1].fcp = fcp
      case .fillFileOffset(let offset): list[list.count - 1].steps.append(.skip(offset))
      case .fillFileContent(let content): list[list.count - 1].steps.append(.write(content))
      }
    }
    return list
  }
}
