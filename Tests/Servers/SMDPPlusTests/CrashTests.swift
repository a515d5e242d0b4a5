import Bytes
import Identifiers
import Keys
import SGP22
import SMDPPlus
import Store
import Synchronization
import TLV
import TestStores
import TestSupport
import Testing
import Transport

@Suite("Power cuts and many devices at once", .overEveryStore)
struct CrashTests {
  /// A device that asks again until it is answered: after a failure of the server, the same bytes.
  private func stubborn<Function: ServerFunction>(
    _ function: Function.Type, _ request: Function.Request, _ server: TestServer
  ) throws -> Function.Response {
    for _ in 0..<3 {
      let answer = try server.call(function, request)
      if case .failure(.providerFailed) = answer { continue }
      return try answer.get()
    }
    throw Refusal.providerFailed
  }

  @Test(
    "A power cut before or after any commit of a download: the device asks again, and both sides agree",
    arguments: [CommitPoint.before, .after])
  func everyCommit(point: CommitPoint) throws {
    let card = try TestCard(.nist)
    for commit in 0..<5 {
      let server = try TestServer()
      try server.insert(Fixture.order())
      let cut = PowerCut(at: commit, point)
      server.store.onCommit { try cut.hook($0) }
      let answer = try stubborn(
        ES9Plus.InitiateAuthentication.self,
        .init(
          euiccChallenge: SystemRandomSource.shared.bytes(16), smdpAddress: Fixture.address,
          euiccInfo1: card.euiccInfo1), server)
      let offer = try stubborn(
        ES9Plus.AuthenticateClient.self, card.authenticate(to: answer, matchingId: "TOKEN"), server)
      let otsk = PrivateKey(.p256, random: SystemRandomSource.shared)
      let package = try stubborn(
        ES9Plus.GetBoundProfilePackage.self, card.prepare(offer, otpk: otsk.publicKey), server)
      _ = try card.open(
        package.boundProfilePackage, otsk: otsk, transactionId: offer.transactionId, dpPb: server.dpPb)
      let result = try card.result(
        offer.transactionId, iccid: Fixture.iccid(0), number: 1, oid: nil, server.success())
      for _ in 0..<2 { _ = server.route.respond(to: server.message(ES9Plus.HandleNotification.self, result)) }
      server.store.onCommit(nil)
      let order = try server.order()
      #expect(order.state == .installed, "cut \(point) commit \(commit)")
      #expect(order.attempts == 1)
      let history = try server.record(order.iccid.digits).filter { $0.kind == .changed }
      #expect(history.count == 3, "released, downloaded, installed")
    }
  }

  @Test("A wrong confirmation code is counted before the power can be cut")
  func confirmationCode() throws {
    let (server, card) = (try TestServer(), try TestCard(.nist))
    var order = Fixture.order()
    order.terms.confirmationHash = Fixture.hash("4711")
    try server.insert(order)
    let offer = try server.authenticate(card).get()
    let request = try card.prepare(
      offer, otpk: PrivateKey(.p256, random: SystemRandomSource.shared).publicKey, code: "0000")
    let cut = PowerCut(at: 0, .after)
    server.store.onCommit { try cut.hook($0) }
    #expect(throws: Refusal.providerFailed) { try server.call(ES9Plus.GetBoundProfilePackage.self, request).get() }
    server.store.onCommit(nil)
    #expect(try server.order().codeAttempts == 1)
    #expect(throws: Refusal.confirmationCodeRefused) {
      try server.call(ES9Plus.GetBoundProfilePackage.self, request).get()
    }
    #expect(try server.order().codeAttempts == 1)
  }

  @Test("A hundred devices download at once, and commits are shared")
  func concurrency() async throws {
    let server = try TestServer()
    let card = try TestCard(.nist)
    for number in 0..<100 { try server.insert(Fixture.order(number, matchingId: "TOKEN-\(number)")) }
    let before = server.store.counts
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<100 {
        group.addTask { try await Device(server: server, card: card, number: number).download() }
      }
      try await group.waitForAll()
    }
    for number in 0..<100 { #expect(try server.order(number).state == .installed) }
    #expect(server.store.counts.transactions - before.transactions == 400)
    #expect(server.store.counts.commits - before.commits < 400)
  }

  @Test("Many devices want one profile: one gets it, and the others are told so, not to come back")
  func race() async throws {
    for _ in 0..<3 {
      let server = try TestServer()
      var order = Fixture.order(0, matchingId: "TOKEN-0")
      order.terms.attemptsAllowed = 24
      try server.insert(order)
      let card = try TestCard(.nist)
      let successes = await withTaskGroup(of: Bool.self) { group in
        for _ in 0..<24 {
          group.addTask {
            do {
              try await Device(server: server, card: card, number: 0).download()
              return true
            } catch {
              #expect(error as? Refusal != .providerUnavailable && error as? Refusal != .providerFailed)
              return false
            }
          }
        }
        var successes = 0
        for await success in group where success { successes += 1 }
        return successes
      }
      #expect(successes >= 1)
      #expect(try server.order().state == .installed)
      #expect(try server.record(order.iccid.digits).filter { "\($0.body)".contains("→ installed") }.count == 1)
    }
  }

  /// A device on an asynchronous link.
  struct Device: Sendable {
    let server: TestServer
    let card: TestCard
    let number: Int

    func call<Function: ServerFunction>(
      _ function: Function.Type, _ request: Function.Request
    ) async throws -> Function.Response {
      let reply = await server.route.respond(to: server.message(function, request))
      return try JSONBinding.decodeAnswer(from: reply.body).get()
    }

    func download() async throws {
      let answer = try await call(
        ES9Plus.InitiateAuthentication.self,
        .init(
          euiccChallenge: SystemRandomSource.shared.bytes(16), smdpAddress: Fixture.address,
          euiccInfo1: card.euiccInfo1))
      let offer = try await call(
        ES9Plus.AuthenticateClient.self, card.authenticate(to: answer, matchingId: "TOKEN-\(number)"))
      let otsk = PrivateKey(.p256, random: SystemRandomSource.shared)
      let package = try await call(
        ES9Plus.GetBoundProfilePackage.self, card.prepare(offer, otpk: otsk.publicKey))
      let opened = try card.open(
        package.boundProfilePackage, otsk: otsk, transactionId: offer.transactionId, dpPb: server.dpPb)
      #expect(opened.package.starts(with: Array("\(Fixture.iccid(number)) ".utf8)))
      let result = try card.result(
        offer.transactionId, iccid: Fixture.iccid(number), number: 1, oid: nil, server.success())
      let reply = await server.route.respond(to: server.message(ES9Plus.HandleNotification.self, result))
      #expect(reply.status == 204)
    }
  }
}
