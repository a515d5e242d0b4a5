import Bytes
import Identifiers
import SGP22

/// What is ordered.
public struct OrderRequest: Sendable, Hashable {
  /// The kind of profile, as the SIM stock knows it.
  public let profileType: String
  /// The subscription that gets it; nil for a profile of nobody's, to be tried out for example.
  public let subscription: Int?
  /// The SIM, where it is chosen; else one of the type is.
  public let iccid: ICCID?
  /// The eUICC that alone may fetch it, where it is known.
  public let eid: EID?
  /// What the user must enter; nil for nothing.
  public let confirmationCode: Secret?
  /// The SM-DS by which the device finds the order; a dot stands for the root SM-DS.
  public let smdsAddress: String?
  /// The operator's own name for the order, if it has one; no two orders have the same.
  public let reference: String?

  /// Checks what can be checked without asking anybody.
  public init(
    profileType: String, subscription: Int? = nil, iccid: ICCID? = nil, eid: EID? = nil,
    confirmationCode: Secret? = nil, smdsAddress: String? = nil, reference: String? = nil
  ) throws(OrderError) {
    guard (1...256).contains(profileType.utf8.count),
      !profileType.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
    else { throw .invalid("profile type", "1 to 256 characters are wanted, none of them a control character") }
    if let code = confirmationCode {
      // SGP.22 §5.3.2: the Confirmation Code is a text; ours are what a telephone's keypad can enter.
      guard (1...32).contains(code.bytes.count), code.bytes.allSatisfy({ (0x30...0x39).contains($0) }) else {
        throw .invalid("confirmation code", "1 to 32 digits are wanted")
      }
    }
    if let address = smdsAddress {
      guard address == "." || FQDN(address) != nil else { throw .invalid("SM-DS", "a host name or a dot is wanted") }
      // SGP.22 §5.3.2: the EID SHALL be present if an SM-DS address is given.
      guard eid != nil else { throw .invalid("EID", "an order that an SM-DS announces needs the EID") }
    }
    if let reference {
      guard (1...128).contains(reference.utf8.count), !reference.contains(where: \.isNewline) else {
        throw .invalid("reference", "1 to 128 characters on one line are wanted")
      }
    }
    (self.profileType, self.subscription, self.iccid, self.eid) = (profileType, subscription, iccid, eid)
    (self.confirmationCode, self.smdsAddress, self.reference) = (confirmationCode, smdsAddress, reference)
  }
}
