import Bytes
import CryptoExtras

/// Milenage (TS 35.206) over AES-128: K of 16 bytes, OPc of 16 bytes.
public struct Milenage: AuthenticationAlgorithm {
  /// The constants of TS 35.206 §4.1, which an operator may choose.
  public struct Constants: Hashable, Sendable {
    /// r1 to r5, in bits: 0 to 127 each.
    public let rotations: [UInt8]
    /// c1 to c5, 16 bytes each.
    public let xoring: [[UInt8]]

    /// r1 to r5 in 5 bytes and c1 to c5 in 80, as a profile package carries them; nil where a size or a rotation is
    /// wrong. TS 35.206 §5.3 says which choices are sound; it is not checked here.
    public init?(rotations: some Collection<UInt8>, xoring: some Collection<UInt8>) {
      guard rotations.count == 5, rotations.allSatisfy({ $0 < 128 }), xoring.count == 80 else { return nil }
      let bytes = Array(xoring)
      self.rotations = Array(rotations)
      self.xoring = stride(from: 0, to: 80, by: 16).map { Array(bytes[$0..<$0 + 16]) }
    }

    private init() {
      rotations = [64, 0, 32, 64, 96]
      xoring = ([0, 1, 2, 4, 8] as [UInt8]).map { [UInt8](repeating: 0, count: 15) + [$0] }
    }

    /// TS 35.206 §4.1: r1…r5 = 64, 0, 32, 64, 96; c1…c5 = 0, 1, 2, 4, 8.
    public static let standard = Constants()
  }

  private let key: SymmetricKey
  let opc: [UInt8]
  let constants: Constants
  let resLength: Int

  /// Refuses a K or an OPc that is not 16 bytes. `resLength` shortens RES to 4 to 8 bytes.
  public init(k: Secret, opc: Secret, constants: Constants = .standard, resLength: Int = 8) throws(KeyError) {
    guard k.bytes.count == 16 else { throw KeyError("Milenage's K has 16 bytes") }
    guard opc.bytes.count == 16 else { throw KeyError("Milenage's OPc has 16 bytes") }
    guard (4...8).contains(resLength) else { throw KeyError("Milenage's RES has 4 to 8 bytes") }
    key = SymmetricKey(data: k.bytes)
    (self.opc, self.constants, self.resLength) = (opc.bytes, constants, resLength)
  }

  /// AES under K.
  func cipher() throws(KeyError) -> BlockCipher {
    let result = key.withUnsafeBytes { bytes in Result { () throws(KeyError) in try BlockCipher(key: bytes) } }
    return try result.get()
  }

  /// TS 35.206 §4.1: OPc = OP ⊕ E[OP]K, 16 bytes each.
  public static func opc(k: Secret, op: Secret) throws(KeyError) -> Secret {
    guard k.bytes.count == 16, op.bytes.count == 16 else { throw KeyError("Milenage's K and OP have 16 bytes") }
    return Secret(op.bytes.xored(with: try AES.encryptBlock(op.bytes, key: k)))
  }

  public func f1(rand: [UInt8], sqn: SequenceNumber, amf: [UInt8]) throws(KeyError) -> [UInt8] {
    // f1: MAC-A = OUT1[0] … OUT1[63]
    Array(try out1(rand: rand, sqn: sqn, amf: amf).prefix(8))
  }

  public func f1Star(rand: [UInt8], sqn: SequenceNumber, amf: [UInt8]) throws(KeyError) -> [UInt8] {
    // f1*: MAC-S = OUT1[64] … OUT1[127]
    Array(try out1(rand: rand, sqn: sqn, amf: amf).suffix(8))
  }

  public func f2345(rand: [UInt8]) throws(KeyError) -> AuthenticationResponse {
    let temp = try temp(rand: rand)
    let out2 = try out(2, temp)
    return AuthenticationResponse(
      res: Array(out2[8..<8 + resLength]), ck: Secret(try out(3, temp)), ik: Secret(try out(4, temp)),
      ak: Array(out2.prefix(6)))
  }

  public func f5Star(rand: [UInt8]) throws(KeyError) -> [UInt8] { Array(try out(5, temp(rand: rand)).prefix(6)) }

  /// TEMP = E[RAND ⊕ OPc]K
  private func temp(rand: [UInt8]) throws(KeyError) -> [UInt8] {
    try check(rand: rand)
    return try AES.encryptBlock(rand.xored(with: opc), key: key)
  }

  /// OUT1 = E[TEMP ⊕ rot(IN1 ⊕ OPc, r1) ⊕ c1]K ⊕ OPc, with IN1 = SQN ‖ AMF ‖ SQN ‖ AMF
  private func out1(rand: [UInt8], sqn: SequenceNumber, amf: [UInt8]) throws(KeyError) -> [UInt8] {
    try check(rand: rand, amf: amf)
    let half = sqn.bytes + amf
    let rotated = (half + half).xored(with: opc).rotatedLeft(bits: constants.rotations[0])
    let input = try temp(rand: rand).xored(with: rotated).xored(with: constants.xoring[0])
    return try AES.encryptBlock(input, key: key).xored(with: opc)
  }

  /// OUTn = E[rot(TEMP ⊕ OPc, rn) ⊕ cn]K ⊕ OPc, for n from 2 to 5
  private func out(_ n: Int, _ temp: [UInt8]) throws(KeyError) -> [UInt8] {
    let rotated = temp.xored(with: opc).rotatedLeft(bits: constants.rotations[n - 1])
    return try AES.encryptBlock(rotated.xored(with: constants.xoring[n - 1]), key: key).xored(with: opc)
  }
}

extension [UInt8] {
  /// The array as one number, rotated by `bits` towards its most significant end.
  fileprivate func rotatedLeft(bits: UInt8) -> [UInt8] {
    let (bytes, shift) = (Int(bits) / 8, bits % 8)
    return indices.map { index in
      let high = self[(index + bytes) % count]
      let low = self[(index + bytes + 1) % count]
      return high << shift | (shift == 0 ? 0 : low >> (8 - shift))
    }
  }
}
