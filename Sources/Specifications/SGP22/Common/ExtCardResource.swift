import Bytes
import TLV

/// EUICCInfo2's extCardResource (ETSI TS 102 226 §8.2.1.7.2): 81 number of applications, 82 free non-volatile memory,
/// 83 free volatile memory, each a big-endian number.
public struct ExtCardResource: Hashable, Sendable {
  /// How many applications are installed.
  public var installedApplications: Int
  /// Free non-volatile memory in bytes.
  public var freeNonVolatileMemory: Int
  /// Free volatile memory in bytes.
  public var freeVolatileMemory: Int

  /// All three.
  public init(installedApplications: Int, freeNonVolatileMemory: Int, freeVolatileMemory: Int) {
    self.installedApplications = installedApplications
    self.freeNonVolatileMemory = freeNonVolatileMemory
    self.freeVolatileMemory = freeVolatileMemory
  }

  /// Reads the field's bytes; the order is free.
  public init(encoded bytes: [UInt8]) throws(TLVError) {
    var numbers: [TLVTag: Int] = [:]
    var reader = TLVReader(bytes)
    while !reader.isAtEnd {
      let element = try reader.element()
      guard let number = Int(bigEndian: element.content) else { throw .invalid(element.tag, "the number is too large") }
      numbers[element.tag] = number
    }
    guard let applications = numbers[0x81], let lasting = numbers[0x82], let volatile = numbers[0x83] else {
      throw .missing(wanted: 0x82, found: nil)
    }
    self.init(installedApplications: applications, freeNonVolatileMemory: lasting, freeVolatileMemory: volatile)
  }

  /// The field's bytes.
  public var encoded: [UInt8] {
    var writer = TLVWriter()
    writer.write(0x81, bytes: Self.bytes(installedApplications))
    writer.write(0x82, bytes: Self.bytes(freeNonVolatileMemory))
    writer.write(0x83, bytes: Self.bytes(freeVolatileMemory))
    return writer.bytes
  }

  private static func bytes(_ number: Int) -> [UInt8] {
    let bytes = Array(max(number, 0).bigEndianBytes.drop { $0 == 0 })
    return bytes.isEmpty ? [0] : bytes
  }
}
