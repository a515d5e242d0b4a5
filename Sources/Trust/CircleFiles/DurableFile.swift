import Bytes
import Foundation

/// Files that are there as a whole or not at all, after a power cut too.
public enum DurableFile {
  /// Writes `bytes` to `path` beside the old file, makes them durable, and puts them in the old one's place; a secret
  /// file only its owner may read. Refused with ``CircleFilesError/cannotWrite(_:_:)``: then the old file stands.
  public static func write(_ bytes: [UInt8], to path: String, isSecret: Bool) throws(CircleFilesError) {
    let temporary = path + ".new"
    unlink(temporary)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, isSecret ? 0o600 : 0o644)
    guard descriptor >= 0 else { throw last(path) }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    do {
      try file.write(contentsOf: Data(bytes))
      try file.synchronize()
    } catch {
      unlink(temporary)
      throw .cannotWrite(path, error.localizedDescription)
    }
    guard rename(temporary, path) == 0 else { throw last(path) }
    // The new name is durable when its directory is.
    let folder = open(PathName.folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw last(path) }
    defer { close(folder) }
    guard fsync(folder) == 0 else { throw last(path) }
  }

  /// The same for a text.
  public static func write(_ text: String, to path: String, isSecret: Bool) throws(CircleFilesError) {
    try write(Array(text.utf8), to: path, isSecret: isSecret)
  }

  /// What the system complained about last.
  private static func last(_ path: String) -> CircleFilesError {
    .cannotWrite(path, String(cString: strerror(errno)))
  }
}
