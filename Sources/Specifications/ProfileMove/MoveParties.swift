import Bytes
import Identifiers
import Keys
import SecureMessages
import TLV

extension Party {
  /// The profile provider whose certificates bear this object identifier.
  public static func profileProvider(_ oid: OID) throws(InvalidIdentifier) -> Party {
    try Party("provider:\(sha256(oid.bytes).prefix(16).hex)")
  }

  /// The secure element with this identifier.
  public static func secureElement(_ eid: EID) throws(InvalidIdentifier) -> Party { try Party("ese:\(eid.digits)") }
}
