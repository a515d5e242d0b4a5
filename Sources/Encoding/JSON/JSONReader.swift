/// Reads one JSON text, strictly: RFC 8259 without leniencies, each name once, nesting at most ``depthLimit``.
public struct JSONReader {
  /// How deep arrays and objects may nest.
  public static let depthLimit = 16

  private let bytes: [UInt8]
  private var position = 0

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The value that `bytes` is, all of them.
  public static func value(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
    var reader = JSONReader(bytes)
    let value = try reader.value(depth: 0)
    reader.skipSpace()
    guard reader.position == bytes.count else { throw reader.complaint("data follow the end") }
    return value
  }

  /// The object that `bytes` is, all of them.
  public static func object(_ bytes: [UInt8]) throws(JSONError) -> JSONObject {
    guard case .object(let object) = try value(bytes) else { throw .malformed("an object is wanted", offset: 0) }
    return object
  }

  private func complaint(_ reason: String) -> JSONError { .malformed(reason, offset: position) }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  /// The next byte that is no space, not consumed; 0 at the end.
  private mutating func peek() -> UInt8 {
    skipSpace()
    return position < bytes.count ? bytes[position] : 0
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(JSONError) {
    guard peek() == UInt8(ascii: character) else { throw complaint("\"\(character)\" is wanted") }
    position += 1
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    guard depth < Self.depthLimit else { throw complaint("values are nested too deeply") }
    switch peek() {
    case UInt8(ascii: "{"): return .object(try object(depth: depth))
    case UInt8(ascii: "["): return .array(try array(depth: depth))
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return .number(try number())
    }
  }

  private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
    let text = Array("\(word)".utf8)
    guard bytes[position...].starts(with: text) else { throw complaint("no value stands here") }
    position += text.count
    return value
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
    try expect("{")
    var object = JSONObject()
    var isFirst = true
    while peek() != UInt8(ascii: "}") {
      if !isFirst { try expect(",") }
      isFirst = false
      guard peek() == UInt8(ascii: "\"") else { throw complaint("a name is wanted") }
      let name = try string()
      guard object[name] == nil else { throw complaint("\"\(name)\" stands there twice") }
      guard object.members.count < 64 else { throw complaint("too many members") }
      try expect(":")
      object[name] = try value(depth: depth + 1)
    }
    try expect("}")
    return object
  }

  private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
    try expect("[")
    var array: [JSONValue] = []
    while peek() != UInt8(ascii: "]") {
      if !array.isEmpty { try expect(",") }
      array.append(try value(depth: depth + 1))
    }
    try expect("]")
    return array
  }

  private mutating func number() throws(JSONError) -> String {
    let start = position
    func digits() -> Int { bytes[position...].prefix { (0x30...0x39).contains($0) }.count }
    func at(_ characters: StaticString) -> Bool {
      position < bytes.count && "\(characters)".utf8.contains(bytes[position])
    }
    if at("-") { position += 1 }
    let whole = digits()
    // RFC 8259 §6: leading zeros are not allowed.
    guard whole > 0, !(whole > 1 && at("0")) else { throw complaint("no value stands here") }
    position += whole
    if at(".") {
      position += 1
      guard digits() > 0 else { throw complaint("a digit is wanted") }
      position += digits()
    }
    if at("eE") {
      position += 1
      if at("+-") { position += 1 }
      guard digits() > 0 else { throw complaint("a digit is wanted") }
      position += digits()
    }
    guard position - start <= 64 else { throw complaint("the number is too long") }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func string() throws(JSONError) -> String {
    position += 1
    let start = position
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { break }
      position += 1
    }
    guard position < bytes.count else { throw complaint("the text does not end") }
    if bytes[position] == UInt8(ascii: "\"") {
      defer { position += 1 }
      return try text(bytes[start..<position])
    }
    return try escapedString(Array(bytes[start..<position]))
  }

  private func text(_ bytes: some Collection<UInt8>) throws(JSONError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw complaint("the text is not UTF-8") }
    // RFC 8259 §7 lets it be written; no store keeps it, and to much that reads texts it is their end.
    guard !text.utf8.contains(0) else { throw complaint("a text holds U+0000") }
    return text
  }

  /// A text with escapes, whose first bytes are read already.
  private mutating func escapedString(_ begin: [UInt8]) throws(JSONError) -> String {
    var content = begin
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return try text(content)
      case UInt8(ascii: "\\"): content += Array(String(try escape()).utf8)
      case ..<0x20: throw complaint("a control character stands in a text")
      default: content.append(byte)
      }
    }
    throw complaint("the text does not end")
  }

  private mutating func escape() throws(JSONError) -> Unicode.Scalar {
    guard position < bytes.count else { throw complaint("the text does not end") }
    defer { position += 1 }
    switch bytes[position] {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let unit = try codeUnit()
      if let scalar = Unicode.Scalar(unit) { return scalar }
      // RFC 8259 §7: a character outside the basic plane is written as a surrogate pair.
      guard unit < 0xDC00, bytes[position...].dropFirst().starts(with: [0x5C, 0x75]) else {
        throw complaint("half a surrogate pair")
      }
      position += 2
      let low = try codeUnit()
      guard (0xDC00..<0xE000).contains(low),
        let scalar = Unicode.Scalar(0x10000 + (UInt32(unit) - 0xD800) << 10 + UInt32(low) - 0xDC00)
      else { throw complaint("half a surrogate pair") }
      return scalar
    default: throw complaint("an unknown escape")
    }
  }

  /// The four digits after the "u" at the position, which ends at the last of them.
  private mutating func codeUnit() throws(JSONError) -> UInt16 {
    let digits = bytes[position...].dropFirst().prefix(4)
    guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw complaint("four hexadecimal digits are wanted") }
    position += 4
    return unit
  }
}
