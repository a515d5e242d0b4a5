import Bytes
import Identifiers
import SGP22
import Store

extension Desk {
  /// Takes an order; its steps run when a runner comes by. The same order with the same reference again is the one that
  /// was taken before.
  public func place(_ request: OrderRequest, now: Instant, random: any RandomSource) throws -> Order {
    try perform { transaction in
      if let known = try known(request, replaces: nil, in: transaction) { return known }
      guard let id = try insert(request, now: now, random: random, in: transaction) else {
        throw OrderError.knownReference(request.reference ?? "")
      }
      return try OrderTable.find(id, in: transaction)
    }
  }

  /// The order that was placed with the reference of `request`, if it is the same; another's reference is refused.
  private func known(
    _ request: OrderRequest, replaces: String?, in reader: any Reader
  ) throws -> Order? {
    guard let reference = request.reference else { return nil }
    guard let known = try OrderTable.find(reference: reference, in: reader) else { return nil }
    guard known.replaces == replaces, try self.request(of: known) == request else {
      throw OrderError.knownReference(reference)
    }
    return known
  }

  /// What was asked for with `order`.
  private func request(of order: Order) throws -> OrderRequest {
    try OrderRequest(
      profileType: order.profileType, subscription: order.subscription, iccid: order.wantedICCID,
      eid: order.wantedEID, confirmationCode: confirmationCode(of: order), smdsAddress: order.smdsAddress,
      reference: order.reference)
  }

  /// Asks for an order to be taken back: everything that was done for it is undone, unless a device was faster. It is
  /// done already where the order is cancelled.
  public func cancel(_ id: String, because cause: String, now: Instant) throws {
    try perform { transaction in
      let order = try OrderTable.find(id, in: transaction)
      if order.state == .cancelled { return }
      guard try Steps.undo(OrderSteps.plan, subject: id, because: cause, now: now, in: transaction) else {
        throw OrderError.notAllowed("order \(id) is \(order.state) and cannot be cancelled any more")
      }
      try note(Self.cancellation, "asked for: \(cause)", of: id, now: now, in: transaction)
    }
  }

  /// Orders another SIM for the subscription of `id`, of the same profile type where nothing else is asked for: for a
  /// lost telephone, or a profile that could not be installed. The former SIM works until the new one does; a former
  /// order that is still under way is cancelled. Asked for again, it is the order that replaces `id` already.
  public func replace(
    _ id: String, by request: OrderRequest? = nil, now: Instant, random: any RandomSource
  ) throws -> Order {
    try perform { transaction in
      let order = try OrderTable.find(id, in: transaction)
      guard let subscription = order.subscription else {
        throw OrderError.notAllowed("order \(id) is for no subscription: place a new one instead")
      }
      let request =
        try request ?? OrderRequest(profileType: order.profileType, subscription: subscription)
      guard request.subscription == subscription else {
        throw OrderError.invalid("subscription", "a replacement is for the same subscription, \(subscription)")
      }
      if let known = try known(request, replaces: id, in: transaction) { return known }
      if let other = try OrderTable.find(replacing: id, in: transaction) {
        guard request.reference == nil else {
          throw OrderError.notAllowed("order \(id) is replaced by \(other.id) already")
        }
        return other
      }
      switch order.state {
      case .placed, .released:
        _ = try Steps.undo(
          OrderSteps.plan, subject: id, because: "replaced by another order", now: now, in: transaction)
      case .installed, .active, .failed: break
      case .cancelled, .replaced:
        throw OrderError.notAllowed("order \(id) is \(order.state): place a new one instead")
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
