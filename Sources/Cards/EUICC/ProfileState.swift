import APDU
import Bytes
import SGP22
import SecureElement
import UICC

/// Enabling, disabling and deleting profiles, as the eUICC sees it (SGP.22 §3.2, §5.7.16–§5.7.19). Each is one commit:
/// states, the visible file system and the notifications change together.
extension ISDR {
  /// SGP.22 §5.7.16.
  func enableProfile(
    _ request: ES10c.EnableProfile.Request, in exchange: Exchange
  ) throws(StatusWordError) -> ES10c.EnableProfile.Response {
    let records = CardRecords(exchange.memory)
    guard let target = records.profile(request.profileIdentifier) else { return .init(.iccidOrAidNotFound) }
    guard target.state == .disabled else { return .init(.profileNotInDisabledState) }
    guard try mayUse(target, in: exchange) else { return .init(.undefinedError) }
    if let enabled = records.enabledProfile {
      if enabled.profileClass == .test {
        // If the currently enabled profile is a test profile, only another test profile, or the profile that it
        // displaced, may be enabled.
        guard target.profileClass == .test || target.aid == records.displacedProfile else {
          return .init(.wrongProfileReenabling)
        }
      } else if enabled.has(.ppr1), target.profileClass != .test {
        // PPR1: disabling of this profile is not allowed.
        return .init(.disallowedByPolicy)
      }
      if target.profileClass == .test, enabled.profileClass != .test { records.displacedProfile = enabled.aid }
      set(enabled, .disabled, records)
    }
    if target.profileClass != .test { records.displacedProfile = nil }
    set(target, .enabled, records)
    exchange.show(target.area)
    if request.refreshFlag { exchange.push(.refresh(.uiccReset)) }
    return .init(.ok)
  }

  /// SGP.22 §5.7.17.
  func disableProfile(
    _ request: ES10c.DisableProfile.Request, in exchange: Exchange
  ) throws(StatusWordError) -> ES10c.DisableProfile.Response {
    let records = CardRecords(exchange.memory)
    guard let target = records.profile(request.profileIdentifier) else { return .init(.iccidOrAidNotFound) }
    guard target.state == .enabled else { return .init(.profileNotInEnabledState) }
    // PPR1: disabling of this profile is not allowed.
    guard !target.has(.ppr1) else { return .init(.disallowedByPolicy) }
    try disable(target, in: exchange)
    if request.refreshFlag { exchange.push(.refresh(.uiccReset)) }
    return .init(.ok)
  }

  /// SGP.22 §5.7.18.
  func deleteProfile(
    _ request: ES10c.DeleteProfile.Request, in exchange: Exchange
  ) throws(StatusWordError) -> ES10c.DeleteProfile.Response {
    let records = CardRecords(exchange.memory)
    guard let target = records.profile(request.profileIdentifier) else { return .init(.iccidOrAidNotFound) }
    guard target.state == .disabled else { return .init(.profileNotInDisabledState) }
    // PPR2: deletion of this profile is not allowed.
    guard !target.has(.ppr2) else { return .init(.disallowedByPolicy) }
    delete(target, in: exchange)
    return .init(.ok)
  }

  /// SGP.22 §5.7.19: profiles are deleted whatever their state and their policy rules.
  func eUICCMemoryReset(
    _ request: ES10c.EuiccMemoryReset.Request, in exchange: Exchange
  ) throws(StatusWordError) -> ES10c.EuiccMemoryReset.Response {
    let records = CardRecords(exchange.memory)
    let options = request.resetOptions
    let doomed = records.profiles.filter { profile in
      switch profile.profileClass {
      case .operational: options.contains(.deleteOperationalProfiles)
      case .test: options.contains(.deleteFieldLoadedTestProfiles)
      case .provisioning: false
      }
    }
    let resetsAddress = options.contains(.resetDefaultSmdpAddress) && records.defaultDpAddress != nil
    guard !doomed.isEmpty || resetsAddress else { return .init(.nothingToDelete) }
    if let enabled = doomed.first(where: { $0.state == .enabled }) {
      try show(base: records, in: exchange)
      records.write(enabled.with(.disabled))
      exchange.push(.refresh(.uiccReset))
    }
    for profile in doomed { delete(profile, in: exchange) }
    if resetsAddress { records.defaultDpAddress = nil }
    return .init(.ok)
  }

  // MARK: Steps

  private func set(_ profile: InstalledProfile, _ state: ProfileState, _ records: CardRecords) {
    records.write(profile.with(state))
    Notifications(records).add(state == .enabled ? .notificationEnable : .notificationDisable, of: profile)
  }

  /// Disables the enabled profile; a test profile gives way to the one that it displaced.
  func disable(_ profile: InstalledProfile, in exchange: Exchange) throws(StatusWordError) {
    let records = CardRecords(exchange.memory)
    set(profile, .disabled, records)
    if profile.profileClass == .test,
      let former = records.profiles.first(where: { $0.aid == records.displacedProfile }),
      try mayUse(former, in: exchange)
    {
      records.displacedProfile = nil
      set(former, .enabled, records)
      exchange.show(former.area)
    } else {
      try show(base: records, in: exchange)
    }
  }

  private func delete(_ profile: InstalledProfile, in exchange: Exchange) {
    let records = CardRecords(exchange.memory)
    if records.displacedProfile == profile.aid { records.displacedProfile = nil }
    Notifications(records).add(.notificationDelete, of: profile)
    records.remove(profile)
    exchange.delete(profile.area)
  }

  /// Shows what the card has while no profile is enabled.
  private func show(base records: CardRecords, in exchange: Exchange) throws(StatusWordError) {
    let base = try records.constants().baseArea.flatMap { UInt16(exactly: $0) }
    exchange.show(base.map { MemoryArea(rawValue: $0) })
  }
}

extension InstalledProfile {
  fileprivate func with(_ state: ProfileState) -> InstalledProfile {
    var copy = self
    copy.state = state
    return copy
  }
}

extension CardRecords {
  /// The profile that is meant.
  func profile(_ identifier: ProfileIdentifier) -> InstalledProfile? {
    profiles.first { profile in
      switch identifier {
      case .isdpAid(let aid): profile.aid == aid
      case .iccid(let iccid): profile.iccid == iccid
      }
    }
  }

  /// The profile in use: at most one.
  var enabledProfile: InstalledProfile? { profiles.first { $0.state == .enabled } }
}
