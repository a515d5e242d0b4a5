import TLV

/// A profile protected for one eUICC (SGP.22 §2.5.4).
///
/// ```
/// BoundProfilePackage ::= [54] SEQUENCE {                    -- BF36
///   initialiseSecureChannelRequest [35] InitialiseSecureChannelRequest,
///   firstSequenceOf87  [0] SEQUENCE OF [7] OCTET STRING,     -- ConfigureISDP
///   sequenceOf88       [1] SEQUENCE OF [8] OCTET STRING,     -- StoreMetadata, MACed only
///   secondSequenceOf87 [2] SEQUENCE OF [7] OCTET STRING OPTIONAL,   -- ReplaceSessionKeys
///   sequenceOf86       [3] SEQUENCE OF [6] OCTET STRING, ... }      -- the profile elements
/// ```
public struct BoundProfilePackage: TLVMessage, TLVSequence, Hashable {
  /// The key agreement, in the bytes that are signed.
  public let initialiseSecureChannelRequest: Verbatim<InitialiseSecureChannelRequest>
  /// Segments 87, each with tag and length.
  public let firstSequenceOf87: [[UInt8]]
  /// Segments 88, each with tag and length.
  public let sequenceOf88: [[UInt8]]
  /// Segments 87, each with tag and length; nil where the session keys stay.
  public let secondSequenceOf87: [[UInt8]]?
  /// Segments 86, each with tag and length.
  public let sequenceOf86: [[UInt8]]

  /// All fields.
  public init(
    initialiseSecureChannelRequest: Verbatim<InitialiseSecureChannelRequest>, firstSequenceOf87: [[UInt8]],
    sequenceOf88: [[UInt8]], secondSequenceOf87: [[UInt8]]?, sequenceOf86: [[UInt8]]
  ) {
    self.initialiseSecureChannelRequest = initialiseSecureChannelRequest
    (self.firstSequenceOf87, self.sequenceOf88) = (firstSequenceOf87, sequenceOf88)
    (self.secondSequenceOf87, self.sequenceOf86) = (secondSequenceOf87, sequenceOf86)
  }

  public static let tag: TLVTag = 0xBF36
  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    initialiseSecureChannelRequest = try reader.read(InitialiseSecureChannelRequest.tag)
    firstSequenceOf87 = try Self.segments(0x87, of: try reader.element(0xA0))
    sequenceOf88 = try Self.segments(0x88, of: try reader.element(0xA1))
    if let second = try reader.elementIfPresent(0xA2) {
      secondSequenceOf87 = try Self.segments(0x87, of: second)
    } else {
      secondSequenceOf87 = nil
    }
    sequenceOf86 = try Self.segments(0x86, of: try reader.element(0xA3))
  }

  private static func segments(_ tag: TLVTag, of element: TLVElement) throws(TLVError) -> [[UInt8]] {
    var reader = try element.reader()
    var segments: [[UInt8]] = []
    while !reader.isAtEnd { segments.append(Array(try reader.element(tag).encoded)) }
    return segments
  }

  public func encodeFields(to writer: inout TLVWriter) {
    func write(_ tag: TLVTag, _ segments: [[UInt8]]) {
      writer.append(tag)
      writer.appendLength(segments.reduce(0) { $0 + $1.count })
      for segment in segments { writer.append(encoded: segment) }
    }
    writer.write(InitialiseSecureChannelRequest.tag, initialiseSecureChannelRequest)
    write(0xA0, firstSequenceOf87)
    write(0xA1, sequenceOf88)
    if let secondSequenceOf87 { write(0xA2, secondSequenceOf87) }
    write(0xA3, sequenceOf86)
  }
}

extension Verbatim where Value == BoundProfilePackage {
  /// SGP.22 §2.5.5: the pieces in which the device gives the package to the eUICC, each its own ES10b command: the
  /// package's header with BF23, A0 whole, A1's header, each 88, A2 whole if present, A3's header, each 86.
  public var segments: [[UInt8]] {
    guard let package = try? TLVElement(encoded), let fields = try? package.children() else { return [] }
    let header = Array(encoded.prefix(package.encoded.count - package.content.count))
    var segments: [[UInt8]] = []
    for field in fields {
      switch field.tag {
      case InitialiseSecureChannelRequest.tag: segments.append(header + field.encoded)
      case 0xA1, 0xA3:
        segments.append(Array(field.encoded.prefix(field.encoded.count - field.content.count)))
        segments += ((try? field.children()) ?? []).map { Array($0.encoded) }
      default: segments.append(Array(field.encoded))
      }
    }
    return segments
  }
}
