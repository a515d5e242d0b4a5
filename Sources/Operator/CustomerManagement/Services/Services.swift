import Identifiers
import Store

extension Desk {
  /// Puts a service into the catalogue; those it needs must be there.
  public func define(_ service: ServiceCatalogue.Service, now: Instant) throws {
    try perform { transaction in
      let catalogue = try Self.catalogue(in: transaction)
      _ = try ServiceCatalogue(Array(catalogue.services.values) + [service])
      try transaction.execute(
        "INSERT INTO service (name, description) VALUES ($1, $2)", service.name, service.description)
      for need in service.needs.sorted() {
        try transaction.execute("INSERT INTO service_need (service, needs) VALUES ($1, $2)", service.name, need)
      }
      try Self.note("Service", "defined", of: "service/\(service.name)", now: now, in: transaction)
    }
  }

  /// The catalogue.
  public func catalogue() throws -> ServiceCatalogue { try store.read(Self.catalogue) }

  /// The services of a subscription, first things first.
  public func services(ofSubscription id: Int) throws -> [String] {
    try store.read { reader in
      _ = try Subscription.find(id, in: reader)
      return try Self.catalogue(in: reader).order(Self.services(of: id, in: reader))
    }
  }

  /// Adds a service, after what it needs: that must be there, or is added before it where `withNeeded` says so. Returns
  /// what was added, in order.
  @discardableResult public func add(
    service name: String, to id: Int, withNeeded: Bool = false, now: Instant
  ) throws -> [String] {
    try perform { transaction in
      let subscription = try Self.open(id, in: transaction)
      let present = try Self.services(of: id, in: transaction)
      if present.contains(name) { return [] }
      let missing = try Self.catalogue(in: transaction).missing(for: name, having: present)
      guard missing.isEmpty || withNeeded else { throw CustomerError.serviceNeeds(name, missing) }
      let added = missing + [name]
      for service in added {
        try transaction.execute(
          "INSERT INTO subscribed_service (subscription, service, since) VALUES ($1, $2, $3)", id, service, now)
        try Self.note(
          "Service", "subscription \(id): \(service) added", ofSubscriber: subscription.subscriber, now: now,
          in: transaction)
      }
      return added
    }
  }

  /// Removes a service, after those that need it: they must be gone, or are removed before it where `withDependents`
  /// says so. Returns what was removed, in order.
  @discardableResult public func remove(
    service name: String, from id: Int, withDependents: Bool = false, now: Instant
  ) throws -> [String] {
    try perform { transaction in
      let subscription = try Self.open(id, in: transaction)
      let present = try Self.services(of: id, in: transaction)
      guard present.contains(name) else {
        _ = try Self.catalogue(in: transaction).order([name])
        return []
      }
      let dependents = try Self.catalogue(in: transaction).dependents(of: name, among: present)
      guard dependents.isEmpty || withDependents else { throw CustomerError.serviceNeeded(name, by: dependents) }
      let removed = dependents + [name]
      for service in removed {
        try transaction.execute(
          "DELETE FROM subscribed_service WHERE subscription = $1 AND service = $2", id, service)
        try Self.note(
          "Service", "subscription \(id): \(service) removed", ofSubscriber: subscription.subscriber, now: now,
          in: transaction)
      }
      return removed
    }
  }

  // Adding a service counts the subscription's version up: two that depend on each other cannot pass side by side.
  private static func open(_ id: Int, in transaction: any Transaction) throws -> Subscription {
    let subscription = try Subscription.find(id, in: transaction)
    guard subscription.state != .ended else { throw CustomerError.notAllowed("subscription \(id) has ended") }
    try transaction.executeOne(
      "UPDATE subscription SET version = version + 1 WHERE id = $1 AND version = $2", id, subscription.version)
    return subscription
  }

  private static func services(of id: Int, in reader: any Reader) throws -> Set<String> {
    Set(
      try reader.query("SELECT service FROM subscribed_service WHERE subscription = $1", id)
        .map { row throws(StoreError) in try row(0, as: String.self) })
  }

  private static func catalogue(in reader: any Reader) throws -> ServiceCatalogue {
    var needs: [String: Set<String>] = [:]
    for row in try reader.query("SELECT service, needs FROM service_need") {
      needs[try row(0), default: []].insert(try row(1))
    }
    return try ServiceCatalogue(
      reader.query("SELECT name, description FROM service ORDER BY name").map { row in
        let name: String = try row(0)
        return try ServiceCatalogue.Service(name: name, description: row(1), needs: needs[name] ?? [])
      })
  }
}
