import Bytes
import CarrierTerminal
import CustomerManagement
import Handset
import HandsetRegistration
import Identifiers
import Keys
import RegistrationDevice
import Store
import TestStores
import Testing
import World

@Suite("A1 (n): of a registration that failed nothing stays in customer management's books", .overEveryStore)
struct ApplicantTests {
  private let company = TestCompany()
  private let applicant = TestApplicant()
  private let store: any Store
  private let world: RegistrationWorld

  init() throws {
    store = try StoreKind.current.make()
    world = try RegistrationWorld(
      store: store, network: PLMN("00101"), numbers: 20, company: company,
      vault: KeyVault(current: Secret([UInt8](repeating: 5, count: 32))),
      random: SeededRandomSource(seed: Array("applicants".utf8)), now: Instant(seconds: 1_800_000_000))
  }

  private func states() throws -> [CustomerManagement.Subscriber.State] {
    try world.customers.subscribers().map(\.state)
  }

  private func sweep() throws {
    while try world.desk.sweep(now: world.now + .seconds(40 * 86_400)) > 0 {}
  }

  private func requireNothingHeld(_ comment: Comment = "") throws {
    #expect(try #require(world.customers.pools(now: world.now).first).counts == [.free: 20], comment)
  }

  @Test("who is refused credit applies no more, once, also where the request comes again") func refused() throws {
    company.refuse("4111111111111111")
    let line = TestLine(world.line())
    #expect(throws: DeviceError.refused(.creditRefused)) {
      try world.makeHandset().register(over: line, applicant: applicant)
    }
    let request = try #require(line.messages.last)
    #expect(try world.line().exchange(request.sent) == request.received)
    #expect(try states() == [.former])
    try requireNothingHeld()
  }

  @Test("a company that says neither yes nor no is asked about one applicant, who applies until the time is over")
  func undecided() throws {
    company.say(.noAnswer("timed out"), about: "4111111111111111")
    let line = TestLine(world.line())
    #expect(throws: DeviceError.refused(.creditUnknown)) {
      try world.makeHandset().register(over: line, applicant: applicant)
    }
    let request = try #require(line.messages.last)
    for _ in 0..<3 { _ = try world.line().exchange(request.sent) }
    #expect(try states() == [.applicant])
    #expect(company.asked == 4)
    try sweep()
    #expect(try states() == [.former])
  }

  @Test("who gives up with a number offered, and whose registration is withdrawn, applies no more") func givenUp()
    throws
  {
    applicant.refusals = 0
    let line = TestLine(world.line())
    // The line breaks when the number is on offer.
    line.cut = (2, true)
    #expect(throws: TestLine.Broken.self) { try world.makeHandset().register(over: line, applicant: applicant) }
    #expect(try states() == [.applicant])
    let course = try #require(world.desk.registrations().first)
    try world.desk.withdraw(course.name, now: world.now)
    #expect(try states() == [.former])
    try requireNothingHeld()
    // Whatever comes late finds the registration over.
    _ = try world.line().exchange(line.messages[1].sent)
    #expect(try states() == [.former])
    try requireNothingHeld()
  }

  @Test("a customer is none of these: what ended is the registration, and no subscription that is open is dismissed")
  func customers() throws {
    _ = try world.makeHandset().register(over: world.line(), applicant: applicant)
    try sweep()
    #expect(try states() == [.customer])
    let id = try #require(world.customers.subscribers().first).id
    #expect(throws: CustomerError.self) { try world.customers.dismiss(id, now: world.now) }
  }

  @Test(
    "the carrier crashes at whichever durable write of a registration that is refused, or given up: when its time is over nobody applies and no number is held",
    arguments: [true, false], [CommitPoint.before, .after])
  func crash(isRefused: Bool, point: CommitPoint) throws {
    if isRefused { company.refuse("4111111111111111") }
    var (number, served) = (0, 0)
    while true {
      let cut = PowerCut(at: number, point)
      let line = TestLine(world.line())
      // The applicant never says what becomes of the number.
      line.cut = (2, true)
      let handset = try world.makeHandset()
      world.now = world.now + .seconds(3600)
      store.onCommit { try cut.hook($0) }
      _ = try? handset.register(over: line, applicant: applicant)
      let isOver = !cut.isOver
      store.onCommit { _ in }
      // What was sent last is sent again after the crash.
      if let last = line.messages.last { _ = try world.line().exchange(last.sent) }
      try sweep()
      served += 1
      #expect(try !states().contains(.applicant), "write \(number), \(point)")
      #expect(try states().count <= served, "one applicant a registration")
      try requireNothingHeld("write \(number), \(point)")
      if isOver { break }
      number += 1
      try #require(number < 50)
    }
    #expect(number > 3)
  }
}
