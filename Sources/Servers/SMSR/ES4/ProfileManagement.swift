import Identifiers
import MutualAuthentication
import SGP02
import SGP22
import Stations
import Store

/// A call by an operator, or by an SM-DP for one, and by which identifier it comes again.
public struct OperatorCall: Sendable {
  /// The operator, or the SM-DP.
  public let mno: Requesters.Requester
  /// The functionCallIdentifier.
  public let identifier: String

  /// Both.
  public init(mno: Requesters.Requester, identifier: String) { (self.mno, self.identifier) = (mno, identifier) }
}

extension Desk {
  /// SGP.02 §5.5.5 ES4.EnableProfile.
  public func enableProfile(
    _ target: ProfileTarget, by call: OperatorCall, given: Given, in reader: any Reader
  ) throws -> Decision<NoFields> {
    try manage(.enableProfile, target, by: call, given: given, in: reader) { profile, all throws(Denial) in
      guard profile.state == .disabled else { throw Self.wrongState(profile) }
      try Self.check(profile, forbids: .enablingNotAllowed)
      // SGP.02 §3.2: the rules of the profile that is disabled thereby count as well.
      if let enabled = all.first(where: { $0.state == .enabled }) {
        try Self.check(enabled, forbids: .disablingNotAllowed)
      }
    }
  }

  /// SGP.02 §5.5.6 ES4.DisableProfile.
  public func disableProfile(
    _ target: ProfileTarget, by call: OperatorCall, given: Given, in reader: any Reader
  ) throws -> Decision<NoFields> {
    try manage(.disableProfile, target, by: call, given: given, in: reader) { profile, _ throws(Denial) in
      // Where the last resort were disabled, nobody could be enabled in its place.
      guard profile.state == .enabled, !profile.fallbackAttribute else { throw Self.wrongState(profile) }
      try Self.check(profile, forbids: .disablingNotAllowed)
    }
  }

  /// SGP.02 §5.5.7 ES4.DeleteProfile.
  public func deleteProfile(
    _ target: ProfileTarget, by call: OperatorCall, given: Given, in reader: any Reader
  ) throws -> Decision<NoFields> {
    try manage(.deleteProfile, target, by: call, given: given, in: reader) { profile, _ throws(Denial) in
      guard profile.state != .enabled, !profile.fallbackAttribute else { throw Self.wrongState(profile) }
      try Self.check(profile, forbids: .deletionNotAllowed)
    }
  }

  /// SGP.02 §5.5 ES4.SetFallbackAttribute.
  public func setFallbackAttribute(
    _ target: ProfileTarget, by call: OperatorCall, given: Given, in reader: any Reader
  ) throws -> Decision<NoFields> {
    try manage(.setFallbackAttribute, target, by: call, given: given, in: reader) { profile, all throws(Denial) in
      // The last resort of another operator is not taken away by one that has a profile beside it.
      let former = all.first(where: \.fallbackAttribute)
      guard profile.state != .created, former == nil || former?.mnoId == profile.mnoId else {
        throw Self.wrongState(profile)
      }
    }
  }

  /// SGP.02 §5.5.8 ES4.AuditEIS: the books are compared with the eUICC, and what is on the eUICC counts.
  public func auditEIS(
    _ request: ES4.AuditEIS.Request, by call: OperatorCall, given: Given, in reader: any Reader
  ) throws -> Decision<ES4.GetEIS.Response> {
    let course = try course(.audit, request.eid, nil, by: call, given: given, in: reader) {
      guard try EISTable.isManaged(request.eid, in: reader) else {
        throw Refusal.eidUnknown.because("\(call.mno.identifier) asked for \(request.eid)")
      }
    }
    guard case .finished(let operation) = course, operation.refusal == nil else {
      return Self.decision(course, request.eid) { _ in .failure(.functionUnderWay) }
    }
    return try getEIS(request, from: call.mno, given: given, in: reader)
  }

  // MARK: What all have in common

  func manage(
    _ kind: Operation.Kind, _ target: ProfileTarget, by call: OperatorCall, given: Given, in reader: any Reader,
    check: (EISProfile, [EISProfile]) throws(Denial) -> Void
  ) throws -> Decision<NoFields> {
    let course = try course(kind, target.eid, target.iccid, by: call, given: given, in: reader) { operation in
      let (profile, all) = try profile(target, for: call.mno, in: reader)
      try check(profile, all)
      return operation.changesUse ? [EISTable.Change.leaving(target.eid, true)] : []
    }
    return Self.decision(course, target.eid) { _ in .success(NoFields()) }
  }

  /// How the operation of a call stands.
  enum Course {
    case finished(Operation)
    case underWay([any DurableChange])
  }

  /// What the caller is told: the refusal, that it is under way, or what `answer` makes of what was done.
  static func decision<Answer>(
    _ course: Course, _ eid: EID, answer: (Operation) throws -> Result<Answer, Refusal>
  ) rethrows -> Decision<Answer> {
    switch course {
    case .underWay(let changes): return pending(eid, changes)
    case .finished(let operation):
      let result = try operation.refusal.map { .failure($0) } ?? answer(operation)
      return Decision(result, correlation: eid.digits, changes: [])
    }
  }

  /// How the operation of a call stands; a new one is begun where `check` allows it and nothing else is being done on the
  /// eUICC.
  func course(
    _ kind: Operation.Kind, _ eid: EID, _ iccid: ICCID?, data: [UInt8]? = nil, by call: OperatorCall, given: Given,
    in reader: any Reader, check: () throws -> Void
  ) throws -> Course {
    try course(kind, eid, iccid, data: data, by: call, given: given, in: reader) { _ in
      try check()
      return []
    }
  }

  /// The same; `prepare` completes the new operation, and tells what else changes with it.
  func course(
    _ kind: Operation.Kind, _ eid: EID, _ iccid: ICCID?, data: [UInt8]? = nil, by call: OperatorCall, given: Given,
    in reader: any Reader, prepare: (inout Operation) throws -> [any DurableChange]
  ) throws -> Course {
    if let known = try OperationTable.operation(call.mno.identifier, call.identifier, in: reader) {
      guard known.kind == kind, known.eid == eid, known.iccid == iccid, known.data == data else {
        throw Refusal.callIdentifierReused.because("\(call.mno.identifier) used \(call.identifier) before")
      }
      return known.state == .done ? .finished(known) : .underWay([])
    }
    // One thing at a time: who comes second is judged by what the first left.
    if try OperationTable.open(eid, in: reader) != nil, try EISTable.isManaged(eid, in: reader) { return .underWay([]) }
    // Nor is anything done between two SM-SRs, but what the change itself needs.
    if !kind.isHandover, try HandoverTable.isUnderWay(eid, in: reader) { return .underWay([]) }
    var operation = Operation(
      requester: call.mno.identifier, call: call.identifier, eid: eid, kind: kind, iccid: iccid, data: data,
      state: .queued, due: given.now)
    let changes = try prepare(&operation)
    let text = "\(kind) \(iccid.map(\.digits) ?? "") for \(call.mno.identifier)"
    return .underWay([operation, trail("Operation", text, of: eid, given: given)] + changes)
  }

  static func pending<Answer>(_ eid: EID, _ changes: [any DurableChange]) -> Decision<Answer> {
    var decision = Decision<Answer>(.failure(.functionUnderWay), correlation: eid.digits, changes: changes)
    decision.isPending = true
    return decision
  }

  private static func check(_ profile: EISProfile, forbids rule: POL2) throws(Denial) {
    if profile.pol2.contains(rule) { throw Refusal.refusedByPOL2.because("\(profile.iccid): \(rule.rawValue)") }
  }

  static func wrongState(_ profile: EISProfile) -> Denial {
    Refusal.profileStateWrong.because(
      "\(profile.iccid) is \(profile.state)\(profile.fallbackAttribute ? ", the last resort" : "")")
  }
}
