import Bytes
import GSUP
import Identifiers
import Keys
import Store

/// The commonest request of all, vectors for a subscriber whose sequence numbers are in reserve: read and answered
/// without a detour over general messages, in one buffer.
struct GSUPVectors {
  let kind = GSUPMessage.Kind.sendAuthInfoRequest
  /// The IMSI as it came.
  let packedIMSI: ArraySlice<UInt8>
  let imsi: IMSIKey
  var count = GSUPRoute.vectorsAtOnce
  var access = AccessNetwork.utran

  /// The request in a payload; nil where it is another one, or asks for more than vectors.
  init?(payload: [UInt8]) {
    guard payload.count >= 3, payload[0] == GSUPMessage.Kind.sendAuthInfoRequest.rawValue,
      payload[1] == GSUPMessage.Tag.imsi
    else { return nil }
    var place = 3 + Int(payload[2])
    guard place <= payload.count, let imsi = IMSIKey(packed: payload[3..<place]) else { return nil }
    (packedIMSI, self.imsi) = (payload[3..<place], imsi)
    while place < payload.count {
      // Each of the others has one byte.
      guard place + 3 <= payload.count, payload[place + 1] == 1 else { return nil }
      switch payload[place] {
      case GSUPMessage.Tag.cnDomain: break
      case GSUPMessage.Tag.currentRATType: if payload[place + 2] == 3 { access = .eps }
      case GSUPMessage.Tag.numberOfVectors:
        count = min(max(1, Int(payload[place + 2])), GSUPRoute.vectorsAtOnce)
      default: return nil
      }
      place += 3
    }
  }

  /// The frame that answers with the vectors of a portion; nil where they are not Milenage's usual ones.
  func answer(_ portion: SequenceNumberReserve.Portion, random: any RandomSource) -> [UInt8]? {
    guard let milenage = portion.block.algorithm as? Milenage else { return nil }
    let sqns = portion.sequenceNumbers
    guard
      let vectors = try? milenage.vectors(
        rands: random.bytes(16 * sqns.count), sqns: sqns, amf: access.separated(portion.block.amf))
    else { return nil }
    let tupleLength = 90 + vectors.resLength
    // Behind the header: the stream's second byte, the kind, the IMSI, the tuples.
    let length = 1 + 1 + 2 + packedIMSI.count + sqns.count * (2 + tupleLength)
    return [UInt8](unsafeUninitializedCapacity: 3 + length) { buffer, filled in
      var frame = Writer(buffer)
      frame.put(UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length))
      frame.put(0xEE, 0x05)
      frame.put(kind.result.rawValue, GSUPMessage.Tag.imsi)
      frame.put(UInt8(truncatingIfNeeded: packedIMSI.count))
      for byte in packedIMSI { frame.put(byte) }
      vectors.bytes.withUnsafeBufferPointer { bytes in
        for index in sqns.indices {
          frame.put(GSUPMessage.Tag.authTuple, UInt8(truncatingIfNeeded: tupleLength))
          frame.put(tuple: bytes, at: index * vectors.stride, resLength: vectors.resLength)
        }
      }
      filled = frame.place
    }
  }

  /// Fills a buffer from the front, for one answer: general arrays cost more here than Milenage does.
  private struct Writer {
    let buffer: UnsafeMutableBufferPointer<UInt8>
    private(set) var place = 0

    init(_ buffer: UnsafeMutableBufferPointer<UInt8>) { self.buffer = buffer }

    mutating func put(_ byte: UInt8) {
      buffer[place] = byte
      place += 1
    }

    mutating func put(_ first: UInt8, _ second: UInt8) {
      put(first)
      put(second)
    }

    /// The elements of the vector at `start`, which is RAND, XRES, CK, IK, AUTN.
    mutating func put(tuple vectors: UnsafeBufferPointer<UInt8>, at start: Int, resLength: Int) {
      typealias Tag = GSUPMessage.Tag
      let ck = start + 16 + resLength
      put(Tag.rand, vectors, start, 16)
      // Conversion functions c2 and c3 of TS 33.102 §6.8.1.2.
      put(Tag.sres, folding: vectors, start + 16, resLength, to: 4)
      put(Tag.kc, folding: vectors, ck, 32, to: 8)
      put(Tag.ik, vectors, ck + 16, 16)
      put(Tag.ck, vectors, ck, 16)
      put(Tag.autn, vectors, ck + 32, 16)
      put(Tag.res, vectors, start + 16, resLength)
    }

    /// An element.
    private mutating func put(_ tag: UInt8, _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ count: Int) {
      put(tag, UInt8(truncatingIfNeeded: count))
      for index in start..<start + count { put(bytes[index]) }
    }

    /// An element with the exclusive or of pieces of `width` bytes, as ``AuthenticationResponse/folded(_:to:)``.
    private mutating func put(
      _ tag: UInt8, folding bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ count: Int, to width: Int
    ) {
      put(tag, UInt8(truncatingIfNeeded: width))
      for column in 0..<width {
        var byte: UInt8 = 0
        for offset in stride(from: column, to: count, by: width) { byte ^= bytes[start + offset] }
        put(byte)
      }
    }
  }
}
