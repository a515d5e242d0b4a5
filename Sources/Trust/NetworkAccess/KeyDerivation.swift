import Bytes
import Keys

/// TS 33.220 §B.2: HMAC-SHA-256 over FC, then each parameter with its length in 2 bytes behind it.
func deriveKey(_ key: Secret, fc: UInt8, _ parameters: [UInt8]...) -> [UInt8] {
  hmacSHA256([fc] + parameters.flatMap { $0 + UInt16(clamping: $0.count).bigEndianBytes }, key: key)
}

/// What 5G AKA derives of a vector (TS 33.501 §6.1.3.2), for a serving network such as
/// "5G:mnc001.mcc001.3gppnetwork.org".
public struct FiveGAKA: Hashable, Sendable {
  /// What the AMF sends on, and the UE answers with: 16 bytes.
  public let xresStar: [UInt8]
  /// What the SEAF compares the UE's answer with: 16 bytes.
  public let hxresStar: [UInt8]
  /// What the AUSF keeps: 32 bytes.
  public let kausf: Secret
  /// What the serving network's keys are derived of: 32 bytes.
  public let kseaf: Secret

  /// The derivations of CK and IK (16 bytes each), RES or XRES, RAND, and AUTN's SQN ⊕ AK (6 bytes).
  public init(ck: Secret, ik: Secret, res: [UInt8], rand: [UInt8], concealedSQN: [UInt8], servingNetwork: String) {
    let (name, key) = (Array(servingNetwork.utf8), Secret(ck.bytes + ik.bytes))
    // §A.4: RES* is the 128 least significant bits of KDF(CK ‖ IK; 6B, serving network, RAND, RES).
    xresStar = Array(deriveKey(key, fc: 0x6B, name, rand, res).suffix(16))
    // §A.5: HRES* is the 128 least significant bits of SHA-256(RAND ‖ RES*).
    hxresStar = Array(sha256(rand + xresStar).suffix(16))
    // §A.2: KAUSF = KDF(CK ‖ IK; 6A, serving network, SQN ⊕ AK)
    kausf = Secret(deriveKey(key, fc: 0x6A, name, concealedSQN))
    kseaf = Self.kseaf(kausf, servingNetwork: servingNetwork)
  }

  /// §A.6: KSEAF = KDF(KAUSF; 6C, serving network)
  static func kseaf(_ kausf: Secret, servingNetwork: String) -> Secret {
    Secret(deriveKey(kausf, fc: 0x6C, Array(servingNetwork.utf8)))
  }
}

/// What EAP-AKA' derives of a vector (RFC 9048 §3.3, RFC 5448 §3.3).
public struct EAPAKAPrime: Hashable, Sendable {
  /// CK' and IK', 16 bytes each: bound to the access network's name.
  public let ckPrime, ikPrime: Secret
  /// 16 bytes.
  public let kEncr: Secret
  /// 32 bytes each.
  public let kAut, kRe: Secret
  /// 64 bytes each.
  public let msk, emsk: Secret

  /// The derivations of CK and IK, AUTN's SQN ⊕ AK (6 bytes), the access network's name ("WLAN", or a serving network)
  /// and the identity as EAP has it ("0555444333222111").
  public init(ck: Secret, ik: Secret, concealedSQN: [UInt8], networkName: String, identity: String) {
    // TS 33.402 §A.2: CK' ‖ IK' = KDF(CK ‖ IK; 20, access network identity, SQN ⊕ AK)
    let both = deriveKey(Secret(ck.bytes + ik.bytes), fc: 0x20, Array(networkName.utf8), concealedSQN)
    (ckPrime, ikPrime) = (Secret(Array(both[..<16])), Secret(Array(both[16...])))
    // MK = PRF'(IK'|CK', "EAP-AKA'"|Identity)
    let mk = Self.prf(
      Secret(ikPrime.bytes + ckPrime.bytes), Array("EAP-AKA'".utf8) + Array(identity.utf8), length: 208)
    (kEncr, kAut, kRe) = (Secret(Array(mk[..<16])), Secret(Array(mk[16..<48])), Secret(Array(mk[48..<80])))
    (msk, emsk) = (Secret(Array(mk[80..<144])), Secret(Array(mk[144..<208])))
  }

  /// RFC 9048 §3.4: T1 = HMAC-SHA-256(K, S | 1), Tn = HMAC-SHA-256(K, Tn-1 | S | n)
  private static func prf(_ key: Secret, _ text: [UInt8], length: Int) -> [UInt8] {
    var (output, last, number) = ([UInt8](), [UInt8](), UInt8(0))
    while output.count < length {
      number += 1
      last = hmacSHA256(last + text + [number], key: key)
      output += last
    }
    return Array(output.prefix(length))
  }

  /// TS 33.501 §F.2: KAUSF is the most significant 256 bits of EMSK.
  public var kausf: Secret { Secret(Array(emsk.bytes.prefix(32))) }

  /// TS 33.501 §6.1.3.1: KSEAF of ``kausf``.
  public func kseaf(servingNetwork: String) -> Secret { FiveGAKA.kseaf(kausf, servingNetwork: servingNetwork) }
}
