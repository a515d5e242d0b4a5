import EUICC
import Identifiers
import SGP22
import TestSupport
import Testing

@Suite("Profile policy rules and classes") struct ProfilePolicyTests {
  private static let anyone = [OperatorID(mccMnc: [0xEE, 0xEE, 0xEE], gid1: [], gid2: [])]
  private static let other = [OperatorID(mccMnc: [0x62, 0xF2, 0x20])]

  private func iccid(_ number: Int) throws -> ICCID { try ICCID("89000000000000000\(10 + number)") }

  /// The reason for which a second profile is refused on a card with the given settings; nil where it is installed.
  private func reason(
    _ settings: (inout Personalisation) -> Void = { _ in }, first: ProfileClass? = nil,
    testKeys: Bool = false, _ change: (inout StoreMetadataRequest) -> Void
  ) throws -> ErrorReason? {
    let world = try TestCircle()
    var personalisation = try world.personalisation()
    settings(&personalisation)
    let card = try TestCard(personalisation)
    let server = try TestServer(world)
    if let first {
      let contents = try server.contents(iccid(1), package: SampleInstaller.package(iccid(1), testKeys: true)) {
        $0.profileClass = first
      }
      #expect(try server.download(contents, into: card).success != nil)
    }
    let contents = try server.contents(
      iccid(2), package: SampleInstaller.package(iccid(2), testKeys: testKeys), change: change)
    let result = try server.download(contents, into: card)
    if let error = result.error { #expect(error.bppCommandId == .storeMetadata) }
    return result.error?.errorReason
  }

  private func allow(_ rules: PprIds, _ operators: [OperatorID]) -> (inout Personalisation) -> Void {
    { $0.rat = [ProfilePolicyAuthorisationRule(pprIds: rules, allowedOperators: operators)] }
  }

  @Test("SGP.22 §2.9.2.4: a rule needs an entry for its owner in the Rules Authorisation Table") func table() throws {
    #expect(try reason { $0.profilePolicyRules = [.ppr2] } == .pprNotAllowed)
    #expect(try reason(allow([.ppr2], Self.anyone)) { $0.profilePolicyRules = [.ppr2] } == nil)
    #expect(try reason(allow([.ppr2], Self.other)) { $0.profilePolicyRules = [.ppr2] } == .pprNotAllowed)
    #expect(try reason(allow([.ppr1], Self.anyone)) { $0.profilePolicyRules = [.ppr1, .ppr2] } == .pprNotAllowed)
    #expect(try reason(allow([.ppr1, .ppr2], Self.anyone)) { $0.profilePolicyRules = [.ppr1, .ppr2] } == nil)
    #expect(
      try reason(allow([.ppr2], Self.anyone)) {
        $0.profilePolicyRules = [.ppr2]
        $0.profileOwner = nil
      } == .pprNotAllowed)
    #expect(try reason { $0.profilePolicyRules = [.pprUpdateControl] } == nil)
  }

  @Test("§5.7.8: a rule that the eUICC forbids is refused whatever the table says") func forbidden() throws {
    let settings: (inout Personalisation) -> Void = {
      self.allow([.ppr1, .ppr2], Self.anyone)(&$0)
      $0.forbiddenProfilePolicyRules = [.ppr2]
    }
    #expect(try reason(settings) { $0.profilePolicyRules = [.ppr2] } == .pprNotAllowed)
    #expect(try reason(settings) { $0.profilePolicyRules = [.ppr1] } == nil)
  }

  @Test("§2.9.3.1: PPR1 is for the first operational profile alone") func onlyFirst() throws {
    let settings = allow([.ppr1], Self.anyone)
    #expect(try reason(settings, first: .operational) { $0.profilePolicyRules = [.ppr1] } == .pprNotAllowed)
    #expect(try reason(settings, first: .test) { $0.profilePolicyRules = [.ppr1] } == nil)
  }

  @Test("§2.4.5: test profiles have test keys, no policy rules, and need the eUICC's consent") func classes() throws {
    #expect(try reason(testKeys: true) { $0.profileClass = .test } == nil)
    #expect(try reason { $0.profileClass = .provisioning } == nil)
    #expect(
      try reason({ $0.acceptsTestProfiles = false }, testKeys: true) { $0.profileClass = .test }
        == .unsupportedProfileClass)
    #expect(
      try reason(allow([.ppr2], Self.anyone), testKeys: true) {
        $0.profileClass = .test
        $0.profilePolicyRules = [.ppr2]
      } == .pprNotAllowed)
  }

  @Test("§3.2: PPR1 and PPR2 keep a profile enabled and there, but not from a memory reset") func enforced() throws {
    let world = try TestCircle()
    var personalisation = try world.personalisation()
    allow([.ppr1, .ppr2], Self.anyone)(&personalisation)
    let card = try TestCard(personalisation)
    let server = try TestServer(world)
    let (kept, other, test) = (try iccid(1), try iccid(2), try iccid(3))
    #expect(
      try server.download(
        server.contents(kept) { $0.profilePolicyRules = [.ppr1, .ppr2] }, into: card
      ).success != nil)
    #expect(try server.download(server.contents(other), into: card).success != nil)
    let testContents = try server.contents(test, package: SampleInstaller.package(test, testKeys: true)) {
      $0.profileClass = .test
    }
    #expect(try server.download(testContents, into: card).success != nil)
    func enable(_ iccid: ICCID) throws -> ES10c.EnableProfile.Result {
      try card.call(ES10c.EnableProfile.self, .init(profileIdentifier: .iccid(iccid), refreshFlag: false)).result
    }
    func disable(_ iccid: ICCID) throws -> ES10c.DisableProfile.Result {
      try card.call(ES10c.DisableProfile.self, .init(profileIdentifier: .iccid(iccid), refreshFlag: false)).result
    }
    func delete(_ iccid: ICCID) throws -> ES10c.DeleteProfile.Result {
      try card.call(ES10c.DeleteProfile.self, .init(profileIdentifier: .iccid(iccid))).result
    }
    #expect(try delete(kept) == .disallowedByPolicy)
    #expect(try enable(kept) == .ok)
    #expect(try enable(other) == .disallowedByPolicy)
    #expect(try disable(kept) == .disallowedByPolicy)
    // A test profile may displace it, and gives the place back to it alone.
    #expect(try enable(test) == .ok)
    #expect(try enable(other) == .wrongProfileReenabling)
    try card.powerOn()
    #expect(try disable(test) == .ok)
    #expect(try card.profiles().first { $0.profileState == .enabled }?.iccid == kept)
    #expect(try card.visibleName() == String(kept.digits.suffix(10)))
    #expect(try enable(test) == .ok)
    #expect(try enable(kept) == .ok)
    let reset = ES10c.EuiccMemoryReset.Request(resetOptions: [.deleteOperationalProfiles])
    #expect(try card.call(ES10c.EuiccMemoryReset.self, reset).result == .ok)
    #expect(try card.profiles().map(\.iccid) == [test])
  }
}
