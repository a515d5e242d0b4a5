import Bytes
import TLV
import UICC

/// Files without a template (§8.3.5).
extension Resolver {
  mutating func resolve(_ management: PE.GenericFileManagement) {
    // §8.3.5: the MF is selected at first.
    var directory: [FileIdentifier] = []
    var selected: [FileIdentifier]?
    var place = 0
    for command in management.fileManagementCMD {
      for item in command.items {
        switch item {
        case .filePath(let bytes):
          guard let path = path(bytes) else {
            return report("there is no file at \(bytes.hex)", .badValues, file: bytes.hex)
          }
          let isEF = profile.file(path)?.isDirectory == false
          (directory, selected, place) = (isEF ? Array(path.dropLast()) : path, isEF ? path : nil, 0)
        case .createFCP(let fcp):
          guard let path = create(fcp, in: directory) else { continue }
          // §8.3.5: a DF or ADF is selected by its creation, and no EF then is; an EF becomes the current EF.
          let isEF = profile.file(path)?.isDirectory == false
          (directory, selected, place) = (isEF ? directory : path, isEF ? path : nil, 0)
        case .fillFileOffset(let offset): place += offset
        case .fillFileContent(let content):
          guard let path = selected, let index = profile.places[path] else {
            report("contents are given where no EF is selected", .badValues)
            continue
          }
          var file = profile.files[index]
          fill(&file, .write(content), at: &place)
          profile.files[index] = file
        }
      }
    }
  }

  private mutating func create(_ fcp: Fcp, in directory: [FileIdentifier]) -> [FileIdentifier]? {
    guard let identifier = fcp.fileID else {
      report("a file identifier is missing", .badValues)
      return nil
    }
    let name = KnownFiles.name(identifier, in: parent(directory)) ?? identifier.description
    var parameters = FileControlParameters(fileIdentifier: identifier, dfName: fcp.dfName)
    guard let descriptor = fcp.fileDescriptor else {
      report("its file descriptor is missing", .badValues, file: name)
      return nil
    }
    guard overlay(&parameters, descriptor: descriptor, name: name) else { return nil }
    let isMF = identifier == .mf
    overlay(&parameters, fcp: fcp, isMFLevel: directory.isEmpty || isMF || fcp.dfName != nil, row: nil)
    guard isMF || profile.places[[]] != nil else {
      report("it comes before the MF", .invalidRequestFormat, file: name)
      return nil
    }
    guard parameters.linkPath != nil || checkSize(&parameters, name: name) else { return nil }
    let path = isMF ? [] : (fcp.dfName == nil ? directory : []) + [identifier]
    var file = ResolvedFile(element: element, name: name, path: path, parameters: parameters)
    file.contents = initialContents(of: file, row: nil, fcp: fcp)
    let count = profile.files.count
    add(file)
    return profile.files.count > count ? path : nil
  }

  /// What kind of directory stands at `path`.
  private func parent(_ path: [FileIdentifier]) -> KnownFiles.Parent {
    guard let last = path.last, let directory = profile.file(path) else { return .root("mf") }
    return directory.parameters.dfName == nil ? .directory(last) : .root(directory.element.name)
  }

  /// §8.3.5: the size of an EF is mandatory.
  private mutating func checkSize(_ parameters: inout FileControlParameters, name: String) -> Bool {
    guard let descriptor = parameters.descriptor, descriptor.structure != .directory else { return true }
    guard let size = parameters.fileSize else {
      if descriptor.structure == .berTLV { return true }
      report("its size is missing", .badValues, file: name)
      return false
    }
    guard let length = descriptor.recordLength else { return reserve(size, name: name) }
    guard size % length == 0, (1...254).contains(size / length) else {
      report("its size \(size) is not 1 to 254 records of \(length) bytes", .badValues, file: name)
      return false
    }
    parameters.descriptor?.recordCount = size / length
    return reserve(size, name: name)
  }
}
