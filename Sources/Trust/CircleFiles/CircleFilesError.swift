/// Why a circle's directory cannot be read or changed: what is wrong, where, and what to do.
public enum CircleFilesError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file system does not let a file be written, or read.
  case cannotWrite(String, String)
  case cannotRead(String, String)
  /// The file system does not let a directory be made.
  case cannotMake(String, String)
  /// A file holds something else than it should.
  case damaged(String, String)
  case nothingThere(String)
  case alreadyThere(String)
  case noAuthority(String)
  case refused(String)

  public var description: String {
    switch self {
    case .cannotWrite(let path, let why): "\(path) cannot be written: \(why)."
    case .cannotMake(let path, let why): "\(path) cannot be made: \(why). Take another directory."
    case .cannotRead(let path, let why), .damaged(let path, let why): "\(path) cannot be read: \(why)."
    case .nothingThere(let what): "\(what) is not in this circle; `simurgh ca show` lists what is."
    case .alreadyThere(let path): "\(path) is there already; nothing was changed. Take another name or directory."
    case .noAuthority(let what): "This circle has no private key of \(what), so it cannot sign for it."
    case .refused(let why): "Not issued: \(why)."
    }
  }
}
