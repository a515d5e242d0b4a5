import Foundation

/// Reads files that a person names.
enum InputFile {
  /// The longest table of orders or SIMs that is read, in bytes: over a million rows.
  static let longestTable = 256 << 20

  /// The contents of `file`, a pipe's too, of at most `limit` bytes; what is in the way is said in a sentence.
  static func bytes(_ file: String, limit: Int = 16 << 20) throws -> [UInt8] {
    guard !file.isEmpty else { throw Complaint(.noInput, "The name of a file is empty.", remedy: "Name a file.") }
    let descriptor = open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(file, errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw unreadable(file, errno) }
    // One byte more than may be tells a file that is too long, also where it does not say how long it is.
    var contents: [UInt8] = []
    while Int(status.st_size) <= limit, contents.count <= limit {
      let wanted = min(1 << 20, limit + 1 - contents.count)
      var count = 0
      contents += [UInt8](unsafeUninitializedCapacity: wanted) {
        count = read(descriptor, $0.baseAddress, wanted)
        $1 = max(count, 0)
      }
      guard count >= 0 else { throw unreadable(file, errno) }
      guard count > 0 else { break }
    }
    guard Int(status.st_size) <= limit, contents.count <= limit else {
      throw Complaint(.data, "\(file) is longer than \(limit >> 20) MiB.", remedy: "Divide it, or name another file.")
    }
    return contents
  }

  /// The same as text.
  static func text(_ file: String, limit: Int = 16 << 20) throws -> String {
    guard let text = String(validating: try bytes(file, limit: limit), as: UTF8.self) else {
      throw Complaint(.data, "\(file) is not UTF-8 text.", remedy: "Save it as UTF-8.")
    }
    return text
  }

  private static func unreadable(_ file: String, _ code: Int32) -> Complaint {
    switch code {
    case ENOENT, ENOTDIR: Complaint(.noInput, "\(file) cannot be read: there is no such file.")
    case EISDIR: Complaint(.noInput, "\(file) cannot be read: it is a directory.")
    case ENAMETOOLONG: Complaint(.noInput, "\(file) cannot be read: no file has so long a name.")
    default: Complaint(.noPermission, "\(file) cannot be read: \(String(cString: strerror(code))).")
    }
  }
}
