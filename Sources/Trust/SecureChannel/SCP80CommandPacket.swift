import Bytes
import Keys

extension SCP80 {
  /// A command packet on its way to the card (TS 102 225 §5.1): header in clear, then counter, padding counter,
  /// checksum and data.
  public struct CommandPacket: Hashable, Sendable {
    /// Bytes from SPI to TAR.
    private static let openHeader = 7
    /// Bytes of counter and padding counter.
    private static let counters = 6

    /// How it is secured.
    public let security: SecurityParameters
    /// Whom it is for.
    public let tar: TAR
    /// Its number under its key set.
    public let counter: Counter
    /// What it says.
    public let data: [UInt8]

    /// A packet with the usual security.
    public init(_ data: [UInt8], to tar: TAR, counter: Counter, security: SecurityParameters = .full) {
      (self.security, self.tar, self.counter, self.data) = (security, tar, counter, data)
    }

    /// The packet from CPL on, under `keys`. The checksum covers everything, with the lengths that are sent and the
    /// padding.
    public func secured(with keys: Keys) throws(SCP80Error) -> [UInt8] {
      guard security.hasChecksum, security.isCiphered else { throw .insufficientSecurity }
      let padding = SCP80.fill(Self.counters + checksumLength + data.count)
      let header = Self.openHeader + Self.counters + checksumLength
      let body = data + [UInt8](repeating: 0, count: padding)
      let length = 1 + header + body.count
      guard length <= 65_535 else { throw .tooLong }
      let clear =
        UInt16(length).bigEndianBytes + [UInt8(header)] + security.bytes + [keys.indicator, keys.indicator] + tar.bytes
      let counters = counter.bytes + [UInt8(padding)]
      let checksum = try SCP80.checksum(clear + counters + body, keys)
      return clear + (try SCP80.encrypt(counters + checksum + body, keys))
    }

    /// A packet as it arrived, of which only the header can be read before its key set is known.
    public struct Received: Hashable, Sendable {
      /// How it says it is secured.
      public let security: SecurityParameters
      /// The version of its keys; nil where it names another algorithm than AES, or two versions.
      public let keyVersion: UInt8?
      /// Whom it is for.
      public let tar: TAR
      private let clear: [UInt8]
      private let secured: [UInt8]

      /// The packet that `bytes` are, from CPL on.
      public init(_ bytes: [UInt8]) throws(SCP80Error) {
        let header = openHeader + counters + checksumLength
        guard bytes.count > 3 + openHeader, Int(bytes[0]) << 8 | Int(bytes[1]) == bytes.count - 2,
          let tar = TAR(bytes[7..<10])
        else { throw .malformed }
        (clear, secured) = (Array(bytes[..<10]), Array(bytes[10...]))
        security = SecurityParameters(bytes[3], bytes[4])
        self.tar = tar
        let (kic, kid) = (bytes[5], bytes[6])
        keyVersion = kic == kid && kic & 0x0F == 0x02 && kic >> 4 > 0 ? kic >> 4 : nil
        // The header is as long as that of a packet with a checksum of 8 bytes, or the packet has less security.
        guard Int(bytes[2]) == header || !security.hasChecksum else { throw .malformed }
      }

      /// The packet, decrypted and verified with `keys`, secured as well as `minimum` at least; its counter is the
      /// receiver's to judge.
      public func open(
        with keys: Keys, minimum: SecurityParameters = .full
      ) throws(SCP80Error) -> CommandPacket {
        guard security.hasChecksum, security.isCiphered, security.counterMustRise || !minimum.counterMustRise,
          keyVersion == keys.version
        else { throw .insufficientSecurity }
        let plain = try SCP80.decrypt(secured, keys)
        let (counters, rest) = (Array(plain.prefix(CommandPacket.counters)), plain.dropFirst(CommandPacket.counters))
        let (checksum, body) = (rest.prefix(checksumLength), Array(rest.dropFirst(checksumLength)))
        guard equalInConstantTime(checksum, try SCP80.checksum(clear + counters + body, keys)) else {
          throw .wrongChecksum
        }
        let padding = Int(counters[5])
        guard padding < AES.blockSize, padding <= body.count else { throw .malformed }
        return CommandPacket(
          Array(body.dropLast(padding)), to: tar, counter: Counter(lastBytes: counters.prefix(5)), security: security)
      }
    }
  }
}
