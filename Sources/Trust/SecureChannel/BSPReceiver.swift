import Bytes
import Keys
import TLV

extension BSP {
  /// The side that verifies and decrypts: the eUICC. After the first refusal it refuses everything.
  public struct Receiver: Sendable {
    private(set) var state: State
    private var isUsable = true
    private let limit: Int

    /// A receiver at its first segment, which takes segments of at most `segmentLimit` bytes.
    public init(keys: SessionKeys, segmentLimit: Int = BSP.toleratedSegmentLimit) {
      (state, limit) = (State(keys), segmentLimit)
    }

    /// SGP.22 §5.5.4 ES8+.ReplaceSessionKeys: the segments after it are under `keys`, and are counted from 1 again.
    public mutating func replaceKeys(_ keys: SessionKeys) { state = State(keys) }

    /// The data of a segment that must be tagged `tag`; the C-MAC is verified before anything is decrypted.
    public mutating func open(_ segment: ArraySlice<UInt8>, as tag: Tag) throws(BSPError) -> [UInt8] {
      guard isUsable else { throw .unusable }
      isUsable = false
      let data = try verifyAndDecrypt(segment, as: tag)
      isUsable = true
      return data
    }

    /// The data of a segment that must be tagged `tag`; the C-MAC is verified before anything is decrypted.
    public mutating func open(_ segment: [UInt8], as tag: Tag) throws(BSPError) -> [UInt8] {
      try open(segment[...], as: tag)
    }

    private mutating func verifyAndDecrypt(_ segment: ArraySlice<UInt8>, as tag: Tag) throws(BSPError) -> [UInt8] {
      guard segment.count <= limit else { throw .tooLong }
      guard segment.first == tag.rawValue else { throw segment.isEmpty ? .malformed : .wrongTag }
      guard let content = (try? TLVElement(segment))?.content, content.count >= macLength else { throw .malformed }
      let mac = try state.mac(over: segment.dropLast(macLength))
      guard equalInConstantTime(mac.prefix(macLength), content.suffix(macLength)) else { throw .wrongMAC }
      let payload = Array(content.dropLast(macLength))
      let data = tag.isEncrypted ? try decrypt(payload) : payload
      state.advance(mac: mac)
      return data
    }

    private func decrypt(_ payload: [UInt8]) throws(BSPError) -> [UInt8] {
      guard !payload.isEmpty, payload.count % AES.blockSize == 0 else { throw .malformed }
      let iv = try state.initialVector()
      var data: [UInt8]
      do { data = try AES.cbcDecrypt(payload, key: state.keys.sENC, iv: iv) } catch { throw .cipher(error) }
      // 80 and 0 to 15 zeros. The C-MAC was right, so how long this takes tells nobody anything new.
      guard let marker = data.lastIndex(where: { $0 != 0 }), data[marker] == 0x80,
        data.count - marker <= AES.blockSize
      else { throw .wrongPadding }
      data.removeSubrange(marker...)
      return data
    }
  }
}
