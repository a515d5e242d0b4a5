import Identifiers
import Store

extension Desk {
  /// Takes SIMs into stock: all of them, or none where an ICCID or IMSI is known already.
  public func stock(
    _ sims: some Sequence<(iccid: ICCID, imsi: IMSI, profileType: String)>, now: Instant
  ) throws {
    try perform { transaction in
      var counts: [String: Int] = [:]
      for sim in sims {
        guard (1...256).contains(sim.profileType.utf8.count) else {
          throw CustomerError.invalid("profile type", "1 to 256 characters are wanted")
        }
        do {
          try transaction.execute(
            "INSERT INTO sim (iccid, imsi, profile_type, state) VALUES ($1, $2, $3, 0)", sim.iccid, sim.imsi,
            sim.profileType)
        } catch StoreError.duplicate { throw CustomerError.knownSIM(sim.iccid) }
        counts[sim.profileType, default: 0] += 1
      }
      for (type, count) in counts.sorted(by: { $0.key < $1.key }) {
        try Self.note("SIM", "\(count) in", of: "stock/\(type)", now: now, in: transaction)
      }
    }
  }

  /// The SIM with this ICCID.
  public func sim(_ iccid: ICCID) throws -> SIM {
    let row = try store.read {
      try $0.first(
        "SELECT iccid, imsi, profile_type, state, taken_by, subscription FROM sim WHERE iccid = $1", iccid)
    }
    guard let row else { throw CustomerError.unknownSIM(iccid) }
    return try SIM.read(row)
  }

  /// SIMs after `iccid`, of one state where it is given, at most `limit`.
  public func sims(state: SIM.State? = nil, after iccid: String = "", limit: Int = 100) throws -> [SIM] {
    try store.read { reader in
      try reader.query(
        """
        SELECT iccid, imsi, profile_type, state, taken_by, subscription FROM sim
        WHERE iccid > $1 AND state = COALESCE($2, state) ORDER BY iccid LIMIT $3
        """, iccid, state?.rawValue, limit
      ).map(SIM.read)
    }
  }

  /// SIMs that a subscription had in use and has no more.
  public func retiredSIMs(ofSubscription id: Int) throws -> [SIM] {
    try store.read { reader in
      try reader.query(
        """
        SELECT iccid, imsi, profile_type, state, taken_by, subscription FROM sim
        WHERE subscription = $1 AND state = 3 ORDER BY iccid
        """, id
      ).map(SIM.read)
    }
  }

  // MARK: For orders; each may be repeated

  /// Takes a SIM for an order: the named one, or a free one of the type. An order that took one gets the same again.
  public func takeSIM(
    for order: String, profileType: String, iccid: ICCID? = nil, subscription: Int?, now: Instant
  ) throws -> SIM {
    try perform { transaction in
      let taken = try transaction.first(
        "SELECT iccid, imsi, profile_type, state, taken_by, subscription FROM sim WHERE taken_by = $1", order)
      if let taken { return try SIM.read(taken) }
      if let subscription, try Subscription.find(subscription, in: transaction).state == .ended {
        throw CustomerError.notAllowed("subscription \(subscription) has ended")
      }
      let row = try transaction.first(
        """
        UPDATE sim SET state = 1, taken_by = $1, subscription = $4 WHERE state = 0 AND iccid = COALESCE($3,
          (SELECT iccid FROM sim WHERE profile_type = $2 AND state = 0 ORDER BY iccid LIMIT 1))
        RETURNING iccid, imsi, profile_type, state, taken_by, subscription
        """, order, profileType, iccid, subscription)
      guard let row else {
        throw CustomerError.notAllowed(
          iccid.map { "the SIM \($0) is not free in stock" }
            ?? "no SIM of type \"\(profileType)\" is free; bring more into stock")
      }
      let sim = try SIM.read(row)
      try noteSIM(sim, "taken for order \(order)", now: now, in: transaction)
      return sim
    }
  }

  /// The order needs its SIM no more: it is free again.
  public func giveBackSIM(of order: String, now: Instant) throws {
    try perform { transaction in
      let row = try transaction.first(
        "SELECT iccid, imsi, profile_type, state, taken_by, subscription FROM sim WHERE taken_by = $1", order)
      guard let sim = try row.map(SIM.read) else { return }
      guard sim.state == .taken else { throw CustomerError.notAllowed("the SIM \(sim.iccid) is \(sim.state)") }
      try transaction.execute(
        "UPDATE sim SET state = 0, taken_by = NULL, subscription = NULL WHERE iccid = $1", sim.iccid)
      try noteSIM(sim, "given back by order \(order)", now: now, in: transaction)
    }
  }

  /// The order's SIM is of no use to anybody: a device has seen its keys and did not install it.
  public func scrapSIM(of order: String, now: Instant) throws {
    try perform { transaction in
      let row = try transaction.first(
        "SELECT iccid, imsi, profile_type, state, taken_by, subscription FROM sim WHERE taken_by = $1", order)
      guard let sim = try row.map(SIM.read), sim.state != .retired else { return }
      guard sim.state == .taken else { throw CustomerError.notAllowed("the SIM \(sim.iccid) is \(sim.state)") }
      try transaction.execute("UPDATE sim SET state = 3 WHERE iccid = $1", sim.iccid)
      try noteSIM(sim, "retired: order \(order) could not be installed", now: now, in: transaction)
    }
  }

  /// The order's SIM is in use from now on, and the one that its subscription had is retired. Returns that one, for
  /// those who must make it useless.
  @discardableResult public func putSIMIntoUse(of order: String, now: Instant) throws -> SIM? {
    try perform { transaction in
      let row = try transaction.first(
        "SELECT iccid, imsi, profile_type, state, taken_by, subscription FROM sim WHERE taken_by = $1", order)
      guard let sim = try row.map(SIM.read) else {
        throw CustomerError.notAllowed("order \(order) has taken no SIM")
      }
      switch sim.state {
      case .inUse: return try formerSIM(of: order, in: transaction)
      case .retired where try sim.subscription.map { try Subscription.find($0, in: transaction).state } == .ended:
        return nil
      case .free, .retired: throw CustomerError.notAllowed("the SIM \(sim.iccid) is \(sim.state)")
      case .taken: break
      }
      if let id = sim.subscription, try Subscription.find(id, in: transaction).state == .ended {
        try transaction.execute("UPDATE sim SET state = 3 WHERE iccid = $1", sim.iccid)
        try noteSIM(sim, "retired: the subscription has ended", now: now, in: transaction)
        return nil
      }
      let former = try sim.subscription.flatMap { try retireSIM(of: $0, replacedBy: order, in: transaction) }
      try transaction.execute("UPDATE sim SET state = 2 WHERE iccid = $1", sim.iccid)
      if let id = sim.subscription {
        let subscription = try Subscription.find(id, in: transaction)
        if subscription.state == .ordered { try subscription.move(to: .active, in: transaction) }
      }
      try noteSIM(sim, "in use", now: now, in: transaction)
      return former
    }
  }

  /// Retires the SIM in use of a subscription.
  func retireSIM(of subscription: Int, replacedBy order: String? = nil, in transaction: any Transaction) throws -> SIM?
  {
    try transaction.first(
      """
      UPDATE sim SET state = 3, replaced_by = $2 WHERE subscription = $1 AND state = 2
      RETURNING iccid, imsi, profile_type, state, taken_by, subscription
      """, subscription, order
    ).map(SIM.read)
  }

  private func formerSIM(of order: String, in reader: any Reader) throws -> SIM? {
    try reader.first(
      "SELECT iccid, imsi, profile_type, state, taken_by, subscription FROM sim WHERE replaced_by = $1", order
    ).map(SIM.read)
  }

  func noteSIM(_ sim: SIM, _ text: String, now: Instant, in transaction: any Transaction) throws {
    if let id = sim.subscription {
      let subscriber = try Subscription.find(id, in: transaction).subscriber
      try Self.note("SIM", "\(sim.iccid) \(text)", ofSubscriber: subscriber, now: now, in: transaction)
    } else {
      try Self.note("SIM", text, of: sim.iccid.digits, now: now, in: transaction)
    }
  }
}
