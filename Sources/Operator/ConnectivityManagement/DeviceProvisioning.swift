import Bytes
import CircleOfTrust
import Identifiers
import SGP02
import SGP22
import Stations
import Store
import Transport

/// E2, provisioning, as the operator sees it: the eUICC is verified, the SM-DP authorised, the profile downloaded and
/// enabled. Until it is enabled everything is undone where a step is refused.
public struct DeviceProvisioning {
  static let name = "device provisioning"

  let desk: Desk
  let link: any ServerLink

  static let plan = StepPlan<DeviceProvisioning>(
    name,
    before: [
      Step("verify", perform: { try $0.verify($1) }),
      Step("setPLMA", perform: { try $0.authorise($1) }, undo: { try $0.withdraw($1) }),
      Step("downloadProfile", perform: { try $0.download($1) }, undo: { try $0.deleteProfile($1) }),
    ], pivot: Step("enableProfile", perform: { try $0.enable($1) }), after: [])

  /// Runs one step of at most `limit` provisionings that are due, calling SM-SR and SM-DP over `link`; returns how many.
  @discardableResult
  public static func run(_ desk: Desk, limit: Int = 64, now: Instant, over link: any ServerLink) throws -> Int {
    try runner(desk, link).run(limit: limit, now: now)
  }

  /// After a start: what a former process had in hand goes on at once.
  public static func resume(_ desk: Desk, now: Instant, over link: any ServerLink) throws {
    try runner(desk, link).resume(now: now)
  }

  private static func runner(_ desk: Desk, _ link: any ServerLink) -> StepRunner<DeviceProvisioning> {
    StepRunner(
      plan, for: DeviceProvisioning(desk: desk, link: link), store: desk.store, backOff: desk.settings.asking)
  }

  // MARK: Steps

  /// E2: "No certificate, a bad one: no profile leaves the MNO."
  private func verify(_ call: StepCall) throws -> StepOutcome {
    let (order, found) = try order(call)
    func keep(_ credentials: EUICCCredentials) -> StepOutcome {
      .done { try ProvisioningTable.set(credentials, of: found.reference, in: $0) }
    }
    if let verified = order.verified ?? found.credentials {
      do { _ = try verified.verified(in: desk.trust.circle, at: call.now) } catch { return .refused("\(error)") }
      return keep(verified)
    }
    let answer = try identify(found, at: order.smsr, identifier: identifier(call))
    let outcome = outcome(answer, found, call) { answer in
      do { return keep(try credentials(answer, of: found, now: call.now)) } catch { return .refused("\(error)") }
    }
    return patient(outcome, found, call)
  }

  /// Asks the eUICC, through the SM-SR at `smsr`, to prove who it is.
  private func identify(
    _ found: Provisioning, at smsr: String, identifier: String
  ) throws -> FunctionClient.Answer<ES4.IdentifyEUICC.Response> {
    guard let proof = IdentityProof(asker: desk.settings.name, nonce: found.nonce) else {
      throw ProvisioningError.notVerified("the operator's name is too long")
    }
    return FunctionClient(link: link, host: smsr, requester: desk.settings.name).call(
      ES4.IdentifyEUICC.self, .init(eid: found.order.target.eid, proof: proof), identifier: identifier)
  }

  /// What the answer proves; refused where it proves nothing, or the eUICC does not do.
  private func credentials(
    _ answer: ES4.IdentifyEUICC.Response, of found: Provisioning, now: Instant
  ) throws -> EUICCCredentials {
    guard let proof = IdentityProof(asker: desk.settings.name, nonce: found.nonce) else {
      throw ProvisioningError.notVerified("the operator's name is too long")
    }
    let credentials = try DirectVerification(proof).credentials(
      of: found.order.target.eid, report: answer.report, signature: answer.signature, in: desk.trust.circle, at: now)
    if let objection = desk.settings.rules.objection(to: answer.report) {
      throw ProvisioningError.notVerified(objection)
    }
    return credentials
  }

  /// How a verification went that belongs to no provisioning yet.
  public enum Verification: Sendable {
    case good
    case bad(String)
    /// The eUICC has not answered yet: ask again under the same call.
    case unknown(String)
  }

  /// E3: verifies the eUICC of a planned order, through the first of the SM-SRs at `hosts` that manages it, and keeps what was
  /// verified for the download. `call` is by which name the question comes again.
  public static func verify(
    _ desk: Desk, planned reference: String, at hosts: [String], call: String, now: Instant, over link: any ServerLink
  ) throws -> Verification {
    guard let found = try desk.store.read({ try ProvisioningTable.provisioning(reference, in: $0) }) else {
      return .bad("nobody ordered a profile under \(reference)")
    }
    let party = DeviceProvisioning(desk: desk, link: link)
    for host in hosts {
      switch try party.identify(found, at: host, identifier: call) {
      case .success(let answer):
        do {
          let credentials = try party.credentials(answer, of: found, now: now)
          try desk.store.transaction { try ProvisioningTable.set(credentials, of: reference, in: $0) }
          return .good
        } catch let error as StoreError { throw error } catch { return .bad("\(error)") }
      case .refused(.eidUnknown): continue
      case .refused(.functionUnderWay): return .unknown("the eUICC has not answered yet")
      case .refused(let refusal) where [.answerLost, .euiccNotExecuted].contains(refusal):
        return .unknown("\(refusal)")
      case .refused(let refusal): return .bad("\(refusal)")
      case .unknown(let why): return .unknown(why)
      }
    }
    return .bad("no SM-SR that is known here manages the eUICC")
  }

  private func authorise(_ call: StepCall) throws -> StepOutcome {
    let (order, found) = try order(call)
    let request = ES4.SetPLMA.Request(target: order.target, smdpId: order.smdp.name)
    let answer = smsr(order).call(ES4.SetPLMA.self, request, identifier: call.identifier)
    return patient(outcome(answer, found, call) { _ in .done }, found, call)
  }

  private func withdraw(_ call: StepCall) throws -> StepOutcome {
    let (order, _) = try order(call)
    let request = ES4.SetPLMA.Request(target: order.target, smdpId: nil)
    return undone(smsr(order).call(ES4.SetPLMA.self, request, identifier: call.identifier))
  }

  private func download(_ call: StepCall) throws -> StepOutcome {
    let (order, found) = try order(call)
    guard let credentials = found.credentials else { return .refused("the eUICC is not verified") }
    let request = ES2.DownloadProfile.Request(
      target: order.target, smsrId: order.smsr, credentials: credentials, subscriptionAddress: order.address,
      pol2: order.pol2)
    let answer = smdp(order).call(ES2.DownloadProfile.self, request, identifier: call.identifier)
    return outcome(answer, found, call, repeats: false) { _ in .done }
  }

  private func deleteProfile(_ call: StepCall) throws -> StepOutcome {
    let (order, _) = try order(call)
    return undone(smsr(order).call(ES4.DeleteProfile.self, order.target, identifier: identifier(call)))
  }

  private func enable(_ call: StepCall) throws -> StepOutcome {
    let (order, found) = try order(call)
    guard order.enables else { return .done }
    let answer = smsr(order).call(ES4.EnableProfile.self, order.target, identifier: identifier(call))
    guard case .refused(.profileStateWrong) = answer else { return outcome(answer, found, call) { _ in .done } }
    // It may be enabled already, by a call whose answer was lost: the books tell.
    let request = ES4.GetEIS.Request(eid: order.target.eid)
    let identifier = "\(call.identifier)-books-\(call.act.attempts)"
    return outcome(smsr(order).call(ES4.GetEIS.self, request, identifier: identifier), found, call) { answer in
      let profile = answer.eis.profiles.first { $0.iccid == order.target.iccid }
      return profile?.state == .enabled ? .done : .refused("the profile is \(profile.map { "\($0.state)" } ?? "gone")")
    }
  }

  // MARK: What all have in common

  private func order(_ call: StepCall) throws -> (ProvisioningOrder, Provisioning) {
    let subject = call.act.subject
    guard let found = try desk.store.read({ try ProvisioningTable.provisioning(subject, in: $0) }) else {
      throw StoreError.unexpected("the order is gone")
    }
    return (found.order, found)
  }

  private func smsr(_ order: ProvisioningOrder) -> FunctionClient {
    FunctionClient(link: link, host: order.smsr, requester: desk.settings.name)
  }

  private func smdp(_ order: ProvisioningOrder) -> FunctionClient {
    FunctionClient(link: link, host: order.smdp.host, requester: desk.settings.name)
  }

  /// A call that an eUICC's silence ended is made anew under another name, after a while: what was lost stays lost.
  private func identifier(_ call: StepCall) -> String { "\(call.identifier)-\(call.act.attempts / 20)" }

  private func outcome<Response>(
    _ answer: FunctionClient.Answer<Response>, _ found: Provisioning, _ call: StepCall, repeats: Bool = true,
    _ success: (Response) -> StepOutcome
  ) -> StepOutcome {
    switch answer {
    case .success(let response): return success(response)
    case .refused(.functionUnderWay): return .unknown("the eUICC has not answered yet")
    // It did not do it, and the same asked anew may be done.
    case .refused(let refusal) where repeats && [.answerLost, .euiccNotExecuted].contains(refusal):
      return patient(.unknown("\(refusal)"), found, call)
    case .refused(let refusal): return .refused("\(refusal)")
    case .unknown(let why): return .unknown(why)
    }
  }

  /// The outcome of something that nobody has in hand any more, or that may be left as it is: it is given up in the end.
  private func patient(_ outcome: StepOutcome, _ found: Provisioning, _ call: StepCall) -> StepOutcome {
    guard case .unknown(let why) = outcome, call.now >= found.since + desk.settings.patience else { return outcome }
    return .refused("after \(desk.settings.patience): \(why)")
  }

  private func undone<Response>(_ answer: FunctionClient.Answer<Response>) -> StepOutcome {
    switch answer {
    case .success, .refused(.profileUnknown), .refused(.eidUnknown): .done
    case .refused(let refusal): .unknown("\(refusal)")
    case .unknown(let why): .unknown(why)
    }
  }
}
