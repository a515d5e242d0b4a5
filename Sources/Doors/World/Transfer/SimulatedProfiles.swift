import Identifiers
import SubscriberTransfer
import TLV

/// An eUICC with whoever manages it, as far as a change of operator goes: which profiles are on it, which is enabled, and
/// what their operators allow. What it did stays done, whoever crashes.
public final class SimulatedProfiles: @unchecked Sendable {
  /// One profile.
  struct Profile {
    let owner: String
    /// POL2: it may be disabled, and is deleted then.
    var isReleased = false
  }

  /// The eUICC was asked, and nobody knows whether it heard.
  struct Lost: Error {}

  /// By its number.
  var profiles: [ICCID: Profile]
  /// The one that is in use.
  public internal(set) var enabled: ICCID
  /// The SM-SR that manages it.
  var manager: OID
  /// What becomes of a call.
  var fate: () -> Fate = { .heard }
  /// Whether the new profile finds a network.
  var findsNetwork = true
  /// Whether the eUICC's certificate is good.
  var isGenuine = true
  /// New profiles by their change.
  var stock: [String: ICCID] = [:]

  /// What becomes of a call.
  enum Fate { case heard, answerLost, lost }

  init(_ enabled: ICCID, of owner: String, managedBy manager: OID) {
    (profiles, self.enabled, self.manager) = ([enabled: Profile(owner: owner)], enabled, manager)
  }

  /// The eUICC as the operator called `name` reaches it.
  func view(of name: String) -> any ProfileControl { View(profiles: self, name: name) }

  private func reached<Value>(_ deed: () throws -> Value) throws -> Value {
    switch fate() {
    case .lost: throw Lost()
    case .answerLost:
      _ = try deed()
      throw Lost()
    case .heard: return try deed()
    }
  }

  private struct View: ProfileControl {
    let profiles: SimulatedProfiles
    let name: String

    func verify(_ eid: EID, as call: String) throws {
      try profiles.reached { if !profiles.isGenuine { throw Refused("the eUICC's certificate is not good") } }
    }

    func prepare(_ manager: OID, for eid: EID, as call: String) throws { try profiles.reached {} }

    func isManaged(_ eid: EID, by manager: OID, as call: String) throws -> Bool {
      try profiles.reached { profiles.manager == manager }
    }

    func changeManager(of eid: EID, to manager: OID, as call: String) throws -> Bool {
      try profiles.reached {
        let wasThere = profiles.manager == manager
        profiles.manager = manager
        return wasThere
      }
    }

    func install(for change: String, on eid: EID, as call: String) throws -> ICCID {
      try profiles.reached {
        guard let iccid = profiles.stock[change] else { throw Refused("there is no profile for \(change)") }
        if profiles.profiles[iccid] == nil { profiles.profiles[iccid] = Profile(owner: name) }
        return iccid
      }
    }

    func remove(_ iccid: ICCID, from eid: EID, as call: String) throws {
      try profiles.reached {
        guard profiles.enabled != iccid else { throw Lost() }
        profiles.profiles[iccid] = nil
      }
    }

    func enable(_ iccid: ICCID, on eid: EID, as call: String) throws {
      try profiles.reached {
        if profiles.enabled == iccid { return }
        guard profiles.profiles[iccid]?.owner == name else { throw Refused("there is no such profile of \(name)") }
        let former = profiles.enabled
        guard profiles.profiles[former]?.isReleased == true else { throw Refused("POL2 keeps the profile in use") }
        // It is enabled, finds no network, and the former one is enabled again.
        guard profiles.findsNetwork else { throw Refused("the profile found no network") }
        profiles.enabled = iccid
        profiles.profiles[former] = nil
      }
    }

    func isInUse(_ iccid: ICCID, on eid: EID, as call: String) throws -> Bool {
      try profiles.reached { profiles.enabled == iccid }
    }

    func release(_ iccid: ICCID, on eid: EID, _ isReleased: Bool, as call: String) throws {
      try profiles.reached { profiles.profiles[iccid]?.isReleased = isReleased }
    }
  }
}
