import Bytes
import Keys

extension SCP80 {
  /// What the card sends back (TS 102 225 §5.2): the proof of receipt, with the answers to the commands.
  public struct ResponsePacket: Hashable, Sendable {
    /// Bytes of counter, padding counter and status.
    private static let counters = 7
    /// 3GPP TS 31.115 §4.4: the length of the user data header and IEI 71, over which the checksum goes, too; those of a
    /// packet that is alone in its message, however many parts it comes in.
    private static let identifier: [UInt8] = [0x02, 0x71, 0x00]

    /// Who answers.
    public let tar: TAR
    /// The number of the packet that is answered.
    public let counter: Counter
    /// What became of it.
    public let status: Status
    /// What the commands answered.
    public let data: [UInt8]

    /// The answer to the packet `counter`.
    public init(_ status: Status, data: [UInt8] = [], from tar: TAR, counter: Counter) {
      (self.tar, self.counter, self.status, self.data) = (tar, counter, status, data)
    }

    /// The packet from RPL on, secured with `keys` as the command packet asked for.
    public func secured(with keys: Keys) throws(SCP80Error) -> [UInt8] {
      let padding = SCP80.fill(Self.counters + checksumLength + data.count)
      let body = data + [UInt8](repeating: 0, count: padding)
      let clear = try header(checksum: checksumLength, body: body.count)
      let counters = counter.bytes + [UInt8(padding), status.rawValue]
      let checksum = try SCP80.checksum(Self.identifier + clear + counters + body, keys)
      return clear + (try SCP80.encrypt(counters + checksum + body, keys))
    }

    /// The packet without any security, which proves nothing: what is said of a packet whose sender is not known.
    public func unsecured() throws(SCP80Error) -> [UInt8] {
      try header(checksum: 0, body: data.count) + counter.bytes + [0, status.rawValue] + data
    }

    private func header(checksum: Int, body: Int) throws(SCP80Error) -> [UInt8] {
      let header = 3 + Self.counters + checksum
      guard 1 + header + body <= 65_535 else { throw .tooLong }
      return UInt16(1 + header + body).bigEndianBytes + [UInt8(header)] + tar.bytes
    }

    /// What came back for a command packet.
    public enum Received: Hashable, Sendable {
      /// The card's own answer.
      case proven(ResponsePacket)
      /// A complaint without proof: a hint, never a fact.
      case unproven(Status)

      /// The packet that `bytes` are, from RPL on, judged with the keys of the command packet. A proof that is missing
      /// or wrong is refused.
      public init(_ bytes: [UInt8], keys: Keys) throws(SCP80Error) {
        let clear = Array(bytes.prefix(6))
        guard clear.count == 6, Int(clear[0]) << 8 | Int(clear[1]) == bytes.count - 2, let tar = TAR(clear[3...]) else {
          throw .malformed
        }
        if clear[2] == 3 + counters {
          guard bytes.count >= 6 + counters, let status = Status(rawValue: bytes[12]) else { throw .malformed }
          // Nobody but the holder of the keys can say that all is well.
          guard status != .ok else { throw .insufficientSecurity }
          self = .unproven(status)
          return
        }
        guard clear[2] == 3 + counters + checksumLength else { throw .malformed }
        let plain = try SCP80.decrypt(Array(bytes[6...]), keys)
        let (counters, rest) = (plain.prefix(ResponsePacket.counters), plain.dropFirst(ResponsePacket.counters))
        let (checksum, body) = (rest.prefix(checksumLength), Array(rest.dropFirst(checksumLength)))
        guard equalInConstantTime(checksum, try SCP80.checksum(identifier + clear + counters + body, keys)) else {
          throw .wrongChecksum
        }
        let padding = Int(counters[5])
        guard padding < AES.blockSize, padding <= body.count, let status = Status(rawValue: counters[6]) else {
          throw .malformed
        }
        self = .proven(
          ResponsePacket(
            status, data: Array(body.dropLast(padding)), from: tar, counter: Counter(lastBytes: counters.prefix(5))))
      }
    }
  }
}
