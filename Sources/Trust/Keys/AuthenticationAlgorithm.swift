import Bytes

/// The functions f1 to f5* of TS 33.102 §6.3 with a subscriber's key in them: Milenage, TUAK or the test algorithm.
///
/// RAND is 16 bytes and AMF 2; other sizes are refused.
public protocol AuthenticationAlgorithm: Sendable {
  /// f1, the network's proof: MAC-A, 8 bytes (TUAK: 8, 16 or 32).
  func f1(rand: [UInt8], sqn: SequenceNumber, amf: [UInt8]) throws(KeyError) -> [UInt8]
  /// f1*, the card's proof in a resynchronisation: MAC-S, as long as MAC-A.
  func f1Star(rand: [UInt8], sqn: SequenceNumber, amf: [UInt8]) throws(KeyError) -> [UInt8]
  /// f2 to f5: the answer to a challenge, the session keys and the anonymity key.
  func f2345(rand: [UInt8]) throws(KeyError) -> AuthenticationResponse
  /// f5*, the anonymity key of a resynchronisation: 6 bytes.
  func f5Star(rand: [UInt8]) throws(KeyError) -> [UInt8]
}

/// What f2 to f5 make of a challenge.
public struct AuthenticationResponse: Hashable, Sendable {
  /// RES, 4 to 32 bytes.
  public let res: [UInt8]
  /// CK, 16 bytes (TUAK: 16 or 32).
  public let ck: Secret
  /// IK, 16 bytes (TUAK: 16 or 32).
  public let ik: Secret
  /// AK, 6 bytes.
  public let ak: [UInt8]

  /// The answer of an algorithm.
  public init(res: [UInt8], ck: Secret, ik: Secret, ak: [UInt8]) {
    (self.res, self.ck, self.ik, self.ak) = (res, ck, ik, ak)
  }

  /// Conversion function c2 of TS 33.102 §6.8.1.2, SRES = XRES*1 ⊕ XRES*2 ⊕ XRES*3 ⊕ XRES*4: 4 bytes.
  public var sres: [UInt8] { Self.folded(res, to: 4) }

  /// Conversion function c3 of TS 33.102 §6.8.1.2, Kc = CK1 ⊕ CK2 ⊕ IK1 ⊕ IK2: 8 bytes.
  public var kc: Secret { Secret(Self.folded(ck.bytes + ik.bytes, to: 8)) }

  /// The exclusive or of pieces of `width` bytes, the last one filled up with zeros.
  public static func folded(_ bytes: some Sequence<UInt8>, to width: Int) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: width)
    var place = 0
    for byte in bytes {
      result[place] ^= byte
      place = place + 1 == width ? 0 : place + 1
    }
    return result
  }
}

extension [UInt8] {

  /// The exclusive or with `other`, as long as the shorter of both.
  func xored(with other: some Sequence<UInt8>) -> [UInt8] { zip(self, other).map { $0 ^ $1 } }
}

extension AuthenticationAlgorithm {
  /// Refuses a RAND that is not 16 bytes and an AMF that is not 2.
  func check(rand: [UInt8], amf: [UInt8] = [0, 0]) throws(KeyError) {
    guard rand.count == 16 else { throw KeyError("RAND has 16 bytes") }
    guard amf.count == 2 else { throw KeyError("AMF has 2 bytes") }
  }
}
