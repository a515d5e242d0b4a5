import APDU
import UICC

/// An EF that a command works on, after the checks that all of them share.
struct CurrentFile {
  let files: FileSystem
  let number: FileNumber

  var node: FileNode { files.tree[number] }
  var content: [UInt8] { files.content(of: number) }
}

extension Exchange {
  /// The EF named by `shortIdentifier` in the current directory, which becomes the current EF, or the current EF.
  func currentFile(
    shortIdentifier: UInt8?, _ structures: Set<FileDescriptor.Structure>
  ) throws(StatusWordError) -> CurrentFile {
    guard channel.place == .files, let files = fileSystem else { throw StatusWordError(.noCurrentEF) }
    if let shortIdentifier, shortIdentifier != 0 {
      guard let file = files.tree.file(shortIdentifier: shortIdentifier, in: channel.directory) else {
        throw StatusWordError(.fileNotFound)
      }
      if channel.file != file { channel.selectFile(file) }
    }
    guard let file = channel.file else { throw StatusWordError(.noCurrentEF) }
    guard structures.contains(files.tree[file].structure) else { throw StatusWordError(.incompatibleFile) }
    return CurrentFile(files: files, number: file)
  }

  /// Refuses `operation` on the file with 6982 where its access rule does not allow it, with 6984 where the file is
  /// deactivated.
  func check(_ operation: AccessRule.Operation, on file: CurrentFile) throws(StatusWordError) {
    guard session.security.allows(operation, on: file.number, of: file.files) else {
      throw StatusWordError(.securityStatus)
    }
    switch file.files.lifeCycle(of: file.number) {
    case .deactivated:
      // ETSI TS 102 222 §6.3.2.2.1: special file information, b7: readable and updatable when deactivated.
      guard (file.node.parameters.proprietary.specialFile ?? 0) & 0x40 != 0 else {
        throw StatusWordError(.referencedDataInvalidated)
      }
    case .terminated: throw StatusWordError(.conditionsOfUse)
    case .notGiven, .creation, .initialisation, .activated: break
    }
  }
}
