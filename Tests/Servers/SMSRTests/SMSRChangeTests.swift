import Bytes
import CircleOfTrust
import Identifiers
import Keys
import SGP02
import SGP22
import SMSR
import Store
import TestStores
import TestSupport
import Testing
import Transport

@Suite("SGP.02 §3.8: change of SM-SR") struct SMSRChangeTests {
  @Test(
    "the eUICC goes to the new SM-SR with its EIS, obeys it alone, the directory says so, and it can go back",
    .overEveryStore)
  func change() throws {
    let mesh = try TestMesh()
    #expect(try mesh.askChange(from: 0, to: 1, "a") == .functionUnderWay)
    try mesh.run()
    #expect(try mesh.again(from: 0, to: 1, "a") == nil)
    #expect(try mesh.managers() == [1] && mesh.obeyed() == [1])
    #expect(try mesh.named() == mesh.members[1].oid)
    #expect(mesh.device.contents.keyVersions == [2])
    let eis = try mesh.ask(1, ES4.GetEIS.self, .init(eid: mesh.eid), "look").get().eis
    #expect(eis.profiles.map(\.iccid) == [mesh.device.iccid] && eis.profiles.first?.state == .enabled)
    #expect(eis.smsrId == mesh.members[1].oid.description)
    #expect(try mesh.askChange(from: 1, to: 0, "b") == .functionUnderWay)
    try mesh.run()
    #expect(try mesh.managers() == [0] && mesh.obeyed() == [0])
    #expect(try mesh.named() == mesh.members[0].oid)
  }

  @Test("answers of the eUICC and replies between the SM-SRs may be lost, each in turn", arguments: 0..<8)
  func lost(turn: Int) throws {
    let mesh = try TestMesh()
    #expect(try mesh.askChange(from: 0, to: 1, "a") == .functionUnderWay)
    for round in 0..<8 {
      if round == turn { (mesh.device.losing, mesh.line.losing) = (1, 1) }
      try mesh.run(rounds: 1)
    }
    try mesh.run()
    #expect(try mesh.managers() == [1] && mesh.obeyed() == [1])
  }

  @Test("every step survives a power cut of either SM-SR at every durable write", arguments: [0, 1])
  func crashes(victim: Int) throws {
    var commits = 0
    for point in [CommitPoint.before, .after] {
      for commit in 0..<200 {
        let mesh = try TestMesh()
        #expect(try mesh.askChange(from: 0, to: 1, "a") == .functionUnderWay)
        let cut = PowerCut(at: commit, point)
        mesh.members[victim].store.onCommit { try cut.hook($0) }
        try mesh.run(rounds: 16)
        mesh.members[victim].store.onCommit(nil)
        let managers = try mesh.managers()
        #expect(managers == [1], "cut of \(victim) \(point) commit \(commit)")
        #expect(mesh.device.contents.keyVersions == [2], "cut of \(victim) \(point) commit \(commit)")
        commits = max(commits, commit)
        if !cut.isOver { break }
      }
    }
    #expect(commits >= 10)
  }

  @Test("of two changes at once one is done, and the other finds the eUICC gone", .overEveryStore) func race() throws {
    let mesh = try TestMesh()
    #expect(try mesh.askChange(from: 0, to: 1, "a") == .functionUnderWay)
    #expect(try mesh.askChange(from: 0, to: 2, "b") == .functionUnderWay)
    try mesh.run(rounds: 3)
    #expect(try mesh.again(from: 0, to: 2, "b") == .functionUnderWay)
    try mesh.run()
    #expect(try mesh.again(from: 0, to: 1, "a") == nil)
    #expect(try mesh.again(from: 0, to: 2, "b") == .eidUnknown)
    #expect(try mesh.managers() == [1] && mesh.obeyed() == [1])
  }

  @Test("nothing else is done on the eUICC while it changes hands") func frozen() throws {
    let mesh = try TestMesh()
    #expect(try mesh.askChange(from: 0, to: 1, "a") == .functionUnderWay)
    let audit = try mesh.ask(0, ES4.AuditEIS.self, .init(eid: mesh.eid), "audit")
    guard case .failure(.functionUnderWay) = audit else {
      Issue.record("the audit was begun: \(audit)")
      return
    }
  }

  // MARK: Attacks

  @Test("a hand-over is not hijacked: not by a third SM-SR at either end, not unasked, not with another's EIS")
  func hijack() throws {
    let mesh = try TestMesh()
    let third = mesh.members[2]
    let forged = ES7.AuthenticateSMSR.Request(eid: mesh.eid, smsrCertificate: [1])
    func attack() throws {
      let answer = try mesh.send(
        0, ES7.AuthenticateSMSR.self, forged, as: third.oid.description, third.tls.certificate.encoded,
        "\(mesh.clock.now.milliseconds)")
      #expect(throws: Refusal.changeNotAllowed) { try answer.get() }
    }
    try attack()
    #expect(try mesh.askChange(from: 0, to: 1, "a") == .functionUnderWay)
    try mesh.run(rounds: 1)
    try attack()
    // It shows the new SM-SR the EIS, as if it were the old one; under its own name, and under the old one's.
    let eis = try #require(
      try mesh.members[0].store.read { try EISTable.eis(mesh.eid, managedBy: third.oid.description, in: $0) })
    let handover = ES7.HandoverEUICCInformation.Request(eid: mesh.eid, eis: eis, keySetVersion: 1)
    for (name, wanted) in [
      (third.oid.description, Refusal.changeNotAllowed), (mesh.members[0].oid.description, .requesterUnknown),
    ] {
      let answer = try mesh.send(
        1, ES7.HandoverEUICCInformation.self, handover, as: name, third.tls.certificate.encoded, "x")
      #expect(throws: wanted) { try answer.get() }
    }
    try mesh.run()
    #expect(try mesh.managers() == [1] && mesh.obeyed() == [1])
  }

  @Test("a directory that names another manager stops the new SM-SR before it asks for anything") func directory()
    throws
  {
    let mesh = try TestMesh()
    let third = mesh.members[2]
    // Somebody prepared it as if the third SM-SR were the manager, and that one hands over a copy of the EIS.
    _ = try mesh.ask(1, ES4.PrepareSMSRChange.self, .init(eid: mesh.eid, current: third.oid), "p").get()
    let eis = try #require(
      try mesh.members[0].store.read { try EISTable.eis(mesh.eid, managedBy: third.oid.description, in: $0) })
    func handOver() throws -> Result<NoFields, Refusal> {
      try mesh.send(
        1, ES7.HandoverEUICCInformation.self, .init(eid: mesh.eid, eis: eis, keySetVersion: 1),
        as: third.oid.description, third.tls.certificate.encoded, "x")
    }
    #expect(throws: Refusal.functionUnderWay) { try handOver().get() }
    try mesh.run(rounds: 3)
    #expect(throws: Refusal.managerRefused) { try handOver().get() }
    #expect(try mesh.managers() == [0] && mesh.obeyed() == [0])
  }

  @Test("a receipt that is replayed or changed counts for nothing: the agreement is made again") func receipt() throws {
    let mesh = try TestMesh()
    var replayed = 0
    mesh.line.meddle = { message, reply in
      guard message.path == ES7.CreateAdditionalKeySet.path, replayed < 2,
        let answer: Result<ES7.CreateAdditionalKeySet.Response, Refusal> = try? JSONBinding.decodeAnswer(
          from: reply.body), case .success(let response) = answer
      else { return reply }
      replayed += 1
      let old = KeySetEstablishment.Answer(
        derivationRandom: response.answer.derivationRandom.reversed(), receipt: response.answer.receipt)
      return Reply(body: JSONBinding.encode(.success(ES7.CreateAdditionalKeySet.Response(answer: old))))
    }
    #expect(try mesh.askChange(from: 0, to: 1, "a") == .functionUnderWay)
    try mesh.run()
    #expect(replayed == 2)
    #expect(try mesh.managers() == [1] && mesh.obeyed() == [1])
  }

  @Test("an SM-SR with a certificate that the eUICC does not accept gets nothing, and the eUICC stays") func foreign()
    throws
  {
    let mesh = try TestMesh(certifier: PrivateKey(.p256, random: SystemRandomSource.shared))
    #expect(try mesh.askChange(from: 0, to: 1, "a") == .functionUnderWay)
    try mesh.run()
    #expect(try mesh.again(from: 0, to: 1, "a") == .managerRefused)
    #expect(try mesh.managers() == [0] && mesh.obeyed() == [0])
    #expect(mesh.device.contents.keyVersions == [1])
    #expect(try mesh.named() == mesh.members[0].oid)
  }

  @Test("an SM-SR that is revoked in the middle gets no further, from the next call on") func revoked() throws {
    let mesh = try TestMesh()
    mesh.silent = [1]
    #expect(try mesh.askChange(from: 0, to: 1, "a") == .functionUnderWay)
    try mesh.run(rounds: 2)
    let list = try mesh.circle.root.revocationList(
      number: 1, revoked: [mesh.members[1].tls.certificate.serialNumber: TestCircle.start],
      thisUpdate: TestCircle.start, nextUpdate: TestCircle.start + .seconds(100_000_000))
    var circle = mesh.trust.circle
    try circle.load(list, at: TestCircle.start)
    mesh.trust.circle = circle
    mesh.silent = []
    try mesh.run(rounds: 200)
    #expect(try mesh.again(from: 0, to: 1, "a") == .managerRefused)
    #expect(try mesh.managers() == [0] && mesh.obeyed() == [0])
  }

  @Test("an SM-SR that never answers, or never prepared, leaves the eUICC where it is") func silence() throws {
    let mesh = try TestMesh(patience: .seconds(20 * 3600))
    mesh.silent = [1]
    #expect(try mesh.askChange(from: 0, to: 1, "a") == .functionUnderWay)
    try mesh.run(rounds: 60)
    mesh.silent = []
    #expect(try mesh.again(from: 0, to: 1, "a") == .managerRefused)
    #expect(try mesh.askChange(from: 0, to: 2, "b", isPrepared: false) == .functionUnderWay)
    try mesh.run(rounds: 4)
    #expect(try mesh.again(from: 0, to: 2, "b") == .managerRefused)
    #expect(try mesh.managers() == [0] && mesh.obeyed() == [0])
    #expect(try mesh.named() == mesh.members[0].oid)
  }
}

@Suite("SM-SR: what the directory is told") struct AnnouncementTests {
  @Test("an SM-SR announces the eUICCs that it manages, and none that is between two SM-SRs: the successor stays named")
  func announced() throws {
    let mesh = try TestMesh()
    #expect(try mesh.members[0].manager.announce(mesh.eid, now: mesh.clock.now))
    #expect(try !mesh.members[1].manager.announce(mesh.eid, now: mesh.clock.now))
    #expect(try mesh.askChange(from: 0, to: 1, "a") == .functionUnderWay)
    for _ in 0..<12 {
      #expect(try !mesh.members[0].manager.announce(mesh.eid, now: mesh.clock.now) || mesh.managers() == [0])
      try mesh.run(rounds: 1)
    }
    try mesh.run()
    #expect(try mesh.managers() == [1] && mesh.named() == mesh.members[1].oid)
    #expect(try !mesh.members[0].manager.announce(mesh.eid, now: mesh.clock.now))
    #expect(try mesh.members[1].manager.announce(mesh.eid, now: mesh.clock.now))
  }
}
