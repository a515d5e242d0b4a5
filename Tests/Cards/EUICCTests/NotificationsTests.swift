import Bytes
import CircleOfTrust
import EUICC
import Identifiers
import SGP22
import TLV
import TestSupport
import Testing

@Suite("Notifications and what the eUICC tells") struct NotificationsTests {
  @Test("SGP.22 §3.5: each event makes a notification for each address configured for it, signed and numbered")
  func events() throws {
    let world = try TestCircle()
    let card = try TestCard(world.personalisation())
    let server = try TestServer(world)
    let iccid = try ProfileStateTests.iccid(0)
    let contents = try server.contents(iccid) { metadata in
      metadata.notificationConfigurationInfo = [
        NotificationConfigurationInformation(
          profileManagementOperation: [.notificationInstall, .notificationEnable],
          notificationAddress: "first.example.com"),
        NotificationConfigurationInformation(
          profileManagementOperation: [.notificationEnable, .notificationDelete],
          notificationAddress: "second.example.com"),
      ]
    }
    #expect(try server.download(contents, into: card).success != nil)
    let identifier = ProfileIdentifier.iccid(iccid)
    _ = try card.call(ES10c.EnableProfile.self, .init(profileIdentifier: identifier, refreshFlag: false))
    _ = try card.call(ES10c.DisableProfile.self, .init(profileIdentifier: identifier, refreshFlag: false))
    _ = try card.call(ES10c.DeleteProfile.self, .init(profileIdentifier: identifier))
    try card.powerOn()
    let list = try card.notifications()
    #expect(list.map(\.seqNumber) == [1, 2, 3, 4, 5])
    #expect(
      list.map(\.notificationAddress) == [
        TestCircle.address, "first.example.com", "first.example.com", "second.example.com", "second.example.com",
      ])
    #expect(
      list.flatMap(\.profileManagementOperation.named) == [
        .notificationInstall, .notificationInstall, .notificationEnable, .notificationEnable, .notificationDelete,
      ])
    let circle = Circle(roots: [world.root.certificate])
    let pending = try card.retrieve()
    #expect(pending.compactMap(\.notificationMetadata) == list)
    for case .otherSignedNotification(let notification) in pending {
      let value = notification.value
      let euicc = try circle.verify([value.euiccCertificate, value.eumCertificate], as: .euicc, at: TestCircle.start)
      #expect(
        euicc.publicKey.verifies(value.euiccNotificationSignature, over: value.tbsOtherNotification.encoded))
    }
    #expect(pending.count == 5)
  }

  @Test("§5.7.9–§5.7.11: the list is filtered, and a number that was given is never given again") func list() throws {
    let card = try ProfileStateTests.card(2)
    let identifier = ProfileIdentifier.iccid(try ProfileStateTests.iccid(0))
    _ = try card.call(ES10c.EnableProfile.self, .init(profileIdentifier: identifier, refreshFlag: false))
    func list(_ events: NamedBits<NotificationEvent>?) throws -> [Int] {
      try #require(
        try card.call(ES10b.ListNotification.self, .init(profileManagementOperation: events)).success
      ).map(\.seqNumber)
    }
    #expect(try list(nil) == [1, 2, 3])
    #expect(try list([.notificationInstall]) == [1, 2])
    #expect(try list([.notificationEnable, .notificationDelete]) == [3])
    #expect(try list([.notificationDelete]) == [])
    func retrieve(_ criteria: ES10b.RetrieveNotificationsList.SearchCriteria) throws
      -> ES10b.RetrieveNotificationsList.Response
    { try card.call(ES10b.RetrieveNotificationsList.self, .init(searchCriteria: criteria)) }
    #expect(try retrieve(.seqNumber(2)).success?.compactMap(\.notificationMetadata?.seqNumber) == [2])
    #expect(try retrieve(.profileManagementOperation([.notificationEnable])).success?.count == 1)
    for unknown in [0, 4, -1, Int(Int32.max) + 1, .max, .min] {
      #expect(try retrieve(.seqNumber(unknown)).failure == .noResultAvailable)
      #expect(
        try card.call(ES10b.RemoveNotificationFromList.self, .init(seqNumber: unknown)).result == .nothingToDelete)
    }
    for number in [3, 1, 2] {
      #expect(try card.call(ES10b.RemoveNotificationFromList.self, .init(seqNumber: number)).result == .ok)
      #expect(
        try card.call(ES10b.RemoveNotificationFromList.self, .init(seqNumber: number)).result == .nothingToDelete)
    }
    try card.powerOn()
    #expect(try list(nil) == [])
    _ = try card.call(ES10c.DisableProfile.self, .init(profileIdentifier: identifier, refreshFlag: false))
    #expect(try list(nil) == [4])
  }

  @Test("§5.7.3, §5.7.4: the default SM-DP+ is set, removed, and must be a host name") func addresses() throws {
    let card = try TestCard(TestCircle().personalisation())
    func set(_ address: String) throws -> ES10a.SetDefaultDpAddress.Result {
      try card.call(ES10a.SetDefaultDpAddress.self, .init(defaultDpAddress: address)).result
    }
    func addresses() throws -> ES10a.GetEuiccConfiguredAddresses.Response {
      try card.call(ES10a.GetEuiccConfiguredAddresses.self, .init())
    }
    #expect(try addresses() == .init(defaultDpAddress: TestCircle.address, rootDsAddress: "ds.example.com"))
    #expect(try set("other.example.com") == .ok)
    try card.powerOn()
    #expect(try addresses().defaultDpAddress == "other.example.com")
    #expect(try set("no host name") == .undefinedError)
    #expect(try addresses().defaultDpAddress == "other.example.com")
    #expect(try set("") == .ok)
    #expect(try addresses().defaultDpAddress == nil)
  }

  @Test("§5.7.8, §5.7.20, §5.7.22: EID, EUICCInfo1, EUICCInfo2 and the RAT are told as they were given") func told()
    throws
  {
    let world = try TestCircle()
    var personalisation = try world.personalisation()
    let rule = ProfilePolicyAuthorisationRule(
      pprIds: [.ppr1], allowedOperators: [OperatorID(mccMnc: [0xEE, 0xEE, 0xEE])], pprFlags: [.consentRequired])
    personalisation.rat = [rule]
    personalisation.forbiddenProfilePolicyRules = [.ppr2]
    let card = try TestCard(personalisation)
    #expect(try card.call(ES10c.GetEID.self, .init()).eidValue == personalisation.eid)
    #expect(try card.call(ES10b.GetRAT.self, .init()).rat == [rule])
    let info = try card.call(ES10b.GetEUICCInfo2.self, .init())
    #expect(info.euiccCiPKIdListForSigning == [world.ciPKId])
    #expect(info.forbiddenProfilePolicyRules == [.ppr2])
    let resources = try ExtCardResource(encoded: info.extCardResource)
    #expect(resources.installedApplications == 0)
    #expect((1_000_000..<1 << 20).contains(resources.freeNonVolatileMemory))
    let full = try ProfileStateTests.card(1)
    let less = try ExtCardResource(encoded: full.call(ES10b.GetEUICCInfo2.self, .init()).extCardResource)
    #expect(less.installedApplications == 1)
    #expect(less.freeNonVolatileMemory < resources.freeNonVolatileMemory)
  }
}
