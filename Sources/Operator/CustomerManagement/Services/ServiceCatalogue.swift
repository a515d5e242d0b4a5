/// Which services there are and which of them each needs: pure, so that its rules can be tested on their own.
public struct ServiceCatalogue: Sendable, Hashable {
  /// A service.
  public struct Service: Sendable, Hashable {
    public let name: String
    public let description: String
    /// The services it needs, by name.
    public let needs: Set<String>

    /// A service with a name of 1 to 64 letters, digits, dots and hyphens.
    public init(name: String, description: String = "", needs: Set<String> = []) throws(CustomerError) {
      let isWellFormed = name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
          true
        default: false
        }
      }
      guard (1...64).contains(name.utf8.count), isWellFormed else {
        throw .invalid("service", "1 to 64 letters, digits, dots and hyphens are wanted")
      }
      guard description.count <= 500 else { throw .invalid("description", "it is longer than 500 characters") }
      (self.name, self.description, self.needs) = (name, description, needs)
    }
  }

  /// The services by name.
  public private(set) var services: [String: Service] = [:]

  /// The catalogue of `services`: each name once, every need known, no circle.
  public init(_ services: [Service] = []) throws(CustomerError) {
    for service in services {
      guard self.services.updateValue(service, forKey: service.name) == nil else { throw .knownService(service.name) }
    }
    for service in services {
      for need in service.needs where self.services[need] == nil { throw .unknownService(need) }
    }
    _ = try order(Set(self.services.keys))
  }

  /// `names` in an order in which each follows what it needs; what a service needs beyond `names` is added.
  public func order(_ names: Set<String>) throws(CustomerError) -> [String] {
    var ordered: [String] = []
    var finished: Set<String> = []
    // Depth first with a stack of our own: a chain of ten thousand services is no danger.
    for start in names.sorted() where !finished.contains(start) {
      var path: [(name: String, rest: [String])] = [(start, try needs(of: start))]
      var open: Set<String> = [start]
      while var last = path.popLast() {
        if let next = last.rest.popLast() {
          path.append(last)
          if finished.contains(next) { continue }
          guard open.insert(next).inserted else {
            throw .serviceCycle(Array(path.map(\.name).drop { $0 != next }))
          }
          path.append((next, try needs(of: next)))
        } else {
          ordered.append(last.name)
          finished.insert(last.name)
          open.remove(last.name)
        }
      }
    }
    return ordered
  }

  private func needs(of name: String) throws(CustomerError) -> [String] {
    guard let service = services[name] else { throw .unknownService(name) }
    return service.needs.sorted(by: >)
  }

  /// What `name` still needs in a subscription that has `present`, first things first, without `name` itself.
  public func missing(for name: String, having present: Set<String>) throws(CustomerError) -> [String] {
    try order([name]).filter { $0 != name && !present.contains($0) }
  }

  /// What in `present` needs `name`, directly or through others, last things first: the order of removing.
  public func dependents(of name: String, among present: Set<String>) throws(CustomerError) -> [String] {
    var found: [String] = []
    for other in try order(present).reversed() where other != name && present.contains(other) {
      if try order([other]).contains(name) { found.append(other) }
    }
    return found
  }
}
