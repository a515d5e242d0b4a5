import APDU
import Bytes
import SGP22
import SecureElement
import TLV

/// What is installed, and what the user calls it (SGP.22 §5.7.15, §5.7.21).
extension ISDR {
  /// SGP.22 §5.7.15.
  func getProfilesInfo(
    _ request: ES10c.GetProfilesInfo.Request, in exchange: Exchange
  ) throws(StatusWordError) -> ES10c.GetProfilesInfo.Response {
    let profiles = CardRecords(exchange.memory).profiles.filter { profile in
      switch request.searchCriteria {
      case .isdpAid(let aid): profile.aid == aid
      case .iccid(let iccid): profile.iccid == iccid
      case .profileClass(let profileClass): profile.profileClass == profileClass
      case nil: true
      }
    }
    let tags = Set(request.tagList ?? ProfileInfo.defaultTags)
    return .ok(profiles.map { $0.info(tags) })
  }

  /// SGP.22 §5.7.21: an empty nickname removes the one that is there.
  func setNickname(
    _ request: ES10c.SetNickname.Request, in exchange: Exchange
  ) throws(StatusWordError) -> ES10c.SetNickname.Response {
    let records = CardRecords(exchange.memory)
    guard var profile = records.profiles.first(where: { $0.iccid == request.iccid }) else {
      return .init(.iccidNotFound)
    }
    profile.nickname = request.profileNickname.isEmpty ? nil : request.profileNickname
    records.write(profile)
    return .init(.ok)
  }
}

extension InstalledProfile {
  /// The fields that were asked for and are there.
  fileprivate func info(_ tags: Set<TLVTag>) -> ProfileInfo {
    func asked<Value>(_ tag: TLVTag, _ value: Value?) -> Value? { tags.contains(tag) ? value : nil }
    var info = ProfileInfo()
    info.iccid = asked(0x5A, iccid)
    info.isdpAid = asked(0x4F, aid)
    info.profileState = asked(0x9F70, state)
    info.profileNickname = asked(0x90, nickname)
    info.serviceProviderName = asked(0x91, metadata.serviceProviderName)
    info.profileName = asked(0x92, metadata.profileName)
    info.iconType = asked(0x93, metadata.iconType)
    info.icon = asked(0x94, metadata.icon)
    info.profileClass = asked(0x95, profileClass)
    info.notificationConfigurationInfo = asked(0xB6, metadata.notificationConfigurationInfo)
    info.profileOwner = asked(0xB7, metadata.profileOwner)
    info.dpProprietaryData = asked(0xB8, dpProprietaryData)
    info.profilePolicyRules = asked(0x99, metadata.profilePolicyRules)
    return info
  }
}
