import UICC

/// What stands where in a file system's area of the memory.
enum FileSystemItem {
  /// The structure: ``FileTree``.
  case tree
  /// An EF's body, where it differs from what the file was filled with at creation.
  case content(FileNumber)
  /// A file's life cycle status, where it differs from the one at creation.
  case lifeCycle(FileNumber)
  /// A PIN of a directory.
  case pin(FileNumber, PINReference)
  /// An unblocking code of a directory.
  case puk(FileNumber, PINReference)
  /// An ADF's authentication parameters.
  case authentication(FileNumber)
  /// What an application keeps with an ADF: sequence numbers, say.
  case applicationState(FileNumber, UInt8)
  /// What the maker of the file system keeps with it.
  case attachment(UInt32)

  /// The item's number: kind in the first byte.
  var number: UInt32 {
    switch self {
    case .tree: 0
    case .content(let file): 0x0100_0000 | UInt32(file.rawValue)
    case .lifeCycle(let file): 0x0200_0000 | UInt32(file.rawValue)
    case .pin(let file, let reference): 0x0300_0000 | UInt32(file.rawValue) << 8 | UInt32(reference.rawValue)
    case .puk(let file, let reference): 0x0400_0000 | UInt32(file.rawValue) << 8 | UInt32(reference.rawValue)
    case .authentication(let file): 0x0500_0000 | UInt32(file.rawValue)
    case .applicationState(let file, let number): 0x0600_0000 | UInt32(file.rawValue) << 8 | UInt32(number)
    case .attachment(let number): 0x0700_0000 | number & 0xFF_FFFF
    }
  }
}
