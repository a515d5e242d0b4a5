import Bytes

/// A frame of the IPA multiplex, which carries GSUP and CTRL over TCP: length (2 bytes, without header), stream, payload.
public struct IPAFrame: Hashable, Sendable {
  /// Bytes before the payload.
  public static let headerLength = 3
  /// The longest payload that is taken; the longest GSUP message is far below.
  public static let payloadLimit = 4096

  /// Which protocol a frame belongs to.
  public enum Stream: Hashable, Sendable {
    /// FE: the multiplex's own messages.
    case connection
    /// EE 05
    case gsup
    /// EE 00
    case control
    /// Anything else.
    case other(UInt8)
  }

  public let stream: Stream
  public let payload: [UInt8]

  /// A frame.
  public init(_ stream: Stream, _ payload: [UInt8]) { (self.stream, self.payload) = (stream, payload) }

  /// The whole frame's length that a header announces; nil where it is no header or the payload is too long.
  public static func length(header: [UInt8]) -> Int? {
    guard header.count >= headerLength else { return nil }
    let length = Int(header[0]) << 8 | Int(header[1])
    return length <= payloadLimit ? headerLength + length : nil
  }

  /// The frame in bytes, header included; nil where they are no whole frame.
  public init?(bytes: [UInt8]) {
    guard Self.length(header: bytes) == bytes.count else { return nil }
    switch (bytes[2], bytes.dropFirst(3).first) {
    case (0xFE, _): self.init(.connection, Array(bytes.dropFirst(3)))
    case (0xEE, 0x05): self.init(.gsup, Array(bytes.dropFirst(4)))
    case (0xEE, 0x00): self.init(.control, Array(bytes.dropFirst(4)))
    default: self.init(.other(bytes[2]), Array(bytes.dropFirst(3)))
    }
  }

  /// The frame as it is sent.
  public var bytes: [UInt8] {
    let begin: [UInt8] =
      switch stream {
      case .connection: [0xFE]
      case .gsup: [0xEE, 0x05]
      case .control: [0xEE, 0x00]
      case .other(let stream): [stream]
      }
    return UInt16(clamping: begin.count - 1 + payload.count).bigEndianBytes + begin + payload
  }
}

/// The multiplex's own messages: who is there, and who is still there.
public enum IPAConnectionMessage: Hashable, Sendable {
  case ping
  case pong
  /// Asks who the other side is.
  case identityRequest
  /// Says who this side is, by tag: 0 serial number, 1 unit name.
  case identityResponse([UInt8: String])
  case identityAcknowledgement

  /// The message of a payload; nil where it is none of these.
  public init?(payload: [UInt8]) {
    switch payload.first {
    case 0x00: self = .ping
    case 0x01: self = .pong
    case 0x04: self = .identityRequest
    case 0x05:
      guard let fields = Self.fields(payload.dropFirst()) else { return nil }
      self = .identityResponse(fields)
    case 0x06: self = .identityAcknowledgement
    default: return nil
    }
  }

  /// The message as a payload.
  public var payload: [UInt8] {
    switch self {
    case .ping: [0x00]
    case .pong: [0x01]
    // Each tag that is asked for stands behind its length: unit, MAC, locations, versions, name, serial number.
    case .identityRequest: [0x04] + [8, 7, 2, 3, 4, 5, 1, 0].flatMap { [0x01, $0] }
    case .identityResponse(let fields): [0x05] + fields.sorted { $0.key < $1.key }.flatMap(Self.field)
    case .identityAcknowledgement: [0x06]
    }
  }

  /// What the other side is called: its serial number, else its unit name; nil where it has neither.
  public var peerName: String? {
    guard case .identityResponse(let fields) = self else { return nil }
    return [0, 1].compactMap { fields[$0] }.first { !$0.isEmpty }
  }

  /// A tag with its text, which ends with a zero byte.
  private static func field(_ tag: UInt8, _ text: String) -> [UInt8] {
    let value: [UInt8] = [tag] + Array(text.utf8) + [0]
    return UInt16(clamping: value.count).bigEndianBytes + value
  }

  private static func fields(_ bytes: ArraySlice<UInt8>) -> [UInt8: String]? {
    var (rest, fields) = (bytes, [UInt8: String]())
    while !rest.isEmpty {
      guard let length = UInt16(bigEndian: rest.prefix(2)), rest.count >= 3, length >= 1, rest.count >= 2 + Int(length)
      else { return nil }
      let field = rest.dropFirst(2).prefix(Int(length))
      let text = field.dropFirst().prefix { $0 != 0 }
      guard text.count <= 255, text.allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
      if let tag = field.first { fields[tag] = String(decoding: text, as: UTF8.self) }
      rest = rest.dropFirst(2 + Int(length))
    }
    return fields
  }
}
