import Bytes

/// AUTN (TS 33.102 §6.3.2): SQN ⊕ AK, AMF, MAC-A.
public struct AuthenticationToken: Hashable, Sendable {
  /// SQN ⊕ AK, 6 bytes.
  public let concealedSQN: [UInt8]
  /// AMF, 2 bytes.
  public let amf: [UInt8]
  /// MAC-A, 8 bytes (TUAK: 8, 16 or 32).
  public let mac: [UInt8]

  /// The token in bytes, usually 16; nil where they are not 16, 24 or 40.
  public init?(bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    guard [16, 24, 40].contains(bytes.count) else { return nil }
    (concealedSQN, amf, mac) = (Array(bytes[..<6]), Array(bytes[6..<8]), Array(bytes[8...]))
  }

  init(concealedSQN: [UInt8], amf: [UInt8], mac: [UInt8]) {
    (self.concealedSQN, self.amf, self.mac) = (concealedSQN, amf, mac)
  }

  /// The token as it is sent.
  public var bytes: [UInt8] { concealedSQN + amf + mac }
}

/// AUTS (TS 33.102 §6.3.3): SQN_MS ⊕ AK*, MAC-S.
public struct ResynchronisationToken: Hashable, Sendable {
  /// SQN_MS ⊕ AK*, 6 bytes.
  public let concealedSQN: [UInt8]
  /// MAC-S, 8 bytes (TUAK: 8, 16 or 32).
  public let mac: [UInt8]

  /// The token in bytes, usually 14; nil where they are not 14, 22 or 38.
  public init?(bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    guard [14, 22, 38].contains(bytes.count) else { return nil }
    (concealedSQN, mac) = (Array(bytes[..<6]), Array(bytes[6...]))
  }

  init(concealedSQN: [UInt8], mac: [UInt8]) { (self.concealedSQN, self.mac) = (concealedSQN, mac) }

  /// The token as it is sent.
  public var bytes: [UInt8] { concealedSQN + mac }
}

extension AuthenticationAlgorithm {
  /// TS 33.102 §6.3.2, the network: AUTN = SQN ⊕ AK ‖ AMF ‖ MAC. `response` is what f2 to f5 made of `rand`.
  public func authenticationToken(
    rand: [UInt8], sqn: SequenceNumber, amf: [UInt8], response: AuthenticationResponse
  ) throws(KeyError) -> AuthenticationToken {
    AuthenticationToken(
      concealedSQN: sqn.bytes.xored(with: response.ak), amf: amf, mac: try f1(rand: rand, sqn: sqn, amf: amf))
  }

  /// TS 33.102 §6.3.3, the USIM: first computes AK and retrieves SQN, next computes XMAC and compares it with MAC.
  /// The SQN of a token whose MAC is right; nil where it is not.
  public func sequenceNumber(
    in token: AuthenticationToken, rand: [UInt8], response: AuthenticationResponse
  ) throws(KeyError) -> SequenceNumber? {
    guard let sqn = SequenceNumber(bytes: token.concealedSQN.xored(with: response.ak)) else { return nil }
    let xmac = try f1(rand: rand, sqn: sqn, amf: token.amf)
    return equalInConstantTime(xmac, token.mac) ? sqn : nil
  }

  /// TS 33.102 §6.3.3, the USIM: AUTS = Conc(SQN_MS) ‖ MAC-S, for the challenge `rand`.
  public func resynchronisationToken(rand: [UInt8], sqnMS: SequenceNumber) throws(KeyError) -> ResynchronisationToken {
    ResynchronisationToken(
      concealedSQN: sqnMS.bytes.xored(with: try f5Star(rand: rand)),
      // The AMF used to calculate MAC-S assumes a dummy value of all zeros.
      mac: try f1Star(rand: rand, sqn: sqnMS, amf: [0, 0]))
  }

  /// TS 33.102 §6.3.5, the network: SQN_MS of an AUTS for the challenge `rand`; nil where MAC-S is wrong.
  public func sequenceNumber(in token: ResynchronisationToken, rand: [UInt8]) throws(KeyError) -> SequenceNumber? {
    let ak = try f5Star(rand: rand)
    guard let sqn = SequenceNumber(bytes: token.concealedSQN.xored(with: ak)) else { return nil }
    let xmac = try f1Star(rand: rand, sqn: sqn, amf: [0, 0])
    return equalInConstantTime(xmac, token.mac) ? sqn : nil
  }
}
