import AuC
import Bytes
import DeviceChange
import Identifiers

/// The authentication centre as a move changes keys there: the change bears the move's name.
public struct MovedKeys: SubscriberKeys {
  private let desk: AuC.Desk
  private let random: any RandomSource

  /// Over the authentication centre's desk, with what its records are wrapped with.
  public init(_ desk: AuC.Desk, random: any RandomSource) { (self.desk, self.random) = (desk, random) }

  public func prepare(_ profile: MovedProfile, for move: String, now: Instant) throws {
    guard try desk.knows(profile.imsi) else {
      throw DeviceChange.Refused("the authentication centre does not know \(profile.imsi)")
    }
    try refusing {
      let credentials = try Credentials(k: profile.k, algorithm: .milenage(opc: profile.opc))
      try desk.prepare(
        AuC.Subscriber(imsi: profile.imsi, credentials: credentials), as: change(move), now: now, random: random)
    }
  }

  public func commit(_ move: String, of imsi: IMSI, now: Instant) throws {
    try refusing { try desk.commit(change(move), of: imsi, now: now, random: random) }
  }

  public func abandon(_ move: String, of imsi: IMSI, now: Instant) throws {
    try refusing { try desk.abandon(change(move), of: imsi, now: now, random: random) }
  }

  public func bar(_ imsi: IMSI, _ isBarred: Bool, now: Instant) throws {
    try refusing {
      if isBarred {
        try desk.bar(imsi, because: .clone, now: now, random: random)
      } else {
        try desk.unbar(imsi, because: .clone, now: now, random: random)
      }
    }
  }

  private func change(_ move: String) throws -> ChangeID {
    guard let change = ChangeID("move-\(move)") else { throw DeviceChange.Refused("\(move) names no change of keys") }
    return change
  }

  /// What the centre says is definite; what its store says may pass.
  private func refusing(_ deed: () throws -> Void) throws {
    do { try deed() } catch let error as AuCError { throw DeviceChange.Refused(error.description) }
  }
}
