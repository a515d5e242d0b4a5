import Bytes
import Identifiers
import Keys

/// The subscription identifier de-concealing function of the home network (TS 33.501 §5.8.2).
public struct SIDF: Sendable {
  /// Why an identity is not revealed.
  public enum Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// It is of another network.
    case foreignNetwork(PLMN)
    /// The network does not use this scheme with this key, or no more.
    case unknownKey(scheme: UInt8, identifier: UInt8)
    /// The scheme output was changed, or what is concealed is no IMSI.
    case malformed

    public var description: String {
      switch self {
      case .foreignNetwork(let plmn): "the identity is of the network \(plmn)"
      case .unknownKey(let scheme, let identifier): "there is no key \(identifier) for scheme \(scheme)"
      case .malformed: "the concealed identity is malformed"
      }
    }
  }

  private let plmn: PLMN
  private let keys: [UInt8: HomeNetworkKey]
  private let takesNullScheme: Bool

  /// The function of a network, with its keys by their identifiers. The null scheme, which conceals nothing, is taken
  /// unless the network says otherwise (TS 33.501 §5.2.5: a matter of its policy).
  public init(plmn: PLMN, keys: [UInt8: HomeNetworkKey], takesNullScheme: Bool = true) {
    (self.plmn, self.keys, self.takesNullScheme) = (plmn, keys, takesNullScheme)
  }

  /// The IMSI that a SUCI conceals.
  public func reveal(_ suci: SUCI) throws(Refusal) -> IMSI {
    guard suci.plmn == plmn else { throw .foreignNetwork(suci.plmn) }
    let msin: [UInt8]
    switch suci.scheme {
    case 0 where takesNullScheme: msin = suci.output
    default:
      guard let key = keys[suci.keyIdentifier], key.profile.rawValue == suci.scheme else {
        throw .unknownKey(scheme: suci.scheme, identifier: suci.keyIdentifier)
      }
      guard let plaintext = try? ECIES.reveal(suci.output, with: key) else { throw .malformed }
      msin = plaintext
    }
    var halves = msin.flatMap { [$0 & 0x0F, $0 >> 4] }
    if halves.last == 0x0F { halves.removeLast() }
    guard halves.allSatisfy({ $0 < 10 }),
      let imsi = try? IMSI(plmn.mcc + plmn.mnc + halves.map(String.init).joined())
    else { throw .malformed }
    return imsi
  }
}
