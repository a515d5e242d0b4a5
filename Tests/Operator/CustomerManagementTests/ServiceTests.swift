import CustomerManagement
import TestStores
import Testing

@Suite("Services and what they need", .overEveryStore) struct ServiceTests {
  private func service(_ name: String, _ needs: Set<String> = []) throws -> ServiceCatalogue.Service {
    try ServiceCatalogue.Service(name: name, needs: needs)
  }

  @Test("A service is ordered after everything it needs") func order() throws {
    let catalogue = try ServiceCatalogue([
      service("volte", ["voice", "data"]), service("voice"), service("data"), service("roaming", ["volte"]),
    ])
    #expect(try catalogue.order(["roaming"]) == ["data", "voice", "volte", "roaming"])
    #expect(try catalogue.missing(for: "volte", having: ["voice"]) == ["data"])
    #expect(
      try catalogue.dependents(of: "data", among: ["roaming", "volte", "voice", "data"]) == ["roaming", "volte"])
  }

  @Test("A circle of needs is no catalogue, and is named") func circle() throws {
    #expect(throws: CustomerError.serviceCycle(["a", "b", "c"])) {
      try ServiceCatalogue([service("a", ["b"]), service("b", ["c"]), service("c", ["a"])])
    }
    #expect(throws: CustomerError.unknownService("x")) { try ServiceCatalogue([service("a", ["x"])]) }
  }

  @Test("A chain of ten thousand services is ordered without deep recursion") func chain() throws {
    let services = try (0..<10_000).map { try service("s\($0)", $0 == 0 ? [] : ["s\($0 - 1)"]) }
    #expect(try ServiceCatalogue(services).order(["s9999"]).count == 10_000)
  }

  @Test("A subscription gets a service only with what it needs, and loses it only after those that need it")
  func subscription() throws {
    let fixture = try Fixture()
    let desk = fixture.desk
    for service in [try service("data"), try service("voice"), try service("volte", ["data", "voice"])] {
      try desk.define(service, now: Fixture.now)
    }
    let id = try desk.subscribe(fixture.customer, now: Fixture.now)
    #expect(throws: CustomerError.serviceNeeds("volte", ["data", "voice"])) {
      try desk.add(service: "volte", to: id, now: Fixture.now)
    }
    #expect(try desk.add(service: "volte", to: id, withNeeded: true, now: Fixture.now) == ["data", "voice", "volte"])
    #expect(try desk.add(service: "volte", to: id, now: Fixture.now) == [])
    #expect(throws: CustomerError.serviceNeeded("data", by: ["volte"])) {
      try desk.remove(service: "data", from: id, now: Fixture.now)
    }
    #expect(
      try desk.remove(service: "data", from: id, withDependents: true, now: Fixture.now) == ["volte", "data"])
    #expect(try desk.services(ofSubscription: id) == ["voice"])
    #expect(throws: CustomerError.unknownService("nothing")) {
      try desk.remove(service: "nothing", from: id, now: Fixture.now)
    }
    let texts = try desk.history(ofSubscriber: fixture.customer).map(\.event.body)
    #expect(texts.contains(.text("subscription \(id): data removed")))
  }
}
