import Bytes
import CircleOfTrust
import Identifiers
import JSON
import Keys
import SGP02
import SGP22
import SecureMessages
import Stations
import Store
import TLV

/// SGP.02 §3.8 as the SM-SR sees it that takes an eUICC over. The pivot is the key set: with the eUICC's receipt for it the
/// eUICC is its own, and the other one can neither remove nor replace it.
public enum TakeOverSteps {
  public static let plan = StepPlan<Manager>(
    "SM-SR take-over",
    before: [
      Step("FindAddress", perform: findAddress),
      Step("AuthenticateSMSR", perform: authenticate),
    ],
    pivot: Step("CreateAdditionalKeySet", perform: createKeySet),
    after: [
      Step("FinaliseISDRhandover", perform: finalise),
      Step("RegisterAddress", perform: registerAddress),
    ],
    ended: ended)

  private static func found(_ manager: Manager, _ call: StepCall) throws -> HandoverTable.TakeOver {
    let takeOver = try manager.desk.store.read { try HandoverTable.takeOver(call.act.subject, in: $0) }
    guard let takeOver else { throw StoreError.unexpected("a take-over of which nothing is known") }
    return takeOver
  }

  /// Who hands over must be who manages the eUICC: as the directory says it, if there is one.
  private static func findAddress(_ manager: Manager, _ call: StepCall) throws -> StepOutcome {
    var takeOver = try found(manager, call)
    switch try manager.mesh.host(
      of: takeOver.current, managing: takeOver.eid, identifier: call.identifier, now: call.now)
    {
    case .at(let host):
      takeOver.host = host
      return .done { [takeOver] in try HandoverTable.save(takeOver, in: $0) }
    case .refused(let reason): return .refused(reason)
    case .unknown(let reason): return .unknown(reason)
    }
  }

  private static func authenticate(_ manager: Manager, _ call: StepCall) throws -> StepOutcome {
    try challenge(for: found(manager, call), manager, call) { takeOver in
      .done { try HandoverTable.save(takeOver, in: $0) }
    }
  }

  /// Asks for a challenge, makes the one-time key for it, and signs both: once, for a repetition must say the same.
  private static func challenge(
    for takeOver: HandoverTable.TakeOver, _ manager: Manager, _ call: StepCall,
    then: (HandoverTable.TakeOver) throws -> StepOutcome
  ) throws -> StepOutcome {
    guard let card = manager.desk.card, let host = takeOver.host else { return .refused("there is no certificate") }
    var takeOver = takeOver
    takeOver.attempt += 1
    let answer = try manager.mesh.manager(takeOver.current, at: host, now: call.now).call(
      ES7.AuthenticateSMSR.self, .init(eid: takeOver.eid, smsrCertificate: card.certificate.encoded),
      identifier: "\(takeOver.id)-\(takeOver.attempt)-authenticate")
    if case .refused(.answerLost) = answer { return try spend(takeOver, manager, because: "the challenge was lost") }
    return try outcome(of: answer) { response in
      let key = PrivateKey(.p256, random: manager.random)
      takeOver.establishment = try KeySetEstablishment(
        .init(keyVersion: UInt8(takeOver.version)), oneTimeKey: key.publicKey, challenge: response.randomChallenge,
        signedBy: card.key
      ).encoded
      takeOver.oneTimeKey = try manager.desk.keys.vault.wrap(
        key.scalar, context: takeOver.keyPlace, random: manager.random)
      return try then(takeOver)
    }
  }

  private static func outcome<Response>(
    of answer: FunctionClient.Answer<Response>, _ success: (Response) throws -> StepOutcome
  ) rethrows -> StepOutcome {
    if case .refused(.functionUnderWay) = answer { return .unknown("the eUICC has not answered yet") }
    return try answer.outcome(success)
  }

  /// The agreement. A receipt that is lost leaves a key set on the eUICC that nobody knows; the next attempt replaces it.
  private static func createKeySet(_ manager: Manager, _ call: StepCall) throws -> StepOutcome {
    let takeOver = try found(manager, call)
    guard let establishment = takeOver.establishment, let wrapped = takeOver.oneTimeKey else {
      return try self.challenge(for: takeOver, manager, call) { fresh in
        try manager.desk.store.transaction { try HandoverTable.save(fresh, in: $0) }
        return .unknown("a new challenge was asked for")
      }
    }
    let key = try PrivateKey(
      .p256, scalar: manager.desk.keys.vault.unwrap(wrapped, context: takeOver.keyPlace).bytes)
    let request = try KeySetEstablishment(encoded: establishment)
    let answer = try manager.mesh.manager(takeOver.current, at: takeOver.host ?? "", now: call.now).call(
      ES7.CreateAdditionalKeySet.self, .init(eid: takeOver.eid, establishment: request),
      identifier: "\(takeOver.id)-\(takeOver.attempt)-create")
    switch answer {
    case .refused(.answerLost):
      return try spend(takeOver, manager, because: "the challenge is used up, and the receipt lost")
    case .success(let response):
      let given = Given(now: call.now, random: manager.random)
      let eis = try EIS(json: JSONReader.object(takeOver.eis))
      let (info, _, ecasd) = try manager.desk.verified(eis, given: given)
      guard
        let set = try response.answer.keySet(
          request.template, oneTimeKey: key, ecasd: ecasd, eid: takeOver.eid)
      else {
        return try spend(takeOver, manager, because: "the receipt is not the eUICC's")
      }
      let stored = try manager.desk.keys.wrapped(
        ManagementKeySet(eid: takeOver.eid, version: takeOver.version, kic: set.keys[0], kid: set.keys[1]),
        random: manager.random)
      return .done { transaction in
        try EISTable.Change.registered(eis, takeOver.eid, maker: info.eumId).save(now: call.now, in: transaction)
        try stored.save(now: call.now, in: transaction)
        var spent = takeOver
        (spent.establishment, spent.oneTimeKey) = (nil, nil)
        try HandoverTable.save(spent, in: transaction)
      }
    default: return outcome(of: answer) { _ in .done }
    }
  }

  /// A challenge serves once, whatever came of it.
  private static func spend(
    _ takeOver: HandoverTable.TakeOver, _ manager: Manager, because reason: String
  ) throws -> StepOutcome {
    var spent = takeOver
    (spent.establishment, spent.oneTimeKey) = (nil, nil)
    try manager.desk.store.transaction { try HandoverTable.save(spent, in: $0) }
    return .unknown(reason)
  }

  /// SGP.02 §4.1.1.9, §4.1.1.10: under its own keys now. To be repeated where the answer is lost: what is gone is gone.
  private static func finalise(_ manager: Manager, _ call: StepCall) throws -> StepOutcome {
    var takeOver = try found(manager, call)
    let desk = manager.desk
    func name() -> String { "\(call.identifier)-\(takeOver.attempt)" }
    let known = try desk.store.read { try OperationTable.operation(Desk.party, name(), in: $0) }
    if let known {
      guard known.state == .done else { return .unknown("the eUICC has not answered yet") }
      if known.lastAnswer?.status.isSuccess == true { return .done }
      takeOver.attempt += 1
    }
    let functions: [ES5] = [.finaliseISDRhandover, .updateSMSRAddressingParameters(desk.card?.address ?? [])]
    let operation = Operation(
      requester: Desk.party, call: name(), eid: takeOver.eid, kind: .takeOver, iccid: nil,
      data: CommandScript.encode(functions.map(\.command)), state: .queued, due: call.now)
    // Where the eUICC is just asked because of a notification, this waits.
    try desk.store.transaction { [takeOver] transaction in
      try HandoverTable.save(takeOver, in: transaction)
      try OperationTable.insert(operation, in: transaction)
    }
    return .unknown("the eUICC was told")
  }

  private static func registerAddress(_ manager: Manager, _ call: StepCall) throws -> StepOutcome {
    try manager.mesh.register(found(manager, call).eid, identifier: call.identifier, now: call.now)
      .outcome { _ in .done }
  }

  private static func ended(_ manager: Manager, _ act: Act, _ transaction: any Transaction) throws {
    guard var takeOver = try HandoverTable.takeOver(act.subject, in: transaction) else { return }
    takeOver.state = act.state == .done ? .done : .failed
    (takeOver.establishment, takeOver.oneTimeKey) = (nil, nil)
    try HandoverTable.save(takeOver, in: transaction)
  }
}
