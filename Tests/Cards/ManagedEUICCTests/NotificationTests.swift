import APDU
import Bytes
import SGP02
import SecureElement
import Testing
import UICC

@Suite("A managed eUICC tells its SM-SR, and minds the network") struct NotificationTests {
  @Test("SGP.02 §3.15: the first network is told of, until the SM-SR confirms it; then no more") func declaration()
    throws
  {
    let manager = try TestManager()
    #expect(manager.fetched.first?.kind == .setUpEventList)
    try manager.network(0x00)
    let first = try #require(try manager.notification())
    #expect(first.event == .declaration)
    // The message is lost: the timer, and the next power on, bring it again with the same number.
    try manager.timer()
    #expect(try manager.notification() == first)
    #expect(manager.fetched.filter { $0.kind == .sendShortMessage }.count == 2)
    try manager.powerOn()
    try manager.network(0x00)
    #expect(try manager.notification() == first)
    #expect(try manager.status(.confirmNotification(first.sequenceNumber)) == .ok)
    try manager.powerOn()
    try manager.network(0x00)
    #expect(try manager.notification() == nil)
  }

  @Test("SGP.02 §3.16: a change that finds no network is taken back, and the SM-SR is told") func rollBack() throws {
    let manager = try TestManager()
    try manager.attach()
    try manager.download(1)
    #expect(try manager.status(.enableProfile(TestManager.isdp(1))) == .ok)
    try manager.powerOn()
    for _ in 0..<2 { try manager.network(0x02) }
    #expect(manager.states() == [.disabled, .enabled])
    try manager.network(0x02)
    #expect(manager.states() == [.enabled, .disabled])
    #expect(manager.fetched.last?.kind == .refresh)
    try manager.powerOn()
    try manager.network(0x00)
    let notification = try #require(try manager.notification())
    #expect(notification.event == .profileChangeFailed)
    #expect(try notification.isdp == TestManager.isdp(0))
    #expect(try manager.status(.confirmNotification(notification.sequenceNumber)) == .ok)
    #expect(try manager.status(.enableProfile(TestManager.isdp(1))) == .ok, "another try is possible")
  }

  @Test("SGP.02 §3.15: a change that nobody confirms is taken back in the end") func unconfirmed() throws {
    let manager = try TestManager()
    try manager.attach()
    try manager.download(1)
    #expect(try manager.status(.enableProfile(TestManager.isdp(1))) == .ok)
    try manager.powerOn()
    try manager.network(0x00)
    for _ in 0..<4 { try manager.timer() }
    #expect(manager.states() == [.disabled, .enabled])
    try manager.timer()
    #expect(manager.states() == [.enabled, .disabled])
  }

  @Test("SGP.02 §3.16: a network that is lost for good brings the profile with the fall-back attribute") func fallback()
    throws
  {
    let manager = try TestManager()
    try manager.attach()
    try manager.download(1, rules: .deletedWhenDisabled)
    #expect(try manager.status(.enableProfile(TestManager.isdp(1))) == .ok)
    try manager.attach()
    #expect(manager.states() == [.disabled, .enabled])
    for status: UInt8 in [0x02, 0x01, 0x00, 0x02, 0x01] { try manager.network(status) }
    #expect(manager.states() == [.disabled, .enabled], "the network was back in between")
    try manager.network(0x01)
    #expect(manager.states() == [.enabled, .disabled])
    for _ in 0..<5 { try manager.network(0x02) }
    #expect(manager.states() == [.enabled, .disabled], "there is nothing else to fall back to")
    try manager.powerOn()
    try manager.network(0x00)
    let notification = try #require(try manager.notification())
    #expect(notification.event == .fallback)
    #expect(try manager.status(.confirmNotification(notification.sequenceNumber)) == .ok)
    #expect(manager.states() == [.enabled], "POL1 deleted the profile that was lost")
  }

  @Test("SGP.02 §4.1.3.4: messages go by the profile's service centre, and to the number of the SM-SR")
  func connectivity() throws {
    let manager = try TestManager()
    let parameters = try #require(ConnectivityParameters(serviceCentre: [0x91, 0x94, 0x71]))
    let answers = try manager.call(
      .updateSMSRAddressingParameters([0x91, 0x44, 0x55]), .personalise(TestManager.isdp(0)),
      .updateConnectivityParameters(parameters))
    #expect(answers.allSatisfy { $0.status == .ok })
    try manager.network(0x00)
    let command = try #require(manager.fetched.last { $0.kind == .sendShortMessage })
    #expect(command.objects.first(0x06)?.value == [0x91, 0x94, 0x71])
    let message = try ShortMessage(try #require(command.objects.first(0x0B)).value)
    #expect(message.address == ShortMessageAddress("+4455"))
    #expect(try manager.status(.updateSMSRAddressingParameters([0x91, 0xFF])) == .wrongData)
  }
}
