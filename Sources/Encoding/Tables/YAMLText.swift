import Yams

/// Reads YAML that a person wrote.
public enum YAMLText {
  /// Why a text cannot be read: where, and what is wrong.
  public struct Unreadable: Error, Hashable, CustomStringConvertible {
    public let description: String
  }

  /// The most nodes that a text may have when its aliases are written out: a short text may stand for 10^9 of them.
  private static let mostNodes = 100_000

  /// The document as nodes; nil where there is none. Refused where it is no YAML, or stands for more than it has room for.
  public static func node(_ text: String) throws(Unreadable) -> Node? {
    let node = try document(text)
    var left = mostNodes
    if let node { count(node, &left) }
    guard left > 0 else { throw Unreadable(description: "its aliases stand for more than \(mostNodes) values") }
    return node
  }

  /// The mappings of a list, or why one of them cannot be read; nil where the text is no list.
  ///
  /// Scalars stay as they are written: to a reader of YAML's numbers an IMSI would lose its zeros and a key its digits.
  public static func mappings(_ text: String) throws(Unreadable) -> [Result<[String: String], CSVText.Unreadable>]? {
    guard case .sequence(let list) = try document(text) else { return nil }
    return list.map { node in Result { () throws(CSVText.Unreadable) in try columns(node) } }
  }

  private static func document(_ text: String) throws(Unreadable) -> Node? {
    do { return try Yams.compose(yaml: text) } catch {
      // The lines after the second show the place in the text itself.
      let words = "\(error)".split(separator: "\n").prefix(2).joined(separator: ", ")
      throw Unreadable(description: words.hasSuffix(":") ? String(words.dropLast()) : words)
    }
  }

  private static func count(_ node: Node, _ left: inout Int) {
    left -= 1
    guard left > 0 else { return }
    switch node {
    case .sequence(let list): for item in list where left > 0 { count(item, &left) }
    case .mapping(let pairs):
      for (key, value) in pairs where left > 0 {
        count(key, &left)
        count(value, &left)
      }
    default: return
    }
  }

  private static func columns(_ node: Node) throws(CSVText.Unreadable) -> [String: String] {
    guard let mapping = node.mapping else {
      throw CSVText.Unreadable(description: "it is no mapping of names to values")
    }
    var row: [String: String] = [:]
    for (key, value) in mapping {
      guard let name = key.scalar?.string else { throw CSVText.Unreadable(description: "a name in it is no text") }
      guard let text = value.scalar?.string else {
        throw CSVText.Unreadable(description: "\(name): neither text nor a number")
      }
      row[name] = text
    }
    return row
  }
}
