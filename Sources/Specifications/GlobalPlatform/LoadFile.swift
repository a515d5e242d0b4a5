import APDU
import Identifiers
import TLV

/// What the LOAD commands bring together (GlobalPlatform Card Specification 2.3 §11.6.2.3, table 11-58): DAP blocks (E2),
/// then the load file data block (C4).
public struct LoadFile: Hashable, Sendable {
  public static let instruction: UInt8 = 0xE8

  /// A signature over the hash of the data block, by whom the domain trusts (E2 { 4F, C3 }).
  public struct DAPBlock: TLVSequence, TLVMessage, Hashable {
    public static let tag: TLVTag = 0xE2
    /// The domain that verifies it.
    public var domain: AID
    /// The load file data block signature (§C.3): over the load file data block hash.
    public var signature: [UInt8]

    /// A block for `domain`.
    public init(domain: AID, signature: [UInt8]) { (self.domain, self.signature) = (domain, signature) }

    public init(fields reader: inout TLVReader) throws(TLVError) {
      domain = try reader.read(0x4F)
      signature = try reader.read(0xC3)
    }

    public func encodeFields(to writer: inout TLVWriter) {
      writer.write(0x4F, domain)
      writer.write(0xC3, signature)
    }
  }

  /// The DAP blocks, at most one for each domain.
  public var dapBlocks: [DAPBlock]
  /// The load file data block.
  public var dataBlock: [UInt8]

  /// A load file.
  public init(dapBlocks: [DAPBlock] = [], dataBlock: [UInt8]) {
    (self.dapBlocks, self.dataBlock) = (dapBlocks, dataBlock)
  }

  /// The load file that `bytes` are, all of them.
  public init(bytes: [UInt8]) throws(CodingError) {
    do {
      var reader = TLVReader(bytes)
      dapBlocks = []
      while let block: DAPBlock = try reader.readIfPresent() { dapBlocks.append(block) }
      dataBlock = try reader.read(0xC4)
      try reader.finish()
    } catch { throw CodingError("the load file is malformed: \(error)") }
    guard Set(dapBlocks.map(\.domain)).count == dapBlocks.count else {
      throw CodingError("a security domain has two DAP blocks")
    }
  }

  /// The bytes that the LOAD commands bring together.
  public var bytes: [UInt8] {
    var writer = TLVWriter(capacity: dataBlock.count + 200)
    for block in dapBlocks { writer.write(block) }
    writer.write(0xC4, bytes: dataBlock)
    return writer.bytes
  }

  /// The LOAD commands (§11.6.2), each with at most `blockSize` bytes: 223 leaves room for SCP03's padding and MAC.
  public func commands(blockSize: Int = 223) -> [Command] {
    let all = bytes
    let starts = Array(stride(from: 0, to: all.count, by: max(1, blockSize)))
    return starts.enumerated().map { number, start in
      Command(
        cla: 0x80, ins: Self.instruction, p1: number == starts.count - 1 ? 0x80 : 0x00,
        p2: UInt8(truncatingIfNeeded: number), data: Array(all[start..<min(start + blockSize, all.count)]), le: 256)
    }
  }
}
