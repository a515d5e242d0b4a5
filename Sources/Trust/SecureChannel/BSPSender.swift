import Bytes
import Keys
import TLV

extension BSP {
  /// The side that protects: the SM-DP+.
  public struct Sender: Sendable {
    private(set) var state: State

    /// A sender at its first segment.
    public init(keys: SessionKeys) { state = State(keys) }

    /// SGP.22 §5.5.4 ES8+.ReplaceSessionKeys: the segments after it are under `keys`, and are counted from 1 again.
    public mutating func replaceKeys(_ keys: SessionKeys) { state = State(keys) }

    /// `data` of any length in as many segments as they need; none where there are no data.
    public mutating func protect(_ data: [UInt8], as tag: Tag) throws(BSPError) -> [[UInt8]] {
      var segments: [[UInt8]] = []
      segments.reserveCapacity(data.count / tag.payloadLimit + 1)
      for start in stride(from: 0, to: data.count, by: tag.payloadLimit) {
        segments.append(try protectOne(data[start..<min(start + tag.payloadLimit, data.count)], as: tag))
      }
      return segments
    }

    /// `data`, not more than the tag's payload limit, in one segment.
    public mutating func protectOne(_ data: ArraySlice<UInt8>, as tag: Tag) throws(BSPError) -> [UInt8] {
      guard data.count <= tag.payloadLimit else { throw .tooLong }
      let content = tag.isEncrypted ? try encrypt(data) : Array(data)
      // The input data used for C-MAC computation comprises the MAC chaining value, the tag, the final length and the
      // result of the encryption.
      var writer = TLVWriter(capacity: segmentLimit)
      writer.append(TLVTag(rawValue: UInt32(tag.rawValue)))
      writer.appendLength(content.count + macLength)
      writer.append(encoded: content)
      let mac = try state.mac(over: writer.bytes[...])
      writer.append(encoded: mac.prefix(macLength))
      state.advance(mac: mac)
      return writer.bytes
    }

    private func encrypt(_ data: ArraySlice<UInt8>) throws(BSPError) -> [UInt8] {
      // Append a byte with value '80', append 0 to 15 bytes with value '00' so that the length is a multiple of 16.
      var padded = [UInt8]()
      padded.reserveCapacity(data.count + AES.blockSize)
      padded += data
      padded.append(0x80)
      padded += repeatElement(0, count: (AES.blockSize - padded.count % AES.blockSize) % AES.blockSize)
      let iv = try state.initialVector()
      do { return try AES.cbcEncrypt(padded, key: state.keys.sENC, iv: iv) } catch { throw .cipher(error) }
    }
  }
}
