import Bytes
import TLV
import UICC

/// What files by a template and files without one have in common.
extension Resolver {
  /// Puts the package's file descriptor (tag 82) over the template's.
  mutating func overlay(_ parameters: inout FileControlParameters, descriptor bytes: [UInt8], name: String) -> Bool {
    do {
      var descriptor = try FileDescriptor(TLVElement([0x82, UInt8(clamping: bytes.count)] + bytes))
      descriptor.recordCount = descriptor.recordCount ?? parameters.descriptor?.recordCount
      parameters.descriptor = descriptor
      return true
    } catch {
      report("its file descriptor \(bytes.hex) is malformed", .badValues, file: name)
      return false
    }
  }

  /// Puts the package's other parameters over the template's.
  mutating func overlay(_ parameters: inout FileControlParameters, fcp: Fcp?, isMFLevel: Bool, row: FileTemplate?) {
    // §8.3.2: 2F06 is implied for ADFs, the MF and the files directly below it, 6F06 for all others.
    let implied: FileIdentifier = isMFLevel ? .accessRules : .localAccessRules
    if let bytes = fcp?.securityAttributesReferenced, let record = bytes.last {
      let file = FileIdentifier(bytes.dropLast()) ?? implied
      parameters.security = .referenced(AccessRuleReference(file: file, record: record))
    } else if let record = row?.accessRule {
      parameters.security = .referenced(AccessRuleReference(file: implied, record: record))
    }
    parameters.lifeCycle = fcp?.lcsi.flatMap { $0.first }.flatMap(LifeCycleStatus.init(byte:)) ?? .activated
    parameters.fileSize = fcp?.fileSize
    switch fcp?.shortEFID?.first {
    case let byte?: parameters.shortFileIdentifier = byte >> 3 == 0 ? ShortFileIdentifier.none : .number(byte >> 3)
    case nil: if fcp?.shortEFID != nil { parameters.shortFileIdentifier = ShortFileIdentifier.none }
    }
    if let references = fcp?.pinStatusTemplateDO {
      parameters.pinStatus = PINStatusTemplate(references.map { .init(PINReference(rawValue: $0)) })
    }
    if let path = fcp?.linkPath.flatMap(FileIdentifier.path), !path.isEmpty { parameters.linkPath = path }
    guard let info = fcp?.proprietaryEFInfo else { return }
    parameters.proprietary = ProprietaryInformation(
      fileDetails: info.fileDetails?.first, maximumFileSize: info.maximumFileSize.flatMap { Int(bigEndian: $0) },
      specialFile: info.specialFileInformation?.first)
  }

  /// What the file holds before the package writes into it.
  func initialContents(of file: ResolvedFile, row: FileTemplate?, fcp: Fcp?) -> [UInt8] {
    guard !file.isDirectory, !file.isLink, file.parameters.descriptor?.structure != .berTLV,
      let size = file.parameters.fileSize
    else { return [] }
    // §8.3.3: a pattern of the package overwrites the template's contents completely; without one the template's
    // holds.
    let content: FileTemplate.Content
    if let pattern = fcp?.proprietaryEFInfo?.fillPattern {
      content = .fill(head: pattern, tail: [])
    } else if let pattern = fcp?.proprietaryEFInfo?.repeatPattern {
      content = .repetition(pattern)
    } else {
      content = row?.content ?? .fill(head: [0xFF], tail: [])
    }
    guard let length = file.recordLength, length > 0 else { return content.expanded(to: size) }
    let record = content.expanded(to: length)
    return (0..<size / length).flatMap { _ in record }
  }

  /// Writes into the file, or moves the place where the next contents go.
  ///
  /// §8.3.5: contents go to the current `fillFileOffset` pointer, which then stands behind them.
  mutating func fill(_ file: inout ResolvedFile, _ step: File.Step, at place: inout Int) {
    switch step {
    case .skip(let count): place += count
    case .write(let content):
      guard !file.isDirectory, !file.isLink else {
        return report("contents are given for a directory or a link", .badValues, file: file.name)
      }
      if file.parameters.descriptor?.structure == .berTLV {
        // §8.3.2: all TLVs are concatenated, fillFileOffset is not used.
        file.contents += content
        let limit = max(file.parameters.fileSize ?? 0, file.parameters.proprietary.maximumFileSize ?? 0)
        if limit > 0, file.contents.count > limit {
          report("its contents of \(file.contents.count) bytes exceed its \(limit)", .badValues, file: file.name)
        }
        return
      }
      guard place + content.count <= file.contents.count else {
        return report(
          "its contents reach to byte \(place + content.count) of \(file.contents.count)", .badValues, file: file.name)
      }
      file.contents.replaceSubrange(place..<place + content.count, with: content)
      place += content.count
    }
  }
}
