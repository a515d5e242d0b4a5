import AuC
import Bytes
import CarrierTerminal
import CustomerManagement
import Handset
import HandsetRegistration
import Identifiers
import Keys
import RegistrationDevice
import SecureElement
import TestStores
import Testing
import TransportCard
import World

@Suite("A2 to A4: repair, services, credit card", .overEveryStore) struct ChangeTests {
  private let company = TestCompany()
  private let world: RegistrationWorld
  private let applicant = TestApplicant()

  init() throws { world = try makeWorld(company: company) }

  /// The network's challenge under the keys that the ID has now: a module whose ID is rewritten does not know them.
  private func former(of information: PublicInformation) throws -> (Handset) throws -> [UInt8] {
    let imsi = try #require(information.imsi)
    let vectors = try world.centre.quintuplets(
      for: imsi, by: "MSC", now: world.now, random: SeededRandomSource(seed: [8]))
    let vector = try #require(vectors.first)
    return { try $0.authenticate(rand: vector.rand, autn: vector.autn.bytes) }
  }

  @Test("A2 (Figs 9, 10): after a repair the new ID retires the old one in the network") func repair() throws {
    let broken = try world.makeHandset()
    let old = try broken.register(over: world.line(), applicant: applicant)
    #expect(try world.attaches(broken))
    let repaired = try world.makeHandset()
    let new = try repaired.register(.repair, number: old.number, over: world.line(), applicant: applicant)
    #expect(new.number == old.number && new.imsi == old.imsi && new.msi != old.msi)
    #expect(try world.attaches(repaired))
    // The broken handset was none: it still has its ID, and the network takes it no more.
    #expect(broken.powerOn() != .unregistered)
    #expect(try !world.attaches(broken))
    #expect(try world.desk.registered(old.number)?.module == new.msi)
  }

  @Test("A2: a stranger with another credit card does not get the subscriber's number") func stolenNumber() throws {
    let handset = try world.makeHandset()
    let old = try handset.register(over: world.line(), applicant: applicant)
    applicant.creditCard = "5500005555555559"
    for purpose in [Purpose.repair, .services, .creditCard] {
      #expect(throws: DeviceError.refused(.wrongNumber)) {
        try world.makeHandset().register(purpose, number: old.number, over: world.line(), applicant: applicant)
      }
    }
    #expect(throws: DeviceError.refused(.wrongNumber)) {
      try world.makeHandset().register(.repair, number: "+1999999999", over: world.line(), applicant: applicant)
    }
    #expect(try world.attaches(handset))
  }

  @Test("A2 to A4 (q): the number is the subscriber's own; who does not want it gives up, and nothing changes")
  func ownNumber() throws {
    let handset = try world.makeHandset()
    let old = try handset.register(over: world.line(), applicant: applicant)
    for purpose in [Purpose.repair, .services, .creditCard] {
      let unwilling = TestApplicant()
      unwilling.refusals = 1
      let unit = purpose == .repair ? try world.makeHandset() : handset
      #expect(throws: DeviceError.givenUp) {
        try unit.register(purpose, number: old.number, over: world.line(), applicant: unwilling)
      }
      #expect(unwilling.offered == [old.number])
    }
    #expect(try world.attaches(handset))
  }

  @Test("A3 (Figs 11, 12): services change, and the ID is always rewritten") func services() throws {
    let handset = try world.makeHandset()
    let old = try handset.register(over: world.line(), applicant: applicant)
    let challenge = try former(of: old)
    applicant.services = ["voice-mail"]
    let new = try handset.register(.services, number: old.number, over: world.line(), applicant: applicant)
    #expect(new.services == ["voice-mail"] && new.number == old.number)
    #expect(try world.attaches(handset))
    #expect(throws: DeviceError.module(.compute, .wrongMAC)) { try challenge(handset) }
    let record = try world.customers.number(TelephoneNumber(old.number), now: world.now)
    #expect(try world.customers.services(ofSubscription: #require(record.subscription)) == ["voice-mail"])
    applicant.services = ["teleportation"]
    #expect(throws: DeviceError.refused(.unknownService)) {
      try handset.register(.services, number: old.number, over: world.line(), applicant: applicant)
    }
  }

  @Test("A4 (Figs 13, 14): another credit card is checked, and the ID is rewritten") func creditCard() throws {
    let handset = try world.makeHandset()
    let old = try handset.register(over: world.line(), applicant: applicant)
    company.refuse("5500005555555559")
    applicant.creditCard = "5500005555555559"
    #expect(throws: DeviceError.refused(.creditRefused)) {
      try handset.register(.creditCard, number: old.number, over: world.line(), applicant: applicant)
    }
    #expect(try world.attaches(handset))
    applicant.creditCard = "340000000000009"
    let challenge = try former(of: old)
    let new = try handset.register(.creditCard, number: old.number, over: world.line(), applicant: applicant)
    #expect(new.services == old.services)
    #expect(try world.attaches(handset))
    #expect(throws: DeviceError.module(.compute, .wrongMAC)) { try challenge(handset) }
    // The company was asked about the subscriber, who is no second customer by it.
    #expect(try world.customers.subscribers().count == 1)
    // The new card is what the subscriber is known by from now on.
    let repaired = try world.makeHandset()
    #expect(throws: Never.self) {
      try repaired.register(.repair, number: old.number, over: world.line(), applicant: applicant)
    }
  }

  @Test(
    "the line breaks before or after any message: the number is one registration's or free, the module has one ID whole, the network takes exactly one",
    arguments: [Purpose.new, .repair, .services, .creditCard])
  func broken(purpose: Purpose) throws {
    for index in 0..<4 {
      for before in [true, false] {
        let world = try makeWorld(numbers: 1)
        let holder = try world.makeHandset()
        var number: String?
        if purpose != .new { number = try holder.register(over: world.line(), applicant: applicant).number }
        let handset = purpose == .services || purpose == .creditCard ? holder : try world.makeHandset()
        let line = TestLine(world.line())
        line.cut = (index, before)
        #expect(throws: TestLine.Broken.self) {
          try handset.register(purpose, number: number, over: line, applicant: applicant)
        }
        try checkOne(world, [holder, handset], number)
        // The receipt finds its way later, or the course is begun again: then all is as if nothing had been.
        if index == 3 {
          try handset.deliverReceipt(over: world.line())
        } else {
          world.now = world.now + .seconds(31 * 86_400)
          _ = try world.desk.sweep(now: world.now)
          if purpose == .new, try world.customers.pools(now: world.now).first?.counts[.free] != 1 {
            // A number whose ID was on its way is in quarantine, so that nobody gets it twice.
            world.now = world.now + .seconds(181 * 86_400)
            try world.customers.stock(
              [(iccid: .init("8981001000999999999"), imsi: .init("001010999999999"), profileType: "handset")],
              now: world.now)
          }
          _ = try handset.register(purpose, number: number, over: world.line(), applicant: applicant)
        }
        handset.powerOn()
        #expect(try world.attaches(handset))
        try checkOne(world, [holder, handset], number)
      }
    }
  }

  private func checkOne(_ world: RegistrationWorld, _ handsets: [Handset], _ number: String?) throws {
    var taken: Set<ObjectIdentifier> = []
    for handset in handsets {
      handset.powerOn()
      if try world.attaches(handset) { taken.insert(ObjectIdentifier(handset)) }
    }
    // Before a registration nobody attaches; a module whose new ID waits for its receipt attaches when that is there.
    #expect(taken.count <= 1)
    if let number { #expect(try world.desk.registered(number) != nil) }
  }
}
