import Bytes
import Identifiers
import Keys

/// A subscription concealed identifier made of an IMSI (TS 23.003 §2.2B, TS 24.501 §9.11.3.4).
public struct SUCI: Hashable, Sendable {
  /// The home network, which stays readable.
  public let plmn: PLMN
  /// 1 to 4 digits, by which the home network finds the part of it that reveals the identity.
  public let routingIndicator: String
  /// 0 null scheme, 1 profile A, 2 profile B.
  public let scheme: UInt8
  /// Which of the home network's public keys was used; 0 with the null scheme.
  public let keyIdentifier: UInt8
  /// The MSIN's digits in bytes with the null scheme; else ``ECIES``'s scheme output.
  public let output: [UInt8]

  /// A SUCI of its parts; nil where the routing indicator is not 1 to 4 digits.
  public init?(plmn: PLMN, routingIndicator: String, scheme: UInt8, keyIdentifier: UInt8, output: [UInt8]) {
    guard (1...4).contains(routingIndicator.utf8.count),
      routingIndicator.utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    (self.plmn, self.routingIndicator, self.scheme) = (plmn, routingIndicator, scheme)
    (self.keyIdentifier, self.output) = (keyIdentifier, output)
  }

  /// TS 24.501 §9.11.3.4 from octet 4 on: SUPI format and type of identity, network, routing indicator, scheme, key,
  /// scheme output; nil where the bytes are none, or are of another format than IMSI.
  public init?(bytes: [UInt8]) {
    guard bytes.count >= 8, bytes[0] & 0x77 == 0x01, bytes[6] & 0xF0 == 0, let plmn = try? PLMN(bytes: bytes[1..<4])
    else { return nil }
    let halves = bytes[4..<6].flatMap { [$0 & 0x0F, $0 >> 4] }
    let digits = halves.prefix { $0 != 0x0F }
    guard digits.allSatisfy({ $0 < 10 }), halves.dropFirst(digits.count).allSatisfy({ $0 == 0x0F }) else { return nil }
    self.init(
      plmn: plmn, routingIndicator: digits.map(String.init).joined(), scheme: bytes[6], keyIdentifier: bytes[7],
      output: Array(bytes[8...]))
  }

  /// The identity as it is sent, from octet 4 on.
  public var bytes: [UInt8] {
    var halves = routingIndicator.utf8.map { $0 & 0x0F }
    halves += [UInt8](repeating: 0x0F, count: 4 - halves.count)
    return [0x01] + plmn.bytes + [halves[0] | halves[1] << 4, halves[2] | halves[3] << 4, scheme, keyIdentifier]
      + output
  }

  /// The MSIN's digits in bytes, two in each, the first in the lower half, F after an odd number.
  public static func packed(_ msin: some StringProtocol) -> [UInt8] {
    var halves = msin.utf8.map { $0 & 0x0F }
    if halves.count % 2 == 1 { halves.append(0x0F) }
    return stride(from: 0, to: halves.count, by: 2).map { halves[$0] | halves[$0 + 1] << 4 }
  }

  /// TS 33.501 §6.12.2, the UE: conceals an IMSI whose network's code has `mncLength` digits. `key` is nil for the null
  /// scheme; `ephemeral` is a private key that serves once.
  public init(
    concealing imsi: IMSI, mncLength: Int, routingIndicator: String, key: PublicKeyChoice?, ephemeral: [UInt8]
  ) throws(KeyError) {
    let digits = imsi.digits
    guard (2...3).contains(mncLength), digits.utf8.count > 3 + mncLength,
      let plmn = try? PLMN(mcc: digits.prefix(3), mnc: digits.dropFirst(3).prefix(mncLength))
    else { throw KeyError("the IMSI is too short for its network") }
    let msin = Self.packed(digits.dropFirst(3 + mncLength))
    let output =
      if let key { try ECIES.conceal(msin, for: key.bytes, profile: key.profile, ephemeral: ephemeral) } else { msin }
    guard
      let suci = SUCI(
        plmn: plmn, routingIndicator: routingIndicator, scheme: key?.profile.rawValue ?? 0,
        keyIdentifier: key?.identifier ?? 0, output: output)
    else { throw KeyError("a routing indicator has 1 to 4 digits") }
    self = suci
  }

  /// A public key of the home network.
  public struct PublicKeyChoice: Hashable, Sendable {
    public let profile: ECIES.Profile
    public let identifier: UInt8
    /// 32 bytes (A); 33 or 65 (B).
    public let bytes: [UInt8]

    /// A key under its identifier.
    public init(_ profile: ECIES.Profile, identifier: UInt8, bytes: [UInt8]) {
      (self.profile, self.identifier, self.bytes) = (profile, identifier, bytes)
    }
  }
}
