import TLV

/// What ETSI leaves to the file: tag A5 (ETSI TS 102 221 §11.1.1.4.6, TS 102 222 §6.3.2.2.1).
public struct ProprietaryInformation: TLVContent, Hashable {
  /// 80: UICC characteristics (clock stop, supply voltages); in the MF's parameters.
  public var characteristics: UInt8?
  /// 84: length form of a BER-TLV file's objects: 01 for three bytes of length at most.
  public var fileDetails: UInt8?
  /// 86: the most bytes a BER-TLV file may take.
  public var maximumFileSize: Int?
  /// C0: special file information: 80 for a high update rate, 40 for readable and updatable while deactivated.
  public var specialFile: UInt8?
  /// C1: what the file (each of its records) is filled with at creation, the last byte repeated.
  public var fillPattern: [UInt8]?
  /// C2: what the file (each of its records) is filled with at creation, the whole repeated.
  public var repeatPattern: [UInt8]?
  /// Other data objects, encoded.
  public var others: [UInt8]

  /// Nothing but what is given.
  public init(
    characteristics: UInt8? = nil, fileDetails: UInt8? = nil, maximumFileSize: Int? = nil, specialFile: UInt8? = nil,
    fillPattern: [UInt8]? = nil, repeatPattern: [UInt8]? = nil, others: [UInt8] = []
  ) {
    (self.characteristics, self.fileDetails, self.maximumFileSize) = (characteristics, fileDetails, maximumFileSize)
    (self.specialFile, self.fillPattern, self.repeatPattern) = (specialFile, fillPattern, repeatPattern)
    self.others = others
  }

  /// Whether nothing is given.
  public var isEmpty: Bool { self == ProprietaryInformation() }

  public init(_ element: TLVElement) throws(TLVError) {
    self.init()
    for child in try element.children() {
      switch child.tag {
      case 0x80: characteristics = try child.oneByte()
      case 0x84: fileDetails = try child.oneByte()
      case 0x86: maximumFileSize = try child.number()
      case 0xC0: specialFile = try child.oneByte()
      case 0xC1: fillPattern = Array(child.content)
      case 0xC2: repeatPattern = Array(child.content)
      default: others += child.encoded
      }
    }
  }

  public func encodeContent(to writer: inout TLVWriter) {
    if let characteristics { writer.write(0x80, [characteristics]) }
    if let fileDetails { writer.write(0x84, [fileDetails]) }
    if let maximumFileSize { writer.writeNumber(0x86, maximumFileSize, atLeast: 1) }
    if let specialFile { writer.write(0xC0, [specialFile]) }
    writer.write(0xC1, fillPattern)
    writer.write(0xC2, repeatPattern)
    writer.append(encoded: others)
  }
}

extension TLVElement {
  /// The value's single byte.
  func oneByte() throws(TLVError) -> UInt8 {
    guard content.count == 1, let byte = content.first else { throw .invalid(tag, "one byte is wanted") }
    return byte
  }

  /// The value as an unsigned number of 1 to 4 bytes.
  func number() throws(TLVError) -> Int {
    guard (1...4).contains(content.count) else { throw .invalid(tag, "a number of 1 to 4 bytes is wanted") }
    return content.reduce(0) { $0 << 8 | Int($1) }
  }
}

extension TLVWriter {
  /// An unsigned number in the fewest bytes, but not fewer than `count`.
  mutating func writeNumber(_ tag: TLVTag, _ value: Int, atLeast count: Int) {
    var bytes: [UInt8] = []
    var rest = max(0, value)
    while rest > 0 || bytes.count < count {
      bytes.insert(UInt8(truncatingIfNeeded: rest), at: 0)
      rest >>= 8
    }
    write(tag, bytes)
  }
}
