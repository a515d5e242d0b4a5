/// Which element of a package is meant.
public struct ElementReference: Hashable, Sendable, CustomStringConvertible {
  /// The element's place, from 0.
  public let index: Int
  /// The element's name in the CHOICE.
  public let name: String
  /// The identification in its header.
  public let identification: Int?

  init(_ index: Int, _ element: any ProfileElement) {
    (self.index, name, identification) = (index, element.name, element.header?.identification)
  }

  /// "usim (element 7, identification 8)"
  public var description: String {
    "\(name) (element \(index + 1)\(identification.map { ", identification \($0)" } ?? ""))"
  }
}

/// Something about a package that somebody should know.
public struct Finding: Hashable, Sendable, CustomStringConvertible {
  /// How bad it is.
  public enum Severity: Int, Sendable, CaseIterable, Comparable {
    /// Worth knowing.
    case note
    /// Against the specification's advice, or likely to be a mistake; eUICCs install it.
    case warning
    /// Against the specification: an eUICC may refuse the profile, or the profile does not work.
    case error

    public static func < (a: Severity, b: Severity) -> Bool { a.rawValue < b.rawValue }
  }

  /// How bad it is.
  public internal(set) var severity: Severity
  /// The element; nil for the package as a whole.
  public let element: ElementReference?
  /// The file it is about: "EF.IMSI".
  public let file: String?
  /// One sentence, without its full stop.
  public let sentence: String
  /// What an eUICC would answer.
  public let status: PEStatus.Status

  /// "error: usim (element 7, identification 8): EF.IMSI: …"
  public var description: String {
    "\(severity): \(element.map { "\($0): " } ?? "")\(file.map { "\($0): " } ?? "")\(sentence)"
  }
}
