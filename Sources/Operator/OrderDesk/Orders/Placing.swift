import Bytes
import Identifiers
import SGP22
import Store

extension Desk {
  /// Takes an order; its steps run when a runner comes by.
  public func place(_ request: OrderRequest, now: Instant, random: any RandomSource) throws -> Order {
    try perform { transaction in
      guard let id = try insert(request, now: now, random: random, in: transaction) else {
        throw OrderError.knownReference(request.reference ?? "")
      }
      return try OrderTable.find(id, in: transaction)
    }
  }

  /// Asks for an order to be taken back: everything that was done for it is undone, unless a device was faster.
  public func cancel(_ id: String, because cause: String, now: Instant) throws {
    try perform { transaction in
      let order = try OrderTable.find(id, in: transaction)
      guard try Steps.undo(OrderSteps.plan, subject: id, because: cause, now: now, in: transaction) else {
        throw OrderError.notAllowed("order \(id) is \(order.state) and cannot be cancelled any more")
      }
      try note("Cancellation", "asked for: \(cause)", of: id, now: now, in: transaction)
    }
  }

  /// Orders another SIM for the subscription of `id`, on the same terms where none are given: for a lost telephone, or
  /// a profile that cannot be installed. The former SIM works until the new one does; a former order that is still
  /// under way is cancelled.
  public func replace(
    _ id: String, by request: OrderRequest? = nil, now: Instant, random: any RandomSource
  ) throws -> Order {
    try perform { transaction in
      let order = try OrderTable.find(id, in: transaction)
      guard let subscription = order.subscription else {
        throw OrderError.notAllowed("order \(id) is for no subscription: place a new one instead")
      }
      switch order.state {
      case .placed, .released:
        _ = try Steps.undo(
          OrderSteps.plan, subject: id, because: "replaced by another order", now: now, in: transaction)
      case .installed, .active: break
      case .cancelled, .failed, .replaced:
        throw OrderError.notAllowed("order \(id) is \(order.state): place a new one instead")
      }
      let request =
        try request ?? OrderRequest(profileType: order.profileType, subscription: subscription)
      guard request.subscription == subscription else {
        throw OrderError.invalid("subscription", "a replacement is for the same subscription, \(subscription)")
      }
      guard let new = try insert(request, replaces: id, now: now, random: random, in: transaction) else {
        throw OrderError.knownReference(request.reference ?? "")
      }
      try note("Replacement", "ordered as \(new)", of: id, now: now, in: transaction)
      return try OrderTable.find(new, in: transaction)
    }
  }

  /// Writes an order and begins its act; nil where its reference is known.
  func insert(
    _ request: OrderRequest, replaces: String? = nil, bulk: Int? = nil, now: Instant, random: any RandomSource,
    in transaction: any Transaction
  ) throws -> String? {
    let id = OrderName.make(random)
    let code = try request.confirmationCode.map { try vault.wrap($0, context: Self.place(id), random: random) }
    let inserted = try transaction.execute(
      """
      INSERT INTO esim_order (id, state, reference, subscription, profile_type, wanted_iccid, wanted_eid, smds,
        confirmation, replaces, bulk, since) VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
      ON CONFLICT DO NOTHING
      """,
      id, request.reference, request.subscription, request.profileType, request.iccid, request.eid,
      request.smdsAddress, code, replaces, bulk, now)
    guard inserted == 1 else { return nil }
    try Steps.begin(OrderSteps.plan, subject: id, now: now, in: transaction)
    return id
  }
}

/// Names of orders.
enum OrderName {
  /// Letters and digits that are not mistaken for each other.
  private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

  /// A new name of 60 random bits: also where two operators' books meet, or an old copy comes back, none comes twice.
  static func make(_ random: any RandomSource) -> String {
    String(decoding: random.bytes(12).map { alphabet[Int($0 & 31)] }, as: UTF8.self)
  }
}
