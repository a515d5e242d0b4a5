import Bytes
import Identifiers
import Keys

/// A subscriber as the operator enters one: who it is, and what its USIM computes with.
public struct Subscriber: Hashable, Sendable {
  /// How the centre makes sequence numbers (TS 33.102 §C.1.1).
  public enum Generation: Hashable, Sendable {
    /// §C.1.1.2: not time-based; each is one above the last.
    case counted
    /// §C.1.1.3: time-based; they follow a clock of tenths of a second, so that a centre restored from an old copy is
    /// ahead of its cards at once.
    case timed
  }

  /// Who it is.
  public let imsi: IMSI
  /// What the USIM computes with.
  public let credentials: Credentials
  /// AMF of the vectors, 2 bytes; its separation bit is set or cleared for the access that a vector is for.
  public let amf: [UInt8]
  /// Bits of IND in the USIM's sequence numbers.
  public let indexBits: Int
  /// Δ of the USIM: how far SEQ may jump ahead; nil for as far as it likes.
  public let delta: UInt64?
  /// SEQ of the last vector given out; the next one has 1 more at least.
  public let seq: UInt64
  /// How sequence numbers are made.
  public let generation: Generation

  /// A subscriber whose USIM checks sequence numbers by `policy`, and has seen none above `seq`.
  public init(
    imsi: IMSI, credentials: Credentials, amf: [UInt8] = [0x80, 0x00],
    policy: SequenceNumberArray.Policy = .standard, seq: UInt64 = 0, generation: Generation = .counted
  ) throws(AuCError) {
    guard amf.count == 2, seq < 1 << (48 - UInt64(policy.indexBits)) else { throw .wrongSubscriber(imsi) }
    (self.imsi, self.credentials, self.amf, self.seq) = (imsi, credentials, amf, seq)
    (indexBits, delta, self.generation) = (policy.indexBits, policy.delta, generation)
  }
}

/// Which access a vector is for.
public enum AccessNetwork: String, Hashable, Sendable, CaseIterable {
  /// GERAN or UTRAN, or EAP-SIM or EAP-AKA over WLAN.
  case utran
  /// E-UTRAN, 5G or EAP-AKA'.
  case eps

  /// TS 33.102 §H: the AMF separation bit, bit 0 of AMF, is 1 in vectors for EPS (TS 33.401 §6.1.2) and EAP-AKA'
  /// (RFC 9048 §3.1), and 0 in others.
  func separated(_ amf: [UInt8]) -> [UInt8] {
    guard let first = amf.first else { return amf }
    return [self == .eps ? first | 0x80 : first & 0x7F] + amf.dropFirst()
  }
}
