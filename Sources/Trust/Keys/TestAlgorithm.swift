import Bytes

/// The algorithm of test USIMs (TS 34.108 §8.1.2), `usim-test-algorithm` in profile packages: exclusive or with K.
///
/// It protects nothing and is there because GSMA's TS.48 test profiles use it.
public struct TestAlgorithm: AuthenticationAlgorithm {
  private let k: Secret
  private let resLength: Int

  /// Refuses a K that is not 16 bytes. `resLength` is 4 to 16 bytes.
  public init(k: Secret, resLength: Int = 16) throws(KeyError) {
    guard k.bytes.count == 16 else { throw KeyError("the test algorithm's K has 16 bytes") }
    guard (4...16).contains(resLength) else { throw KeyError("the test algorithm's RES has 4 to 16 bytes") }
    (self.k, self.resLength) = (k, resLength)
  }

  public func f1(rand: [UInt8], sqn: SequenceNumber, amf: [UInt8]) throws(KeyError) -> [UInt8] {
    try check(rand: rand, amf: amf)
    // XMAC = XDOUT[0…63] ⊕ CDOUT, with CDOUT = SQN ‖ AMF
    return (sqn.bytes + amf).xored(with: xdout(rand))
  }

  public func f1Star(rand: [UInt8], sqn: SequenceNumber, amf: [UInt8]) throws(KeyError) -> [UInt8] {
    try f1(rand: rand, sqn: sqn, amf: amf)
  }

  public func f2345(rand: [UInt8]) throws(KeyError) -> AuthenticationResponse {
    try check(rand: rand)
    let xdout = xdout(rand)
    return AuthenticationResponse(
      res: Array(xdout.prefix(resLength)), ck: Secret(Array(xdout[1...] + xdout[..<1])),
      ik: Secret(Array(xdout[2...] + xdout[..<2])), ak: Array(xdout[3..<9]))
  }

  public func f5Star(rand: [UInt8]) throws(KeyError) -> [UInt8] { try f2345(rand: rand).ak }

  /// XDOUT = K ⊕ RAND
  private func xdout(_ rand: [UInt8]) -> [UInt8] { k.bytes.xored(with: rand) }
}
