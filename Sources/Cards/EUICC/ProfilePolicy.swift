import SGP22

/// Which profiles an eUICC takes in (SGP.22 §2.9, §5.5.3).
struct ProfilePolicy {
  let constants: Constants
  let installed: [InstalledProfile]

  /// SGP.22 §5.5.3: why a profile with this description is refused; nil where it is not.
  func objection(to metadata: StoreMetadataRequest) -> ErrorReason? {
    // The eUICC SHALL verify that no other profile has the ICCID.
    if installed.contains(where: { $0.iccid == metadata.iccid }) {
      return .installFailedDueToIccidAlreadyExistsOnEuicc
    }
    let profileClass = metadata.profileClass ?? .operational
    if profileClass == .test, !constants.acceptsTestProfiles { return .unsupportedProfileClass }
    return allowsRules(of: metadata, profileClass) ? nil : .pprNotAllowed
  }

  private func allowsRules(of metadata: StoreMetadataRequest, _ profileClass: ProfileClass) -> Bool {
    guard let rules = metadata.profilePolicyRules, !rules.isEmpty else { return true }
    // §2.9.1: profile policy rules are for operational profiles.
    guard profileClass == .operational else { return false }
    // §2.9.2.4: profileOwner is needed to find the rule's authorisation.
    guard let owner = metadata.profileOwner else { return false }
    for rule in rules.named where rule != .pprUpdateControl {
      if constants.info.forbiddenProfilePolicyRules?.contains(rule) == true { return false }
      guard constants.rat.authorisation(of: rule, for: owner) != nil else { return false }
    }
    // §2.9.3.1: a profile with PPR1 can only be the first operational one.
    return !rules.contains(.ppr1) || !installed.contains { $0.profileClass == .operational }
  }
}
