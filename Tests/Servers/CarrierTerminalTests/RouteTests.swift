import Bytes
import CarrierTerminal
import HandsetRegistration
import Identifiers
import Keys
import RegistrationDevice
import SecureMessages
import TestStores
import Testing
import Transport
import World

/// The way from a dealer's HTTPS request to the desk.
private struct RouteLine: RegistrationLine {
  let world: RegistrationWorld
  let certificate: [UInt8]?

  func reply(_ message: [UInt8], method: String = "POST", path: String = RegistrationPath.path) -> Reply {
    Route(world.desk).respond(
      to: Message(method: method, host: "carrier", path: path, body: message, peerCertificate: certificate),
      now: world.now, random: SeededRandomSource(seed: [3]))
  }

  func exchange(_ message: [UInt8]) throws -> [UInt8] {
    let reply = reply(message)
    guard reply.status == 200 else { throw LinkError(.malformed, "\(reply.status)") }
    return reply.body
  }
}

@Suite("A dealer is known by the certificate that it shows in TLS", .overEveryStore) struct RouteTests {
  private let world: RegistrationWorld
  private let applicant = TestApplicant()
  private let certificate = Array("the shop's certificate".utf8)

  init() throws {
    world = try makeWorld()
    try world.desk.add(dealer: "D-7", name: "A shop", certificate: certificate)
  }

  @Test("A1 over the route: the dealer's certificate in, the handset's ID out") func whole() throws {
    let handset = try world.makeHandset()
    let line = RouteLine(world: world, certificate: certificate)
    _ = try handset.register(over: line, applicant: applicant)
    #expect(try world.attaches(handset))
    #expect(try world.desk.registrations().map(\.dealer) == ["D-7"])
  }

  @Test("another certificate, a barred dealer's, or none reaches nothing") func strangers() throws {
    let handset = try world.makeHandset()
    #expect(throws: DeviceError.refused(.unknownDealer)) {
      try handset.register(over: RouteLine(world: world, certificate: [1, 2, 3]), applicant: applicant)
    }
    #expect(RouteLine(world: world, certificate: nil).reply([]).status == 403)
    try world.desk.bar(dealer: "D-7")
    #expect(throws: DeviceError.refused(.unknownDealer)) {
      try handset.register(over: RouteLine(world: world, certificate: certificate), applicant: applicant)
    }
    #expect(try world.desk.dealer(showing: certificate) == nil)
    // Entered again without a word about it, the certificate is the same.
    try world.desk.add(dealer: "D-7", name: "A shop")
    #expect(try world.desk.dealer(showing: certificate)?.number == "D-7")
    #expect(try world.desk.registrations().isEmpty)
  }

  @Test("other paths, methods and lengths are refused by HTTP") func shape() throws {
    let line = RouteLine(world: world, certificate: certificate)
    #expect(line.reply([], path: "/").status == 404)
    #expect(line.reply([], method: "GET").status == 405)
    #expect(line.reply([UInt8](repeating: 0, count: Route.bodyLimit + 1)).status == 413)
    let answer = line.reply([0x30, 0])
    #expect(answer.status == 200)
    #expect(try RegistrationRefused(encoded: answer.body).refusal == .malformed)
  }

  @Test("two dealers never show one certificate, and numbers are plain") func list() throws {
    #expect(throws: DealerListError.certificateInUse) {
      try world.desk.add(dealer: "D-8", name: "Another", certificate: certificate)
    }
    for number in ["", "a b", "ä", String(repeating: "1", count: 65)] {
      #expect(throws: DealerListError.malformedNumber) { try world.desk.add(dealer: number, name: "Nobody") }
    }
    #expect(throws: DealerListError.unknown("D-9")) { try world.desk.bar(dealer: "D-9") }
    #expect(try world.desk.dealers().map(\.number) == ["D-0001", "D-7"])
    #expect(try world.desk.dealers().last?.fingerprint == sha256(certificate))
  }

  @Test("what a dealer was permitted is withdrawn: the number is free, and the ID on its way is void") func withdrawn()
    throws
  {
    let handset = try world.makeHandset()
    let line = TestLine(RouteLine(world: world, certificate: certificate))
    line.cut = (2, false)
    #expect(throws: TestLine.Broken.self) { try handset.register(over: line, applicant: applicant) }
    let listed = try #require(try world.desk.registrations().first)
    #expect(listed.state == "delivered" && listed.number == applicant.offered.first)
    try world.desk.withdraw(listed.name, now: world.now)
    #expect(try world.desk.registrations().first?.state == "ended")
    #expect(throws: RegistrationRefusal.outOfOrder) { try world.desk.withdraw(listed.name, now: world.now) }
    // The same request gets no second ID.
    let information = try #require(line.messages.last)
    let answer = try RouteLine(world: world, certificate: certificate).exchange(information.sent)
    #expect((try? RegistrationRefused(encoded: answer))?.refusal == .outOfOrder)
    handset.powerOn()
    #expect(try !world.attaches(handset))
  }

  @Test("a maker that is taken off the list gets no module registered any more") func maker() throws {
    #expect(try world.desk.makers() == [world.maker.known])
    #expect(try world.desk.remove(maker: world.maker.party.name))
    #expect(try !world.desk.remove(maker: world.maker.party.name))
    #expect(throws: DeviceError.refused(.unknownModule)) {
      try world.makeHandset().register(over: world.line(), applicant: applicant)
    }
  }
}
