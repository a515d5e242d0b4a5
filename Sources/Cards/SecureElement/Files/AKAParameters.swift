import Bytes
import TLV

/// What an application needs to authenticate itself to its network (TCA profile package `PE-AKAParameter`).
public struct AKAParameters: Hashable, Sendable {
  /// The function family (`algorithmID`).
  public enum Algorithm: Int, TLVEnumeration, Hashable {
    case milenage = 1
    case tuak = 2
    /// The test algorithm of TS 34.108 §8.1.2.
    case test = 3
  }

  /// The function family.
  public var algorithm: Algorithm
  /// `algorithmOptions`: lengths of RES and the TUAK outputs, the test algorithm's RES.
  public var options: UInt8
  /// K: 16 bytes, or 32 for TUAK.
  public var key: Secret
  /// OPc (16 bytes) or TOPc (32 bytes).
  public var opc: Secret
  /// Milenage's r1 to r5, in bits.
  public var rotations: [UInt8] = [0x40, 0x00, 0x20, 0x40, 0x60]
  /// Milenage's c1 to c5, 16 bytes each.
  public var constants: [UInt8] = Self.standardConstants
  /// How often the card authenticates itself at all; nil without limit.
  public var maximumAuthentications: Int?
  /// Permutations of Keccak in TUAK.
  public var keccakIterations = 1
  /// `sqnOptions`: which checks of TS 33.102 Annex C hold; bit 2 asks for protection against wrap around (§C.2.1).
  public var sqnOptions: UInt8 = Self.wrapAroundProtection
  /// Δ: how far SEQ may jump ahead (Annex C.2.1).
  public var sqnDelta: UInt64 = 0x10000000
  /// L: how far an old SEQ may lie behind (Annex C.2.2).
  public var sqnAgeLimit: UInt64 = 0x10000000
  /// SEQ of each IND before the first authentication: 32 values without index, or none for zeros.
  public var initialSequenceNumbers: [UInt64] = []

  /// Parameters whose other values are the package's defaults.
  public init(algorithm: Algorithm, options: UInt8 = 0x02, key: [UInt8], opc: [UInt8]) {
    (self.algorithm, self.options) = (algorithm, options)
    (self.key, self.opc) = (Secret(key), Secret(opc))
  }

  /// Bit 2 of `sqnOptions`, its default: SEQ must not jump ahead by more than Δ.
  public static let wrapAroundProtection: UInt8 = 0x02
  /// Milenage's own constants (TS 35.206 §4.1).
  public static let standardConstants: [UInt8] = [0, 1, 2, 4, 8].flatMap { [UInt8](repeating: 0, count: 15) + [$0] }
}

extension AKAParameters: TLVSequence, TLVMessage {
  public static let tag: TLVTag = .sequence

  public init(fields reader: inout TLVReader) throws(TLVError) {
    algorithm = try reader.read(0x80)
    options = try reader.element(0x81).singleByte()
    key = try reader.read(0x82)
    opc = try reader.read(0x83)
    rotations = try reader.read(0x84)
    constants = try reader.read(0x85)
    maximumAuthentications = try reader.readIfPresent(0x86)
    keccakIterations = try reader.read(0x87)
    sqnOptions = try reader.element(0x88).singleByte()
    sqnDelta = try reader.element(0x89).unsigned()
    sqnAgeLimit = try reader.element(0x8A).unsigned()
    let numbers: [UInt8] = try reader.read(0x8B)
    initialSequenceNumbers = stride(from: 0, to: numbers.count - numbers.count % 6, by: 6).compactMap {
      UInt64(bigEndian: numbers[$0..<$0 + 6])
    }
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, algorithm)
    writer.write(0x81, [options])
    writer.write(0x82, key)
    writer.write(0x83, opc)
    writer.write(0x84, rotations)
    writer.write(0x85, constants)
    writer.write(0x86, maximumAuthentications)
    writer.write(0x87, keccakIterations)
    writer.write(0x88, [sqnOptions])
    writer.write(0x89, sqnDelta.bigEndianBytes)
    writer.write(0x8A, sqnAgeLimit.bigEndianBytes)
    writer.write(0x8B, initialSequenceNumbers.flatMap { $0.bigEndianBytes.suffix(6) })
  }
}

extension TLVElement {
  fileprivate func singleByte() throws(TLVError) -> UInt8 {
    guard content.count == 1, let byte = content.first else { throw .invalid(tag, "one byte is wanted") }
    return byte
  }

  fileprivate func unsigned() throws(TLVError) -> UInt64 {
    guard let value = UInt64(bigEndian: content) else { throw .invalid(tag, "a number of 8 bytes is wanted") }
    return value
  }
}
