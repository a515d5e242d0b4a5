extension JSONObject {
  /// The longest text that a field may have unless it says otherwise, in bytes.
  public static let textLimit = 1024

  /// A text that must be there.
  public func text(_ name: String, atMost limit: Int = textLimit) throws(JSONError) -> String {
    guard let text = try textIfPresent(name, atMost: limit) else { throw .missing(name) }
    return text
  }

  /// A text; nil where it is absent or null.
  public func textIfPresent(_ name: String, atMost limit: Int = textLimit) throws(JSONError) -> String? {
    switch self[name] {
    case nil, .null: return nil
    case .string(let text) where text.utf8.count <= limit: return text
    case .string: throw .invalid(name, "the text is longer than \(limit) bytes")
    default: throw .invalid(name, "a text is wanted")
    }
  }

  /// Bytes in base 64 that must be there.
  public func bytes(_ name: String) throws(JSONError) -> [UInt8] {
    guard let bytes = try bytesIfPresent(name) else { throw .missing(name) }
    return bytes
  }

  /// Bytes in base 64; nil where they are absent or null.
  public func bytesIfPresent(_ name: String) throws(JSONError) -> [UInt8]? {
    guard let text = try textIfPresent(name, atMost: .max) else { return nil }
    guard let bytes = Base64.decode(text) else { throw .invalid(name, "the text is not base 64") }
    return bytes
  }

  /// A truth value that must be there.
  public func bool(_ name: String) throws(JSONError) -> Bool {
    switch self[name] {
    case nil, .null: throw .missing(name)
    case .bool(let value): return value
    default: throw .invalid(name, "true or false is wanted")
    }
  }

  /// A whole number that must be there; some peers write it as a text.
  public func integer(_ name: String) throws(JSONError) -> Int {
    switch self[name] {
    case nil, .null: throw .missing(name)
    case .number(let text), .string(let text):
      guard let value = Int(text) else { throw .invalid(name, "a whole number is wanted") }
      return value
    default: throw .invalid(name, "a whole number is wanted")
    }
  }

  /// An object that must be there.
  public func object(_ name: String) throws(JSONError) -> JSONObject {
    guard let object = try objectIfPresent(name) else { throw .missing(name) }
    return object
  }

  /// An object; nil where it is absent or null.
  public func objectIfPresent(_ name: String) throws(JSONError) -> JSONObject? {
    switch self[name] {
    case nil, .null: return nil
    case .object(let object): return object
    default: throw .invalid(name, "an object is wanted")
    }
  }

  /// A list of objects that must be there.
  public func objects(_ name: String) throws(JSONError) -> [JSONObject] {
    switch self[name] {
    case nil, .null: throw .missing(name)
    case .array(let values):
      var objects: [JSONObject] = []
      for value in values {
        guard case .object(let object) = value else { throw .invalid(name, "a list of objects is wanted") }
        objects.append(object)
      }
      return objects
    default: throw .invalid(name, "a list is wanted")
    }
  }

  // MARK: Writing

  /// Sets a text, or nothing.
  public mutating func set(_ name: String, _ text: String?) { self[name] = text.map { .string($0) } }

  /// Sets bytes in base 64, or nothing.
  public mutating func set(_ name: String, base64 bytes: [UInt8]?) {
    self[name] = bytes.map { .string(Base64.encode($0)) }
  }

  /// Sets an object, or nothing.
  public mutating func set(_ name: String, _ object: JSONObject?) { self[name] = object.map { .object($0) } }
}
