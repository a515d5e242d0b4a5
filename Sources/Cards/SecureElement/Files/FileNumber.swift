/// A file's place in its file system's list: the MF is 0, others follow in the order of their creation.
public struct FileNumber: Hashable, Comparable, Sendable {
  /// The place, from 0.
  public let rawValue: UInt16

  init(_ index: Int) { rawValue = UInt16(truncatingIfNeeded: index) }

  /// The master file.
  public static let mf = FileNumber(0)

  var index: Int { Int(rawValue) }

  public static func < (a: FileNumber, b: FileNumber) -> Bool { a.rawValue < b.rawValue }
}
