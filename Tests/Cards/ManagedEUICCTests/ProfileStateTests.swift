import APDU
import Bytes
import Keys
import SGP02
import SecureElement
import Testing
import UICC

@Suite("A managed eUICC's profiles") struct ProfileStateTests {
  @Test("SGP.02 §3.1 to §3.5: create, agree, download, enable, notify, confirm, disable, delete") func life() throws {
    let manager = try TestManager()
    try manager.attach()
    let result = try manager.download(1)
    #expect(!result.isAborted)
    #expect(manager.states() == [.enabled, .disabled])

    #expect(try manager.status(.enableProfile(TestManager.isdp(1))) == .ok)
    #expect(manager.fetched.last?.kind == .refresh)
    #expect(manager.states() == [.disabled, .enabled])
    try manager.powerOn()
    try manager.network(0x00)
    let notification = try #require(try manager.notification())
    #expect(notification.event == .profileChangeSucceeded)
    #expect(try notification.isdp == TestManager.isdp(1))
    #expect(notification.eid == manager.personalisation.eid)
    #expect(try manager.status(.confirmNotification(notification.sequenceNumber &+ 1)) == .referencedDataNotFound)
    #expect(try manager.status(.confirmNotification(notification.sequenceNumber)) == .ok)
    #expect(manager.contents.pending == nil)

    #expect(try manager.status(.disableProfile(TestManager.isdp(1))) == .ok, "the bootstrap profile takes its place")
    #expect(manager.states() == [.enabled, .disabled])
    #expect(try manager.status(.deleteProfile(TestManager.isdp(1))) == .conditionsOfUse, "it may have to come back")
    try manager.attach()
    #expect(try manager.status(.deleteProfile(TestManager.isdp(1))) == .ok)
    #expect(manager.states() == [.enabled])
  }

  @Test("SGP.02 §4.1.1: what a profile's state does not allow is refused") func states() throws {
    let manager = try TestManager()
    let (bootstrap, first, missing) = (
      try TestManager.isdp(0), try TestManager.isdp(1), try TestManager.isdp(5)
    )
    try manager.download(1)
    for function: ES5 in [
      .enableProfile(bootstrap), .disableProfile(first), .disableProfile(bootstrap), .deleteProfile(bootstrap),
      .createISDP(first, memory: 0),
    ] {
      #expect(try manager.status(function) == .conditionsOfUse, "\(function)")
    }
    for function: ES5 in [
      .enableProfile(missing), .disableProfile(missing), .deleteProfile(missing), .setFallbackAttribute(missing),
      .personalise(missing),
    ] {
      #expect(try manager.status(function) == .referencedDataNotFound, "\(function)")
    }
    #expect(try manager.status(.createISDP(SecurityDomains.isdr, memory: 0)) == .wrongData)
    #expect(try manager.status(.createISDP(missing, memory: 1 << 24)) == .notEnoughMemory)
    #expect(manager.states() == [.enabled, .disabled])
  }

  @Test("SGP.02 §2.4.7: POL1 forbids to disable and to delete, and deletes what is disabled once the SM-SR knows")
  func policy() throws {
    let manager = try TestManager()
    try manager.download(1, rules: .disablingNotAllowed)
    try manager.download(2, rules: .deletionNotAllowed)
    try manager.download(3, rules: .deletedWhenDisabled)
    let (locked, kept, passing) = (try TestManager.isdp(1), try TestManager.isdp(2), try TestManager.isdp(3))
    #expect(try manager.status(.deleteProfile(kept)) == .forbiddenByPOL1)

    #expect(try manager.status(.enableProfile(passing)) == .ok)
    try manager.attach()
    #expect(try manager.status(.enableProfile(locked)) == .ok)
    #expect(manager.states() == [.disabled, .enabled, .disabled, .disabled], "it stays until the change is confirmed")
    try manager.powerOn()
    try manager.network(0x00)
    let number = try #require(try manager.notification()).sequenceNumber
    let confirmation = try #require(try manager.call(.confirmNotification(number)).first)
    #expect(confirmation.data == [0x80, 0x12, 0x4F, 0x10] + passing.bytes)
    #expect(manager.states() == [.disabled, .enabled, .disabled])

    #expect(try manager.status(.enableProfile(kept)) == .forbiddenByPOL1)
    #expect(try manager.status(.disableProfile(locked)) == .forbiddenByPOL1)
    #expect(manager.states() == [.disabled, .enabled, .disabled])
  }

  @Test("SGP.02 §4.1.1.7: one profile has the fall-back attribute, whichever it was before") func fallbackAttribute()
    throws
  {
    let manager = try TestManager()
    try manager.download(1)
    #expect(try manager.status(.setFallbackAttribute(TestManager.isdp(1))) == .ok)
    #expect(manager.contents.isdps.map(\.hasFallbackAttribute) == [false, true])
    #expect(try manager.status(.setFallbackAttribute(TestManager.isdp(1))) == .ok)
    #expect(manager.contents.isdps.map(\.hasFallbackAttribute) == [false, true])
    #expect(try manager.status(.disableProfile(TestManager.isdp(0))) == .ok)
    #expect(manager.states() == [.disabled, .enabled])
  }

  @Test("a card without a bootstrap profile begins with none, and never disables its only one") func noBootstrap()
    throws
  {
    let manager = try TestManager(bootstrap: false)
    try manager.download(1)
    #expect(manager.states() == [.disabled])
    #expect(try manager.status(.enableProfile(TestManager.isdp(1))) == .ok)
    #expect(try manager.status(.disableProfile(TestManager.isdp(1))) == .conditionsOfUse)
    #expect(manager.states() == [.enabled])
  }

  @Test("the changes of two SM-DPs at once: while one is not confirmed, no other begins") func race() throws {
    let manager = try TestManager()
    try manager.download(1)
    try manager.download(2)
    let (bootstrap, first) = (try TestManager.isdp(0), try TestManager.isdp(1))
    let second = try TestManager.isdp(2)
    #expect(try manager.status(.enableProfile(first)) == .ok)
    for function: ES5 in [
      .enableProfile(second), .disableProfile(first), .deleteProfile(first), .deleteProfile(bootstrap),
      .setFallbackAttribute(first),
    ] {
      #expect(try manager.status(function) == .conditionsOfUse, "\(function)")
    }
    try manager.attach()
    #expect(try manager.status(.enableProfile(second)) == .ok)
  }

  @Test(
    "schedules of concurrent create, download, enable, disable, delete and confirm keep one profile enabled, always")
  func schedules() throws {
    let parties = TestParties()
    for seed in 0..<40 {
      let dice = SeededRandomSource(seed: Array("schedule \(seed)".utf8))
      let manager = try TestManager(parties, "card \(seed)")
      for _ in 0..<30 {
        let isdp = try TestManager.isdp(Int(dice.bytes(1)[0]) % 4)
        switch dice.bytes(1)[0] % 9 {
        case 0: _ = try manager.status(.createISDP(isdp, memory: 0))
        case 1: _ = try manager.status(.enableProfile(isdp))
        case 2: _ = try manager.status(.disableProfile(isdp))
        case 3: _ = try manager.status(.deleteProfile(isdp))
        case 4: _ = try manager.status(.setFallbackAttribute(isdp))
        case 5: try manager.network(dice.bytes(1)[0] % 3)
        case 6: try manager.timer()
        case 7:
          if let set = try? manager.establish(isdp, version: 0x30), var host = try? manager.open(isdp, set) {
            _ = try manager.load(
              TestParties.package(SecurityDomains.isdpNumber(isdp) ?? 0), into: isdp, &host)
          }
        default:
          if let number = try manager.notification()?.sequenceNumber {
            _ = try manager.status(.confirmNotification(number))
          }
        }
        #expect(manager.states().filter { $0 == .enabled }.count == 1, "seed \(seed)")
        #expect(manager.contents.isdps.filter(\.hasFallbackAttribute).count == 1, "seed \(seed)")
      }
    }
  }

  @Test("E4: power cut at every durable write of each function leaves one profile enabled, the state before or after")
  func powerCuts() throws {
    let isdp = { (number: Int) in try TestManager.isdp(number) }
    let functions: [(name: String, call: (TestManager) throws -> Void)] = [
      ("create", { _ = try $0.exchange(CommandScript.encode([ES5.createISDP(isdp(3), memory: 0).command])) }),
      ("enable", { _ = try $0.exchange(CommandScript.encode([ES5.enableProfile(isdp(2)).command])) }),
      ("disable", { _ = try $0.exchange(CommandScript.encode([ES5.disableProfile(isdp(1)).command])) }),
      ("delete", { _ = try $0.exchange(CommandScript.encode([ES5.deleteProfile(isdp(2)).command])) }),
      ("fallback", { _ = try $0.exchange(CommandScript.encode([ES5.setFallbackAttribute(isdp(1)).command])) }),
    ]
    let parties = TestParties()
    for (name, call) in functions {
      var write = 0
      repeat {
        write += 1
        var isDone = false
        for moment in [.afterBytes(0), .afterBytes(40), .afterWrite] as [PowerCutLog.Moment] {
          let storage = PowerCutLog(VolatileLog())
          let manager = try TestManager(parties, memory: LogMemory(storage))
          try manager.download(1)
          try manager.download(2)
          #expect(try manager.status(.enableProfile(isdp(1))) == .ok)
          try manager.attach()
          let before = manager.contents
          storage.cut(atWrite: write, moment)
          try call(manager)
          let whole = manager.card.respond(Command(cla: 0x80, ins: 0xF2, p1: 0, p2: 0x0C).bytes)
          isDone = isDone || !whole.isEmpty
          // What the device does next must not meet the cut again.
          storage.cut(atWrite: .max, .afterWrite)
          try manager.powerOn()
          let after = manager.contents
          #expect(after.isdps.filter { $0.state == .enabled }.count == 1, "\(name), write \(write)")
          #expect(after.isdps.filter(\.hasFallbackAttribute).count == 1, "\(name), write \(write)")
          // The SM-SR asks again with a new counter, and all is as if nothing had been.
          if after == before { try call(manager) }
          #expect(manager.contents != before, "\(name), write \(write)")
          #expect(manager.contents.isdps.filter { $0.state == .enabled }.count == 1, "\(name), write \(write)")
        }
        if isDone { break }
      } while write < 10
      #expect(write == 3, "\(name) has two durable writes: the counter's, and its own")
    }
  }
}
