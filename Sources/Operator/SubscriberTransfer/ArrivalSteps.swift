import Bytes
import Identifiers
import OperatorChange
import SGP02
import SGP22
import SecureMessages
import Stations
import Store
import TLV

extension Desk {
  /// E3: begins a change for a subscriber who comes from `donor`; its steps run when a runner comes by. The same once more
  /// changes nothing.
  public func beginChange(
    _ id: String, of eid: EID, from donor: String, _ donorICCID: ICCID, msisdn: String? = nil, manager: OID? = nil,
    subscription: Int, now: Instant
  ) throws {
    _ = try known(donor)
    guard (1...64).contains(id.utf8.count) else { throw Refused("a change's name has 1 to 64 characters") }
    try perform { transaction in
      if try Arrival.find(id, in: transaction) != nil { return }
      let open = try transaction.first("SELECT id FROM arrival WHERE eid = $1 AND state = 1", eid)
      if let open { throw Refused("the eUICC comes already, by the change \(try open(0, as: String.self))") }
      try transaction.execute(
        """
        INSERT INTO arrival (id, donor, eid, donor_iccid, msisdn, manager, subscription, state, since)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8)
        """, id, donor, eid, donorICCID, msisdn, manager?.description, subscription, now)
      try Steps.begin(ArrivalSteps.plan, subject: id, now: now, in: transaction)
    }
  }

  /// How a change stands; nil where nobody began it.
  public func arrival(_ id: String) throws -> Arrival? { try store.read { try Arrival.find(id, in: $0) } }

  /// At most `limit` changes after `id` by which subscribers come.
  public func arrivals(after id: String = "", limit: Int = 100) throws -> [Arrival] {
    try store.read { try Arrival.all(after: id, limit: limit, in: $0) }
  }

  /// The act behind it: its next step, and why it does not go on.
  public func act(ofArrival id: String) throws -> Act? {
    try store.read { try Steps.act(ArrivalSteps.plan.name, subject: id, in: $0) }
  }
}

/// How the receiving operator takes a subscriber in. The pivot is the enabling of its profile: before it the subscriber
/// stays with the donor, whatever fails.
public enum ArrivalSteps {
  public static let plan = StepPlan<Office>(
    "arrival",
    before: [
      Step("Certificate", perform: verify),
      Step("PrepareSMSRChange", perform: prepareManager),
      Step("Request", perform: { _, _ in .done }, undo: withdraw),
      Step("Negotiation", perform: negotiate),
      Step("SMSRChange", perform: awaitManager),
      Step("Profile", perform: install, undo: remove),
      Step("NetworkEntry", perform: open, undo: close),
      Step("PortIn", perform: portIn, undo: leaveNumber),
    ],
    pivot: Step("EnableProfile", perform: enable),
    after: [
      Step("PortedIn", perform: portedIn),
      Step("Completion", perform: complete),
    ],
    ended: ended)

  private static func found(_ office: Office, _ call: StepCall) throws -> Arrival {
    guard let arrival = try office.desk.arrival(call.act.subject) else {
      throw StoreError.unexpected("an arrival of which nothing is known")
    }
    return arrival
  }

  /// "No certificate, a bad or a revoked one: no profile leaves the MNO."
  private static func verify(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    let arrival = try found(office, call)
    return try DepartureSteps.refusing { try office.profiles.verify(arrival.eid, as: call.name) }
  }

  /// SGP.02 §3.8: the SM-SR that takes over is asked first; one that nobody asked refuses the hand-over.
  private static func prepareManager(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    let arrival = try found(office, call)
    guard let manager = arrival.manager else { return .done }
    return try DepartureSteps.refusing { try office.profiles.prepare(manager, for: arrival.eid, as: call.name) }
  }

  // MARK: With the donor

  private static func client(_ office: Office, _ donor: String) -> FunctionClient {
    FunctionClient(link: office.link, host: office.desk.peers[donor]?.host ?? "", requester: office.desk.name)
  }

  private static func negotiate(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    let (desk, arrival) = (office.desk, try found(office, call))
    let given = Given(now: call.now, random: office.random)
    let donor = try desk.known(arrival.donor)
    let signed = try Signed(
      arrival.request, by: desk.me, to: donor.party,
      term: desk.term(given: given, lifetime: .seconds(3600)))
    let answer = client(office, arrival.donor).call(
      RequestOperatorChange.self, .init(request: signed), identifier: "\(call.identifier)-\(call.now.milliseconds)")
    let isLate = call.now >= arrival.since + desk.settings.donorPatience
    switch answer {
    case .success(let response):
      guard let said = try? response.answer.verified(from: donor, to: desk.me.party, at: call.now),
        said.answers(arrival.request)
      else { return isLate ? .refused("the donor gave no answer") : .unknown("the answer is not the donor's to this") }
      return outcome(
        said.decision, until: response.answer.claimedTerm?.notAfter, arrival, isLate: isLate,
        next: call.now + desk.settings.pause)
    case .refused(let refusal) where refusal != .functionUnderWay: return .refused("\(arrival.donor): \(refusal)")
    case .refused:
      return isLate ? .refused("the donor gave no answer") : .waitingUntil(call.now + office.desk.settings.pause)
    case .unknown(let reason): return isLate ? .refused("the donor gave no answer") : .unknown(reason)
    }
  }

  private static func outcome(
    _ decision: ChangeAnswer.Decision, until end: Instant?, _ arrival: Arrival, isLate: Bool, next: Instant
  ) -> StepOutcome {
    switch decision {
    case .allowed:
      return .done {
        try $0.executeOne("UPDATE arrival SET rights_until = $2 WHERE id = $1", arrival.id, end)
      }
    case .lockedUntil(let day): return .refused("the donor's contract runs until \(day)")
    case .consentWanted:
      return isLate ? .refused("the subscriber did not consent in time") : .waitingUntil(next)
    case .refused(let reason): return .refused("the donor refused: \(reason)")
    }
  }

  private static func withdraw(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    try tell(nil, office, call)
  }

  private static func complete(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    try tell(found(office, call).iccid, office, call)
  }

  /// Tells the donor the end until it has verified it.
  private static func tell(_ iccid: ICCID?, _ office: Office, _ call: StepCall) throws -> StepOutcome {
    let (desk, arrival) = (office.desk, try found(office, call))
    let given = Given(now: call.now, random: office.random)
    let signed = try Signed(
      ChangeEnd(of: arrival.request, newICCID: iccid), by: desk.me, to: desk.known(arrival.donor).party,
      term: desk.term(given: given, lifetime: .seconds(3600)))
    let answer = client(office, arrival.donor).call(
      EndOperatorChange.self, .init(end: signed), identifier: "\(call.identifier)-\(call.now.milliseconds)")
    switch answer {
    case .success: return .done
    // It never began to let the subscriber go.
    case .refused(let refusal) where refusal == .changeUnknown && iccid == nil: return .done
    case .refused(.functionUnderWay): return .waitingUntil(call.now + office.desk.settings.pause)
    case .refused(let refusal): return .unknown("\(arrival.donor): \(refusal)")
    case .unknown(let reason): return .unknown(reason)
    }
  }

  // MARK: On the eUICC

  private static func awaitManager(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    let arrival = try found(office, call)
    guard let manager = arrival.manager else { return .done }
    if try office.profiles.isManaged(arrival.eid, by: manager, as: "\(call.identifier)-\(call.now.milliseconds)") {
      return .done
    }
    guard call.now < arrival.rightsUntil ?? call.now else { return .refused("the eUICC did not come in time") }
    return .waitingUntil(call.now + office.desk.settings.pause)
  }

  private static func install(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    let arrival = try found(office, call)
    let iccid: ICCID
    do { iccid = try office.profiles.install(for: arrival.id, on: arrival.eid, as: call.name) } catch let refused
      as Refused
    {
      return .refused(refused.description)
    }
    return .done { try $0.executeOne("UPDATE arrival SET iccid = $2 WHERE id = $1", arrival.id, iccid) }
  }

  private static func remove(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    let arrival = try found(office, call)
    if let iccid = arrival.iccid { try office.profiles.remove(iccid, from: arrival.eid, as: call.name) }
    return .done
  }

  private static func enable(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    let arrival = try found(office, call)
    guard let iccid = arrival.iccid else { return .refused("there is no profile") }
    // Begun before, nobody knows how it went: the SM-SR does, and judges by the donor's rules.
    if call.act.attempts == 1, call.now >= arrival.rightsUntil ?? call.now {
      return .refused("the donor's rights have come to their end")
    }
    return try DepartureSteps.refusing { try office.profiles.enable(iccid, on: arrival.eid, as: call.name) }
  }

  // MARK: In the operator's own books

  private static func open(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    guard let iccid = try found(office, call).iccid else { return .refused("there is no profile") }
    return try DepartureSteps.refusing { try office.records.open(iccid, now: call.now) }
  }

  private static func close(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    if let iccid = try found(office, call).iccid { try office.records.close(iccid, now: call.now) }
    return .done
  }

  private static func way(_ arrival: Arrival) -> PortingWay {
    .comes(from: arrival.donor, to: arrival.subscription)
  }

  private static func portIn(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    let arrival = try found(office, call)
    guard let msisdn = arrival.msisdn else { return .done }
    return try DepartureSteps.refusing {
      try office.records.beginPorting(arrival.id, msisdn, way(arrival), now: call.now)
    }
  }

  private static func leaveNumber(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    let arrival = try found(office, call)
    if arrival.msisdn != nil { try office.records.takeBackPorting(arrival.id, way(arrival), now: call.now) }
    return .done
  }

  private static func portedIn(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    let arrival = try found(office, call)
    if arrival.msisdn != nil { try office.records.completePorting(arrival.id, way(arrival), now: call.now) }
    return .done
  }

  private static func ended(_ office: Office, _ act: Act, _ transaction: any Transaction) throws {
    let state: TransferTables.State = act.state == .done ? .done : .takenBack
    try transaction.executeOne(
      "UPDATE arrival SET state = $2, reason = $3 WHERE id = $1", act.subject, state.rawValue, act.undoCause)
  }
}
