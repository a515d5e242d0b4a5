import SGP22
import TLV

/// Decides whether a profile suits an eUICC and its device (SGP.22 §5.6.3, Annex F).
public protocol Eligibility: Sendable {
  /// Why `order` is not for this eUICC and device: nil where it is.
  func objection(to order: Order, euiccInfo2: EUICCInfo2, deviceInfo: DeviceInfo) -> (refusal: Refusal, detail: String)?
}

/// Refuses what cannot work: an eUICC without room, or one that forbids the profile's policy rules.
public struct UsualEligibility: Eligibility {
  /// The room that a profile needs at least, in bytes.
  public var leastMemory: Int

  /// By default 4 KiB.
  public init(leastMemory: Int = 4096) { self.leastMemory = leastMemory }

  public func objection(
    to order: Order, euiccInfo2: EUICCInfo2, deviceInfo: DeviceInfo
  ) -> (refusal: Refusal, detail: String)? {
    if let resources = try? ExtCardResource(encoded: euiccInfo2.extCardResource),
      resources.freeNonVolatileMemory < leastMemory
    {
      return (.insufficientMemory, "the eUICC has \(resources.freeNonVolatileMemory) bytes left")
    }
    if let rules = (try? StoreMetadataRequest(encoded: order.metadata))?.profilePolicyRules,
      let forbidden = euiccInfo2.forbiddenProfilePolicyRules, let rule = rules.named.first(where: forbidden.contains)
    {
      return (.noEligibleProfile, "the eUICC forbids the profile's policy rule \(rule)")
    }
    return nil
  }
}
