import Bytes
import Identifiers
import Keys
import MutualAuthentication
import OperatorChange
import SGP02
import SGP22
import SecureMessages
import Stations
import Store

extension Desk {
  /// Writes what the policy control function goes by for a profile.
  public func setContract(_ contract: ProfileContract, for iccid: ICCID) throws {
    try perform { transaction in
      _ = try transaction.execute(
        """
        INSERT INTO profile_contract (iccid, subscription, msisdn, locked_until, consent, refusal)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (iccid) DO UPDATE SET subscription = excluded.subscription,
          msisdn = excluded.msisdn, locked_until = excluded.locked_until, consent = excluded.consent,
          refusal = excluded.refusal
        """, iccid, contract.subscription, contract.msisdn, contract.lockedUntil, contract.consent.rawValue,
        contract.refusal)
    }
  }

  /// The departure that `receiver` calls `change`.
  public func departure(to receiver: String, _ change: String) throws -> Departure? {
    try store.read { try Departure.find("\(receiver)/\(change)", in: $0) }
  }

  /// At most `limit` changes after `id` by which subscribers go.
  public func departures(after id: String = "", limit: Int = 100) throws -> [Departure] {
    try store.read { try Departure.all(after: id, limit: limit, in: $0) }
  }

  /// The contract of a profile; nil where there is none.
  public func contract(of iccid: ICCID) throws -> ProfileContract? {
    try store.read { try ProfileContract.find(iccid, in: $0) }
  }

  /// The act behind a departure: its next step, and why it does not go on.
  public func act(ofDeparture id: String) throws -> Act? {
    try store.read { try Steps.act(DepartureSteps.plan.name, subject: id, in: $0) }
  }

  /// E3, negotiation and transfer of rights: what the donor says. The rights go once its own part is prepared; until then
  /// the call is refused with 1.2/4.4.
  public func requestOperatorChange(
    _ message: RequestOperatorChange.Request, from receiver: Requesters.Requester, given: Given, in reader: any Reader
  ) throws -> Decision<RequestOperatorChange.Response> {
    let request: ChangeRequest
    do {
      request = try message.request.verified(from: known(receiver.identifier), to: me.party, at: given.now)
    } catch let denial as Denial { throw denial } catch {
      throw Refusal.changeUnverified.because("\(receiver.identifier): \(error)")
    }
    guard let contract = try ProfileContract.find(request.iccid, in: reader) else {
      throw Refusal.changeUnknown.because("\(receiver.identifier) asked for \(request.iccid)")
    }
    let id = "\(receiver.identifier)/\(request.change)"
    if let known = try Departure.find(id, in: reader) {
      guard known.eid == request.eid, known.iccid == request.iccid, known.msisdn == request.msisdn,
        known.manager == request.manager
      else {
        throw Refusal.changeUnverified.because("\(receiver.identifier) asked for another change called \(known.change)")
      }
      switch known.state {
      case .underWay where known.isReady && given.now < known.expiry:
        return try answer(.allowed, to: request, from: receiver, until: known.expiry, given: given)
      case .underWay: return pending(request)
      case .done, .takenBack:
        return try answer(.refused("the change is over"), to: request, from: receiver, given: given)
      }
    }
    if try Departure.open(request.iccid, in: reader) != nil {
      return try answer(
        .refused("the subscriber is going to an operator already"), to: request, from: receiver, given: given)
    }
    if let msisdn = request.msisdn, msisdn != contract.msisdn {
      return try answer(.refused("the number is not this subscriber's"), to: request, from: receiver, given: given)
    }
    let decision = contract.decision(at: given.now)
    guard decision == .allowed else { return try answer(decision, to: request, from: receiver, given: given) }
    var result: Decision<RequestOperatorChange.Response> = pending(request)
    result.changes = [
      Departure(
        id: id, receiver: receiver.identifier, change: request.change, eid: request.eid, iccid: request.iccid,
        msisdn: request.msisdn, manager: request.manager, expiry: given.now + settings.rightsLifetime),
      trail("Departure", "\(request.iccid) to \(receiver.identifier): allowed", of: request.eid, now: given.now),
    ]
    return result
  }

  private func pending(_ request: ChangeRequest) -> Decision<RequestOperatorChange.Response> {
    var decision = Decision<RequestOperatorChange.Response>(
      .failure(.functionUnderWay), correlation: request.eid.digits, changes: [])
    decision.isPending = true
    return decision
  }

  /// The signed answer. It is not remembered: the subscriber may consent, the day may come.
  private func answer(
    _ decision: ChangeAnswer.Decision, to request: ChangeRequest, from receiver: Requesters.Requester,
    until end: Instant? = nil, given: Given
  ) throws -> Decision<RequestOperatorChange.Response> {
    let lifetime = end.map { .milliseconds($0.milliseconds - given.now.milliseconds) } ?? Duration.seconds(3600)
    let signed = try Signed(
      ChangeAnswer(decision, to: request), by: me, to: ChangeRequest.mno(receiver.identifier),
      term: term(given: given, lifetime: lifetime))
    var result = Decision<RequestOperatorChange.Response>(
      .success(.init(answer: signed)), correlation: request.eid.digits, changes: [])
    result.isPending = true
    return result
  }

  /// How the receiving operator says that it ended. Whether it is so, the donor finds out by itself.
  public func endOperatorChange(
    _ message: EndOperatorChange.Request, from receiver: Requesters.Requester, given: Given, in reader: any Reader
  ) throws -> Decision<NoFields> {
    let end: ChangeEnd
    do { end = try message.end.verified(from: known(receiver.identifier), to: me.party, at: given.now) } catch let
      denial
      as Denial
    { throw denial } catch { throw Refusal.changeUnverified.because("\(receiver.identifier): \(error)") }
    guard let departure = try Departure.find("\(receiver.identifier)/\(end.change)", in: reader),
      departure.eid == end.eid, departure.iccid == end.iccid
    else { throw Refusal.changeUnknown.because("\(receiver.identifier) ended \(end.change)") }
    switch (departure.state, end.newICCID) {
    case (.done, .some), (.takenBack, nil):
      return Decision(.success(NoFields()), correlation: end.eid.digits, changes: [])
    case (.underWay, _):
      var decision = Decision<NoFields>(
        .failure(.functionUnderWay), correlation: end.eid.digits, changes: [EndTold(id: departure.id)])
      decision.isPending = true
      return decision
    // The donor verified: the eUICC says otherwise.
    case (.takenBack, .some), (.done, nil):
      return Decision(.failure(.changeNotCompleted), correlation: end.eid.digits, changes: [])
    }
  }

  /// The departure's steps look again.
  private struct EndTold: DurableChange {
    let id: String

    func save(now: Instant, in transaction: any Transaction) throws(StoreError) {
      try transaction.execute("UPDATE departure SET ended = 1 WHERE id = $1", id)
      try Steps.wake(DepartureSteps.plan.name, subject: id, now: now, in: transaction)
    }
  }

  /// Forgets old calls; returns how many. To be called now and then: nothing depends on when.
  public func sweep(limit: Int = 1000, now: Instant) throws -> Int {
    try perform { try CallTable.sweep(before: now, limit: limit, in: $0) }
  }
}
