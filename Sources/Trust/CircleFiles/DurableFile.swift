import Foundation

/// Files that are there as a whole or not at all, after a power cut too.
enum DurableFile {
  /// Writes `text` to `path` beside the old file, makes it durable, and puts it in the old one's place.
  static func write(_ text: String, to path: String, isSecret: Bool) throws(CircleFilesError) {
    let temporary = path + ".new"
    unlink(temporary)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL, isSecret ? 0o600 : 0o644)
    guard descriptor >= 0 else { throw .cannotWrite(path, String(cString: strerror(errno))) }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    do {
      try file.write(contentsOf: Data(text.utf8))
      try file.synchronize()
    } catch { throw .cannotWrite(path, "\(error)") }
    guard rename(temporary, path) == 0 else { throw .cannotWrite(path, String(cString: strerror(errno))) }
    let folder = open((path as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY)
    guard folder >= 0 else { throw .cannotWrite(path, String(cString: strerror(errno))) }
    defer { close(folder) }
    guard fsync(folder) == 0 else { throw .cannotWrite(path, String(cString: strerror(errno))) }
  }
}
