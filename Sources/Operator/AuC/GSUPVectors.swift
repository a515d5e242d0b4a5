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
    typealias Tag = GSUPMessage.Tag
    let (res, tupleLength) = (vectors.resLength, 90 + vectors.resLength)
    // Behind the header: the stream's second byte, the kind, the IMSI, the tuples.
    let length = 1 + 1 + 2 + packedIMSI.count + sqns.count * (2 + tupleLength)
    var frame: [UInt8] = []
    frame.reserveCapacity(3 + length)
    frame += [UInt8(length >> 8), UInt8(truncatingIfNeeded: length), 0xEE, 0x05, kind.result.rawValue]
    frame += [Tag.imsi, UInt8(packedIMSI.count)]
    frame += packedIMSI
    for index in sqns.indices {
      let vector = vectors.bytes[index * vectors.stride..<(index + 1) * vectors.stride]
      let at = vector.startIndex
      func append(_ tag: UInt8, _ range: Range<Int>) {
        frame.append(tag)
        frame.append(UInt8(range.count))
        frame += vector[at + range.lowerBound..<at + range.upperBound]
      }
      frame.append(Tag.authTuple)
      frame.append(UInt8(tupleLength))
      append(Tag.rand, 0..<16)
      // Conversion functions c2 and c3 of TS 33.102 §6.8.1.2.
      frame += [Tag.sres, 4]
      frame += AuthenticationResponse.folded(vector[at + 16..<at + 16 + res], to: 4)
      frame += [Tag.kc, 8]
      frame += AuthenticationResponse.folded(vector[at + 16 + res..<at + 48 + res], to: 8)
      append(Tag.ik, 32 + res..<48 + res)
      append(Tag.ck, 16 + res..<32 + res)
      append(Tag.autn, 48 + res..<64 + res)
      append(Tag.res, 16..<16 + res)
    }
    return frame
  }
}
