import Identifiers
import SGP22

// SGP.22 §3.2 Local profile management: each act is one function of the eUICC.

extension ISDR {
  /// The profiles on the eUICC (§5.7.15).
  public func profiles() throws(Problem) -> [ProfileInfo] {
    let request = ES10c.GetProfilesInfo.Request(tagList: ProfileInfo.defaultTags + [0xB6, 0xB7, 0x99])
    switch try call(ES10c.GetProfilesInfo.self, request) {
    case .ok(let profiles): return profiles
    case .error(let failure): throw .functionFailed("GetProfilesInfo", "\(failure)")
    }
  }

  /// Enables a profile; the one enabled before is disabled (§5.7.16). With `refresh` the card asks the device for a
  /// REFRESH, and the act is complete only after it.
  public func enable(_ profile: ProfileIdentifier, refresh: Bool = true) throws(Problem) {
    let request = ES10c.EnableProfile.Request(profileIdentifier: profile, refreshFlag: refresh)
    let result = try call(ES10c.EnableProfile.self, request).result
    guard result == .ok else { throw .functionFailed("EnableProfile", "\(result)") }
  }

  /// Disables a profile (§5.7.17).
  public func disable(_ profile: ProfileIdentifier, refresh: Bool = true) throws(Problem) {
    let request = ES10c.DisableProfile.Request(profileIdentifier: profile, refreshFlag: refresh)
    let result = try call(ES10c.DisableProfile.self, request).result
    guard result == .ok else { throw .functionFailed("DisableProfile", "\(result)") }
  }

  /// Deletes a disabled profile for good (§5.7.18).
  public func delete(_ profile: ProfileIdentifier) throws(Problem) {
    let result = try call(ES10c.DeleteProfile.self, ES10c.DeleteProfile.Request(profileIdentifier: profile)).result
    guard result == .ok else { throw .functionFailed("DeleteProfile", "\(result)") }
  }

  /// Gives a profile the person's own name, at most 64 bytes; an empty one removes it (§5.7.21).
  public func setNickname(_ nickname: String, of iccid: ICCID) throws(Problem) {
    let request = ES10c.SetNickname.Request(iccid: iccid, profileNickname: nickname)
    let result = try call(ES10c.SetNickname.self, request).result
    guard result == .ok else { throw .functionFailed("SetNickname", "\(result)") }
  }

  /// Deletes what `options` name (§5.7.19); false where there was nothing to delete.
  public func reset(_ options: NamedBits<ES10c.EuiccMemoryReset.ResetOption>) throws(Problem) -> Bool {
    let request = ES10c.EuiccMemoryReset.Request(resetOptions: options)
    switch try call(ES10c.EuiccMemoryReset.self, request).result {
    case .ok: return true
    case .nothingToDelete: return false
    case let result: throw .functionFailed("eUICCMemoryReset", "\(result)")
    }
  }

  /// The eUICC's identifier (§5.7.20).
  public func eid() throws(Problem) -> EID { try call(ES10c.GetEID.self, ES10c.GetEID.Request()).eidValue }

  /// The addresses that the eUICC keeps (§5.7.3).
  public func configuredAddresses() throws(Problem) -> ES10a.GetEuiccConfiguredAddresses.Response {
    try call(ES10a.GetEuiccConfiguredAddresses.self, ES10a.GetEuiccConfiguredAddresses.Request())
  }

  /// Sets the default SM-DP+; an empty address removes it (§5.7.4).
  public func setDefaultSMDPPlus(_ address: String) throws(Problem) {
    let request = ES10a.SetDefaultDpAddress.Request(defaultDpAddress: address)
    let result = try call(ES10a.SetDefaultDpAddress.self, request).result
    guard result == .ok else { throw .functionFailed("SetDefaultDpAddress", "\(result)") }
  }

  /// What the eUICC tells about itself (§5.7.8).
  public func information() throws(Problem) -> EUICCInfo2 {
    try call(ES10b.GetEUICCInfo2.self, ES10b.GetEUICCInfo2.Request())
  }

  /// The notifications that wait (§5.7.9).
  public func notifications() throws(Problem) -> [NotificationMetadata] {
    switch try call(ES10b.ListNotification.self, ES10b.ListNotification.Request()) {
    case .ok(let list): return list
    case .error(let failure): throw .functionFailed("ListNotification", "\(failure)")
    }
  }

  /// Removes a notification without delivering it (§5.7.11); false where there is none of that number.
  public func removeNotification(_ seqNumber: Int) throws(Problem) -> Bool {
    let request = ES10b.RemoveNotificationFromList.Request(seqNumber: seqNumber)
    switch try call(ES10b.RemoveNotificationFromList.self, request).result {
    case .ok: return true
    case .nothingToDelete: return false
    case .undefinedError: throw .functionFailed("RemoveNotificationFromList", "undefinedError")
    }
  }
}
