/// The parts of a file's path, as dirname(1) and basename(1) tell them: Foundation's own traps on a path of one letter.
public enum PathName {
  /// The directory that the file is in: "." where the path names none.
  public static func folder(of path: String) -> String {
    let whole = trimmed(path)
    guard !whole.isEmpty || path.isEmpty else { return "/" }
    guard let slash = whole.lastIndex(of: "/") else { return "." }
    let folder = trimmed(whole[..<slash])
    return folder.isEmpty ? "/" : String(folder)
  }

  /// The file's own name, without the directory; "/" where that is all there is.
  public static func last(of path: String) -> String {
    let whole = trimmed(path)
    guard !whole.isEmpty else { return path.isEmpty ? "" : "/" }
    return String(whole.lastIndex(of: "/").map { whole[whole.index(after: $0)...] } ?? whole[...])
  }

  /// The path without the slashes at its end.
  private static func trimmed(_ path: some StringProtocol) -> Substring {
    var rest = Substring(path)
    while rest.last == "/" { rest.removeLast() }
    return rest
  }
}
