import Bytes

/// TUAK (TS 35.231) over Keccak-f[1600]: K of 16 or 32 bytes, TOPc of 32 bytes.
public struct TUAK: AuthenticationAlgorithm {
  /// The sizes of the outputs, in bytes (TS 35.231 §6).
  public struct Sizes: Hashable, Sendable {
    /// MAC-A and MAC-S: 8, 16 or 32.
    public let mac: Int
    /// RES: 4, 8, 16 or 32.
    public let res: Int
    /// CK: 16 or 32.
    public let ck: Int
    /// IK: 16 or 32.
    public let ik: Int

    /// nil where a size is none of those.
    public init?(mac: Int = 8, res: Int = 8, ck: Int = 16, ik: Int = 16) {
      guard [8, 16, 32].contains(mac), [4, 8, 16, 32].contains(res), [16, 32].contains(ck), [16, 32].contains(ik)
      else { return nil }
      (self.mac, self.res, self.ck, self.ik) = (mac, res, ck, ik)
    }

    private init() { (mac, res, ck, ik) = (8, 8, 16, 16) }

    /// What third-generation networks carry: MAC 8, RES 8, CK and IK 16.
    public static let standard = Sizes()
  }

  private let k: Secret
  private let topc: Secret
  private let sizes: Sizes
  private let iterations: Int

  /// Refuses a K that is not 16 or 32 bytes, a TOPc that is not 32, and a number of Keccak iterations not in 1 to 255.
  public init(k: Secret, topc: Secret, sizes: Sizes = .standard, iterations: Int = 1) throws(KeyError) {
    guard [16, 32].contains(k.bytes.count) else { throw KeyError("TUAK's K has 16 or 32 bytes") }
    guard topc.bytes.count == 32 else { throw KeyError("TUAK's TOPc has 32 bytes") }
    guard (1...255).contains(iterations) else { throw KeyError("TUAK's Keccak runs 1 to 255 times") }
    (self.k, self.topc, self.sizes, self.iterations) = (k, topc, sizes, iterations)
  }

  /// TS 35.231 §6.1: TOPc of the operator's TOP, 32 bytes each.
  public static func topc(k: Secret, top: Secret, iterations: Int = 1) throws(KeyError) -> Secret {
    let algorithm = try TUAK(k: k, topc: top, iterations: iterations)
    return Secret(algorithm.run(instance: 0x00).field(at: 0, length: 32))
  }

  public func f1(rand: [UInt8], sqn: SequenceNumber, amf: [UInt8]) throws(KeyError) -> [UInt8] {
    try mac(instance: 0x00, rand: rand, sqn: sqn, amf: amf)
  }

  public func f1Star(rand: [UInt8], sqn: SequenceNumber, amf: [UInt8]) throws(KeyError) -> [UInt8] {
    try mac(instance: 0x80, rand: rand, sqn: sqn, amf: amf)
  }

  private func mac(instance: UInt8, rand: [UInt8], sqn: SequenceNumber, amf: [UInt8]) throws(KeyError) -> [UInt8] {
    try check(rand: rand, amf: amf)
    // INSTANCE[2] … INSTANCE[4] = 0,0,1 for 64 bits, 0,1,0 for 128, 1,0,0 for 256
    let state = run(instance: instance | UInt8(sizes.mac), rand: rand, amf: amf, sqn: sqn.bytes)
    return state.field(at: 0, length: sizes.mac)
  }

  public func f2345(rand: [UInt8]) throws(KeyError) -> AuthenticationResponse {
    try check(rand: rand)
    // INSTANCE[2] … INSTANCE[4] as for MAC, and 0,0,0 for 32 bits; INSTANCE[5], INSTANCE[6] = CK, IK has 256 bits
    let resBits = sizes.res == 4 ? 0 : UInt8(sizes.res)
    let lengths = resBits | (sizes.ck == 32 ? 0x04 : 0) | (sizes.ik == 32 ? 0x02 : 0)
    let state = run(instance: 0x40 | lengths, rand: rand)
    return AuthenticationResponse(
      res: state.field(at: 0, length: sizes.res), ck: Secret(state.field(at: 32, length: sizes.ck)),
      ik: Secret(state.field(at: 64, length: sizes.ik)), ak: state.field(at: 96, length: 6))
  }

  public func f5Star(rand: [UInt8]) throws(KeyError) -> [UInt8] {
    try check(rand: rand)
    return run(instance: 0xC0, rand: rand).field(at: 96, length: 6)
  }

  /// TS 35.231 §6.1 to §6.5: the state of 1600 bits, filled and permuted. Every field stands in it last byte first.
  private func run(
    instance: UInt8, rand: [UInt8] = [UInt8](repeating: 0, count: 16), amf: [UInt8] = [0, 0],
    sqn: [UInt8] = [UInt8](repeating: 0, count: 6)
  ) -> [UInt8] {
    var state: [UInt8] = []
    state.reserveCapacity(200)
    state += topc.bytes.reversed()
    // INSTANCE[7] = 1 if K has 256 bits
    state.append(instance | (k.bytes.count == 32 ? 0x01 : 0))
    state += "TUAK1.0".utf8.reversed()
    state += rand.reversed() + amf.reversed() + sqn.reversed()
    state += k.bytes.reversed() + [UInt8](repeating: 0, count: 32 - k.bytes.count)
    // IN[768] … IN[772] = 1, IN[1087] = 1: the padding of a sponge with a rate of 1088 bits
    state.append(0x1F)
    state += [UInt8](repeating: 0, count: 200 - state.count)
    state[135] = 0x80
    var keccak = KeccakF1600(state)
    for _ in 0..<iterations { keccak.permute() }
    return keccak.bytes
  }
}

extension [UInt8] {
  /// A field of the permuted state, put the right way round.
  fileprivate func field(at offset: Int, length: Int) -> [UInt8] { self[offset..<offset + length].reversed() }
}
