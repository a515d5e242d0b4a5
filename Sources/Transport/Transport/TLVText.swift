import Bytes
import TLV

/// TLVs as an indented tree, for logs that people read.
public struct TLVText: Sendable {
  /// Names for tags of the outermost level: 0xBF38 is "AuthenticateServer".
  public var names: [TLVTag: String]
  /// A value longer than this is cut, in bytes.
  public var valueLimit = 48

  /// A writer that knows the given names.
  public init(names: [TLVTag: String] = [:]) { self.names = names }

  /// The tree of the TLVs that `bytes` are, or their hexadecimal digits where they are none.
  public func tree(_ bytes: [UInt8]) -> String {
    guard !bytes.isEmpty else { return "" }
    guard let elements = Self.elements(bytes[...]) else { return hex(bytes) + "\n" }
    var lines: [String] = []
    for element in elements { append(element, indent: 0, to: &lines) }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The name of the first element.
  public func name(_ bytes: [UInt8]) -> String? { TLVReader(bytes).nextTag.flatMap { names[$0] } }

  private func append(_ element: TLVElement, indent: Int, to lines: inout [String]) {
    let name = indent == 0 ? names[element.tag].map { " \($0)" } ?? "" : ""
    let head = String(repeating: "  ", count: indent) + "\(element.tag)\(name)"
    // A certificate is a line, not a page.
    let isLarge = element.tag == .sequence && element.content.count > 300
    if element.tag.isConstructed, !isLarge, indent < 8, let children = try? element.children() {
      lines.append(head)
      for child in children { append(child, indent: indent + 1, to: &lines) }
    } else {
      lines.append("\(head) \(value(element))")
    }
  }

  private func value(_ element: TLVElement) -> String {
    let text = String(validating: element.content, as: UTF8.self)
    if let text, text.utf8.count >= 4, text.unicodeScalars.allSatisfy({ $0.properties.isPrintable }) {
      return "\"\(text)\""
    }
    return hex(element.content)
  }

  private func hex(_ bytes: some Collection<UInt8>) -> String {
    bytes.count <= valueLimit ? bytes.hex : "\(bytes.prefix(valueLimit).hex)… (\(bytes.count) bytes)"
  }

  private static func elements(_ bytes: ArraySlice<UInt8>) -> [TLVElement]? {
    var reader = TLVReader(bytes)
    var elements: [TLVElement] = []
    while !reader.isAtEnd {
      guard let element = try? reader.element() else { return nil }
      elements.append(element)
    }
    return elements
  }
}

extension Unicode.Scalar.Properties {
  fileprivate var isPrintable: Bool {
    switch generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
    default: true
    }
  }
}
