import APDU
import Bytes
import EUICC
import Identifiers
import SGP22
import SecureElement
import TLV
import TestSupport
import Testing

@Suite("Enabling, disabling, deleting and naming profiles") struct ProfileStateTests {
  static func iccid(_ number: Int) throws -> ICCID { try ICCID("89000000000000000\(10 + number)") }

  /// A card with as many profiles as wanted.
  static func card(_ count: Int, memory: any CardMemory = VolatileMemory()) throws -> TestCard {
    let world = try TestCircle()
    let card = try TestCard(world.personalisation(), memory: memory)
    let server = try TestServer(world)
    for number in 0..<count {
      #expect(try server.download(server.contents(iccid(number)), into: card).success != nil)
    }
    return card
  }

  private func enable(_ card: TestCard, _ number: Int, refresh: Bool = false) throws -> ES10c.EnableProfile.Result {
    let request = ES10c.EnableProfile.Request(
      profileIdentifier: .iccid(try Self.iccid(number)), refreshFlag: refresh)
    return try card.call(ES10c.EnableProfile.self, request).result
  }

  private func states(_ card: TestCard) throws -> [ProfileState?] { try card.profiles().map(\.profileState) }

  @Test("SGP.22 §5.7.16: enabling makes the profile's files visible and disables the other") func enable() throws {
    let card = try Self.card(2)
    #expect(try card.visibleName() == "base")
    #expect(try enable(card, 0) == .ok)
    #expect(try card.visibleName() == Self.iccid(0).digits.suffix(10))
    #expect(try enable(card, 0) == .profileNotInDisabledState)
    let aid = try #require(try card.profiles()[1].isdpAid)
    let request = ES10c.EnableProfile.Request(profileIdentifier: .isdpAid(aid), refreshFlag: false)
    #expect(try card.call(ES10c.EnableProfile.self, request).result == .ok)
    #expect(try states(card) == [.disabled, .enabled])
    #expect(try card.visibleName() == Self.iccid(1).digits.suffix(10))
    #expect(try enable(card, 7) == .iccidOrAidNotFound)
    try card.powerOn()
    #expect(try states(card) == [.disabled, .enabled])
    #expect(try card.visibleName() == Self.iccid(1).digits.suffix(10))
  }

  @Test("§5.7.17: disabling brings back what the card shows without a profile") func disable() throws {
    let card = try Self.card(1)
    let request = ES10c.DisableProfile.Request(profileIdentifier: .iccid(try Self.iccid(0)), refreshFlag: false)
    #expect(try card.call(ES10c.DisableProfile.self, request).result == .profileNotInEnabledState)
    #expect(try enable(card, 0) == .ok)
    #expect(try card.call(ES10c.DisableProfile.self, request).result == .ok)
    #expect(try card.visibleName() == "base")
    let unknown = ES10c.DisableProfile.Request(profileIdentifier: .iccid(try Self.iccid(5)), refreshFlag: false)
    #expect(try card.call(ES10c.DisableProfile.self, unknown).result == .iccidOrAidNotFound)
  }

  @Test("§5.7.18: deleting frees everything the profile took") func delete() throws {
    let card = try Self.card(1)
    #expect(try enable(card, 0) == .ok)
    let request = ES10c.DeleteProfile.Request(profileIdentifier: .iccid(try Self.iccid(0)))
    #expect(try card.call(ES10c.DeleteProfile.self, request).result == .profileNotInDisabledState)
    _ = try card.call(
      ES10c.DisableProfile.self, .init(profileIdentifier: .iccid(try Self.iccid(0)), refreshFlag: false))
    #expect(try card.call(ES10c.DeleteProfile.self, request).result == .ok)
    #expect(try card.call(ES10c.DeleteProfile.self, request).result == .iccidOrAidNotFound)
    #expect(try card.profiles().isEmpty)
    for notification in try card.notifications() {
      _ = try card.call(ES10b.RemoveNotificationFromList.self, .init(seqNumber: notification.seqNumber))
    }
    let blank = try TestCard(TestCircle().personalisation())
    #expect(card.memory.map.areas == blank.memory.map.areas)
  }

  @Test("§5.7.16: with refreshFlag a terminal that told its profile is asked to reset the card") func refresh() throws {
    let card = try Self.card(1)
    #expect(try card.transmit(Command(cla: 0x80, ins: 0x10, p1: 0, p2: 0, data: [0xFF, 0xFF, 0xFF])).status == .ok)
    let request = ES10c.EnableProfile.Request(profileIdentifier: .iccid(try Self.iccid(0)), refreshFlag: true)
    let response = try card.storeData(request.encoded)
    #expect(response.data.hex == "BF3103800100")
    #expect(response.status == .proactive(11))
    let fetched = try card.send(Command(cla: 0x80, ins: 0x12, p1: 0, p2: 0, le: 11))
    #expect(fetched.data.hex == "D009810301010482028182")
  }

  @Test("§5.7.19: a memory reset deletes by class and forgets the default SM-DP+") func reset() throws {
    let card = try Self.card(2)
    #expect(try enable(card, 1) == .ok)
    func reset(_ options: NamedBits<ES10c.EuiccMemoryReset.ResetOption>) throws -> ES10c.EuiccMemoryReset.Result {
      try card.call(ES10c.EuiccMemoryReset.self, .init(resetOptions: options)).result
    }
    #expect(try reset([]) == .nothingToDelete)
    #expect(try reset([.deleteFieldLoadedTestProfiles]) == .nothingToDelete)
    #expect(try reset([.deleteOperationalProfiles]) == .ok)
    #expect(try card.profiles().isEmpty)
    #expect(try card.visibleName() == "base")
    let deleted = try card.notifications().filter {
      $0.profileManagementOperation.contains(.notificationDelete)
    }
    #expect(deleted.count == 2)
    #expect(try reset([.resetDefaultSmdpAddress]) == .ok)
    #expect(try card.call(ES10a.GetEuiccConfiguredAddresses.self, .init()).defaultDpAddress == nil)
    // As lpac sends it: all three.
    #expect(try card.storeData([0xBF, 0x34, 0x04, 0x82, 0x02, 0x05, 0xE0]).data.hex == "BF3403800101")
  }

  @Test("§5.7.15: profiles are found by criteria and told by tags") func list() throws {
    let card = try Self.card(2)
    func list(_ request: ES10c.GetProfilesInfo.Request) throws -> [ProfileInfo] {
      try #require(try card.call(ES10c.GetProfilesInfo.self, request).success)
    }
    #expect(try list(.init()).count == 2)
    let aid = try #require(try list(.init())[1].isdpAid)
    #expect(try list(.init(searchCriteria: .isdpAid(aid))).map(\.iccid) == [Self.iccid(1)])
    #expect(try list(.init(searchCriteria: .iccid(Self.iccid(0)))).map(\.iccid) == [Self.iccid(0)])
    #expect(try list(.init(searchCriteria: .profileClass(.test))).isEmpty)
    #expect(try list(.init(searchCriteria: .profileClass(.operational))).count == 2)
    let some = try list(.init(searchCriteria: .isdpAid(aid), tagList: [0x9F70, 0xB8, 0x99]))
    var expected = ProfileInfo()
    expected.profileState = .disabled
    expected.dpProprietaryData = DpProprietaryData(dpOid: try TestCircle().oid)
    #expect(some == [expected])
    #expect(try card.storeData([0xBF, 0x2D, 0x00]).data.prefix(2).hex == "BF2D")
  }

  @Test("§5.7.21: a nickname is set, changed and removed") func nickname() throws {
    let card = try Self.card(1)
    func name(_ text: String, _ number: Int = 0) throws -> ES10c.SetNickname.Result {
      try card.call(ES10c.SetNickname.self, .init(iccid: Self.iccid(number), profileNickname: text)).result
    }
    #expect(try name("mine") == .ok)
    try card.powerOn()
    #expect(try card.profiles()[0].profileNickname == "mine")
    #expect(try name("") == .ok)
    #expect(try card.profiles()[0].profileNickname == nil)
    #expect(try name("mine", 3) == .iccidNotFound)
    #expect(throws: StatusWordError(.wrongData)) { try name(String(repeating: "x", count: 65)) }
  }

  @Test("a power cut while profiles change leaves the state before or after, files and notifications with it")
  func powerCuts() throws {
    for cut in stride(from: 0, through: 1200, by: 37) {
      let storage = PowerCutLog(VolatileLog())
      let card = try Self.card(2, memory: LogMemory(storage))
      #expect(try enable(card, 0) == .ok)
      let before = try card.notifications().count
      storage.cut(atWrite: 1, cut > 1100 ? .afterWrite : .afterBytes(cut))
      let request = ES10c.EnableProfile.Request(
        profileIdentifier: .iccid(try Self.iccid(1)), refreshFlag: false
      ).encoded
      #expect(card.card.respond(Command(cla: 0x80, ins: 0xE2, p1: 0x91, p2: 0, data: request).bytes).isEmpty)
      try card.powerOn()
      let isDone = try states(card) == [.disabled, .enabled]
      if !isDone { #expect(try states(card) == [.enabled, .disabled]) }
      #expect(try card.visibleName() == Self.iccid(isDone ? 1 : 0).digits.suffix(10))
      #expect(try card.notifications().count == before + (isDone ? 2 : 0))
    }
  }
}
