import TLV

/// What the user enters or scans to get a profile (SGP.22 §4.1).
///
/// ```
/// LPA:1$SM-DP+ address$AC_Token[$SM-DP+ OID][$1]      -- "LPA:" only in a QR code
/// ```
public struct ActivationCode: Sendable, Hashable, CustomStringConvertible {
  /// Why a text is no activation code.
  public enum Problem: Error, Equatable, CustomStringConvertible {
    case tooLong, unknownFormat, wrongNumberOfParts, address, token, oid, flag

    /// A sentence for the user.
    public var description: String {
      switch self {
      case .tooLong: "The activation code is longer than 255 characters; check that it was copied as a whole."
      case .unknownFormat: "The activation code must begin with \"LPA:1$\" or \"1$\"."
      case .wrongNumberOfParts: "The activation code must have three to five parts with \"$\" between them."
      case .address: "The activation code's server address is no host name."
      case .token: "The activation code's token has a character that is not allowed."
      case .oid: "The activation code's server identifier is no object identifier."
      case .flag: "The activation code's last part must be 1 or empty."
      }
    }
  }

  /// The SM-DP+.
  public let smdpAddress: FQDN
  /// The token, sent as MatchingID: visible ASCII without "$". Our own are ``MatchingId``; those of others vary.
  public let matchingId: String
  /// The SM-DP+'s identifier, which its certificates must bear.
  public let smdpOid: OID?
  /// Whether the user must enter a confirmation code.
  public let confirmationCodeRequired: Bool

  /// A code of our own.
  public init(
    smdpAddress: FQDN, matchingId: MatchingId, smdpOid: OID? = nil, confirmationCodeRequired: Bool = false
  ) {
    (self.smdpAddress, self.matchingId, self.smdpOid) = (smdpAddress, matchingId.text, smdpOid)
    self.confirmationCodeRequired = confirmationCodeRequired
  }

  /// Reads a code, with "LPA:" or without.
  public init(_ text: some StringProtocol) throws(Problem) {
    guard text.utf8.count <= 255 + 4 else { throw .tooLong }
    let code = text.uppercased().hasPrefix("LPA:") ? text.dropFirst(4) : text[...]
    guard code.utf8.count <= 255 else { throw .tooLong }
    let parts = code.split(separator: "$", omittingEmptySubsequences: false)
    // §4.1: AC_Format SHALL be set to 1; if it has any other value, the activation code is invalid.
    guard parts.first == "1" else { throw .unknownFormat }
    guard (3...5).contains(parts.count) else { throw .wrongNumberOfParts }
    guard let address = FQDN(parts[1]) else { throw .address }
    guard parts[2].utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !parts[2].contains("../") else { throw .token }
    smdpAddress = address
    matchingId = String(parts[2])
    if parts.count > 3, !parts[3].isEmpty {
      guard let oid = OID(parts[3]) else { throw .oid }
      smdpOid = oid
    } else {
      smdpOid = nil
    }
    guard parts.count < 5 || parts[4].isEmpty || parts[4] == "1" else { throw .flag }
    confirmationCodeRequired = parts.count == 5 && parts[4] == "1"
  }

  /// The code without "LPA:", as it is typed.
  public var text: String {
    var parts = ["1", smdpAddress.description, matchingId]
    if smdpOid != nil || confirmationCodeRequired { parts.append(smdpOid?.description ?? "") }
    if confirmationCodeRequired { parts.append("1") }
    return parts.joined(separator: "$")
  }

  /// The code as it stands in a QR code.
  public var description: String { "LPA:" + text }
}
