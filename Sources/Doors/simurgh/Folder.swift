import Foundation

/// Makes directories.
enum Folder {
  /// Makes `path` with whatever is missing above it; one that is there stays as it is. A private one is for its owner
  /// alone.
  static func make(_ path: String, isPrivate: Bool = false) throws {
    let above = (path as NSString).deletingLastPathComponent
    if !above.isEmpty, above != path, !FileManager.default.fileExists(atPath: above) { try make(above) }
    guard mkdir(path, isPrivate ? 0o700 : 0o777) != 0 else { return }
    let reason = errno
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue { return }
    throw Complaint(
      .noPermission, "\(path) cannot be made: \(String(cString: strerror(reason))).", remedy: "Take another directory.")
  }
}
