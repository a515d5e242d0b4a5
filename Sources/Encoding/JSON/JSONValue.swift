/// A JSON value (RFC 8259).
public enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  /// A number as it is written; the reader of the field decides what range it may have.
  case number(String)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)
}

/// A JSON object: its members in the order in which they arrived, each name once.
public struct JSONObject: Sendable, Hashable {
  /// One name with its value.
  public struct Member: Sendable, Hashable {
    /// The member's name.
    public let name: String
    /// The member's value.
    public let value: JSONValue
  }

  /// The members in order.
  public private(set) var members: [Member] = []

  /// An empty object.
  public init() {}

  /// The value of `name`; nil where it is absent. Setting nil removes the member.
  public subscript(name: String) -> JSONValue? {
    get { members.first { $0.name == name }?.value }
    set {
      let index = members.firstIndex { $0.name == name }
      switch (index, newValue) {
      case (let index?, let value?): members[index] = Member(name: name, value: value)
      case (let index?, nil): members.remove(at: index)
      case (nil, let value?): members.append(Member(name: name, value: value))
      case (nil, nil): break
      }
    }
  }
}

/// Why bytes are not the JSON they should be.
public enum JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  /// No JSON at all: what is wrong and at which byte.
  case malformed(String, offset: Int)
  /// The member is absent.
  case missing(String)
  /// The member's value breaks the rule that the text gives.
  case invalid(String, String)

  public var description: String {
    switch self {
    case .malformed(let reason, let offset): "the JSON is malformed at byte \(offset): \(reason)"
    case .missing(let name): "\"\(name)\" is missing"
    case .invalid(let name, let reason): "\"\(name)\": \(reason)"
    }
  }
}
