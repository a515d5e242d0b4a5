import Bytes
import Identifiers
import Keys

/// A subscriber as the operator enters one.
public struct Subscriber: Hashable, Sendable {
  /// Who it is.
  public let imsi: IMSI
  /// What the USIM computes with.
  public let credentials: Credentials
  /// AMF of the vectors, 2 bytes: 8000 has the separation bit set, as LTE and EAP-AKA' want it (TS 33.102 §H).
  public let amf: [UInt8]
  /// Bits of IND in the USIM's sequence numbers.
  public let indexBits: Int
  /// Δ of the USIM: how far SEQ may jump ahead; nil for as far as it likes.
  public let delta: UInt64?
  /// SEQ of the last vector given out; the next one has 1 more.
  public let seq: UInt64

  /// A subscriber whose USIM checks sequence numbers by `policy`, and has seen none above `seq`.
  public init(
    imsi: IMSI, credentials: Credentials, amf: [UInt8] = [0x80, 0x00],
    policy: SequenceNumberArray.Policy = .standard, seq: UInt64 = 0
  ) throws(AuCError) {
    guard amf.count == 2, seq < 1 << (48 - UInt64(policy.indexBits)) else { throw .wrongSubscriber(imsi) }
    (self.imsi, self.credentials, self.amf, self.seq) = (imsi, credentials, amf, seq)
    (indexBits, delta) = (policy.indexBits, policy.delta)
  }
}
