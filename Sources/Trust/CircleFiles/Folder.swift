import Bytes
import Foundation

/// Makes directories.
public enum Folder {
  /// Makes `path` with whatever is missing above it; one that is there stays as it is. A private one is for its owner
  /// alone. Refused with ``CircleFilesError/cannotMake(_:_:)``.
  public static func make(_ path: String, isPrivate: Bool = false) throws(CircleFilesError) {
    let above = PathName.folder(of: path)
    if above != path, !FileManager.default.fileExists(atPath: above) { try make(above) }
    guard mkdir(path, isPrivate ? 0o700 : 0o777) != 0 else { return }
    let reason = errno
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue { return }
    throw .cannotMake(path, String(cString: strerror(reason)))
  }
}
