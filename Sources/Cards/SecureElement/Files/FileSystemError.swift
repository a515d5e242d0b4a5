import UICC

/// Why a file system cannot be made as asked.
public enum FileSystemError: Error, Hashable, CustomStringConvertible {
  /// There is no MF yet, or there is one already.
  case masterFile
  /// The directory has a file with this identifier already.
  case duplicate(FileIdentifier)
  /// Another ADF has this application identifier.
  case duplicateApplication(String)
  /// No file stands at this path.
  case notFound([FileIdentifier])
  /// A directory was asked for an EF's deed, or the other way round.
  case wrongKind(FileIdentifier)
  /// Something is missing or wrong in the file's parameters; the text says what.
  case parameters(FileIdentifier, String)
  /// Contents reach beyond the file's end.
  case tooLong(FileIdentifier)
  /// More than 4,096 files.
  case tooManyFiles

  public var description: String {
    switch self {
    case .masterFile: "a file system has one MF, which is created first"
    case .duplicate(let file): "the file \(file) exists already in its directory"
    case .duplicateApplication(let aid): "an application \(aid) exists already"
    case .notFound(let path): "no file at \(path.map(\.description).joined(separator: "/"))"
    case .wrongKind(let file): "the file \(file) is of another kind"
    case .parameters(let file, let reason): "file \(file): \(reason)"
    case .tooLong(let file): "the contents of file \(file) are longer than the file"
    case .tooManyFiles: "too many files"
    }
  }
}
