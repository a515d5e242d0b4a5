import APDU
import Bytes
import Identifiers
import Keys
import SGP02
import SGP22
import SecureChannel
import Stations
import Store

/// A packet for an eUICC, to be sent as short messages.
public struct OutgoingPacket: Sendable {
  /// For whom.
  public let eid: EID
  /// The secured packet, from CPL on.
  public let packet: [UInt8]
  /// Under which numbers the eUICC may be reached, the likeliest first: the profile that is enabled in the books, that
  /// which may be, and the last resort. Which of them is first changes from one attempt to the next.
  public let addresses: [SubscriptionAddress]
}

// A command may be carried out though its answer is lost. So a packet that was not answered is sent again as it is, and
// the eUICC's counter keeps it from being carried out twice; what came of it the eUICC tells itself, in a report of its
// own under the management keys. Nothing is concluded from silence.

extension Desk {
  /// The packets that are to be sent now. What is in them, and their counters, are durable.
  public func packetsDue(limit: Int = 64, given: Given) throws -> [OutgoingPacket] {
    try store.retrying { store in
      try store.transaction { transaction in
        try OperationTable.due(given.now, limit: limit, in: transaction).compactMap {
          try packet(for: $0, given: given, in: transaction)
        }
      }
    }
  }

  private func packet(
    for due: Operation, given: Given, in transaction: any Transaction
  ) throws -> OutgoingPacket? {
    var operation = due
    let profiles = try EISTable.profiles(of: operation.eid, in: transaction)
    let target = profiles.first { $0.iccid == operation.iccid }
    if operation.packet == nil {
      guard let use = try keys.next(of: operation.eid, in: transaction), let tar = Self.tar(of: operation) else {
        return try finish(&operation, .euiccNotExecuted, "its key set is used up", given: given, in: transaction)
      }
      let command = operation.state == .queued ? target.flatMap { Self.command(operation.kind, $0) } : nil
      let script: [UInt8]
      if let data = operation.data {
        (operation.state, script) = (.commanded, data)
      } else {
        operation.state = command == nil ? .asked : .commanded
        script = try CommandScript.encode(functions(command, operation.eid, in: transaction).map(\.command))
      }
      operation.packet = try SCP80.CommandPacket(script, to: tar, counter: use.counter).secured(with: use.keys)
      (operation.keyVersion, operation.counter) = (Int(use.keys.version), Int(use.counter.value))
    }
    operation.attempts += 1
    operation.due = given.now + settings.resending.pause(after: operation.attempts)
    try OperationTable.save(operation, in: transaction)
    return OutgoingPacket(
      eid: operation.eid, packet: operation.packet ?? [],
      addresses: Self.addresses(profiles, target, operation))
  }

  private static func addresses(
    _ profiles: [EISProfile], _ target: EISProfile?, _ operation: Operation
  ) -> [SubscriptionAddress] {
    var likely = [profiles.first { $0.state == .enabled }, target, profiles.first(where: \.fallbackAttribute)]
    // After the command it is the new profile whose number serves.
    switch (operation.state, operation.kind) {
    case (.asked, .enableProfile): likely.swapAt(0, 1)
    case (.asked, .disableProfile): likely.swapAt(0, 2)
    default: break
    }
    var addresses: [SubscriptionAddress] = []
    for case let profile? in likely where profile.state != .created {
      if !addresses.contains(profile.subscriptionAddress) { addresses.append(profile.subscriptionAddress) }
    }
    guard !addresses.isEmpty else { return [] }
    let turn = (operation.attempts - 1) % addresses.count
    return Array(addresses[turn...] + addresses[..<turn])
  }

  private static func tar(of operation: Operation) -> SCP80.TAR? {
    SCP80.TAR(SecurityDomains.tar(of: operation.aid ?? SecurityDomains.isdr))
  }

  /// The command; or what tells how it went: a notification is confirmed first, for that may change the state.
  private func functions(_ command: ES5?, _ eid: EID, in reader: any Reader) throws -> [ES5] {
    if let command { return [command] }
    let number = try OperationTable.notification(of: eid, in: reader)
    return (number.map { [.confirmNotification(UInt16(truncatingIfNeeded: $0))] } ?? []) + [.getReport]
  }

  static let isdr = SCP80.TAR(SecurityDomains.tar(of: SecurityDomains.isdr))

  private static func command(_ kind: Operation.Kind, _ profile: EISProfile) -> ES5? {
    let aid = profile.isdpAid
    return switch kind {
    case .enableProfile: .enableProfile(aid)
    case .disableProfile: .disableProfile(aid)
    case .deleteProfile: .deleteProfile(aid)
    case .createISDP: .createISDP(aid, memory: profile.allocatedMemory)
    case .setFallbackAttribute: .setFallbackAttribute(aid)
    case .audit, .sendData, .profileDownload, .presentCertificate, .establishKeySet, .takeOver: nil
    }
  }

  // MARK: What comes back

  /// A response packet that is said to be of `eid`. What the management keys do not prove is ignored.
  public func receive(_ response: [UInt8], from eid: EID, given: Given) throws {
    try store.retrying { store in
      try store.transaction { transaction in
        guard var operation = try OperationTable.open(eid, in: transaction), let version = operation.keyVersion,
          let keys = try keys.keys(of: eid, version: version, in: transaction)
        else { return }
        let received: SCP80.ResponsePacket.Received
        do { received = try SCP80.ResponsePacket.Received(response, keys: keys) } catch {
          let event = trail("SCP80", "a response is refused: \(error)", of: eid, kind: .refused, given: given)
          return try EventRecord.append(event, in: transaction)
        }
        // An older answer, or a complaint that proves nothing: the packet is sent again in its time.
        guard case .proven(let answer) = received, answer.tar == Self.tar(of: operation), operation.packet != nil,
          Int(answer.counter.value) == operation.counter
        else { return }
        try take(answer, &operation, given: given, in: transaction)
      }
    }
  }

  private func take(
    _ answer: SCP80.ResponsePacket, _ operation: inout Operation, given: Given, in transaction: any Transaction
  ) throws {
    switch (operation.state, answer.status) {
    case (.commanded, .ok) where operation.data != nil:
      operation.answer = answer.data
      _ = try finish(&operation, nil, "\(answer.data.count) bytes came back", given: given, in: transaction)
    case (.commanded, .unknownTAR) where operation.data != nil:
      _ = try finish(&operation, .euiccNotExecuted, "the ISD-P is not there", given: given, in: transaction)
    // Whose data they were knows how to find out.
    case (.commanded, .counterLow) where operation.data != nil:
      _ = try finish(&operation, .answerLost, "the answer was lost", given: given, in: transaction)
    case (.commanded, .ok):
      let answers = try? CommandScript.answers(answer.data)
      guard let status = answers?.last?.status else { return }
      guard status.isSuccess else {
        let refusal: Refusal = status == .forbiddenByPOL1 ? .refusedByPOL1 : .euiccNotExecuted
        return _ = try finish(&operation, refusal, "the eUICC said \(status)", given: given, in: transaction)
      }
      try ask(&operation, given: given, in: transaction)
    // The packet came before, and its answer was lost: only the eUICC knows what it did with it.
    case (.commanded, .counterLow), (.asked, .counterLow): try ask(&operation, given: given, in: transaction)
    case (.asked, .ok):
      guard let answers = try? CommandScript.answers(answer.data), let last = answers.last else { return }
      if answers.count == 2 || !last.status.isSuccess {
        // Confirmed, now or before: a number that the eUICC knows no more was confirmed by a packet whose answer was lost.
        operation.isSettled = true
        try OperationTable.keep(notification: nil, of: operation.eid, in: transaction)
        guard last.status.isSuccess else { return try ask(&operation, given: given, in: transaction) }
      }
      guard let report = try? EUICCReport(encoded: last.data), report.eid == operation.eid, let status = report.status
      else { return }
      try conclude(&operation, status, given: given, in: transaction)
    default: return
    }
  }

  func ask(_ operation: inout Operation, given: Given, in transaction: any Transaction) throws {
    (operation.state, operation.packet, operation.attempts, operation.due) = (.asked, nil, 0, given.now)
    try OperationTable.save(operation, in: transaction)
  }

  /// The books follow what the eUICC proved, and the operation ends as it says.
  private func conclude(
    _ operation: inout Operation, _ status: EUICCReport.Status, given: Given, in transaction: any Transaction
  ) throws {
    let target = try EISTable.profiles(of: operation.eid, in: transaction).first { $0.iccid == operation.iccid }
    let isdp = status.isdps.first { $0.aid == target?.isdpAid }
    let isDone =
      switch operation.kind {
      case .enableProfile: isdp?.state == .enabled
      case .disableProfile: isdp.map { $0.state != .enabled } ?? true
      case .deleteProfile: isdp == nil
      case .createISDP, .setFallbackAttribute:
        isdp != nil && (operation.kind == .createISDP || isdp?.hasFallbackAttribute == true)
      case .profileDownload: isdp?.iccid == operation.iccid && operation.iccid != nil
      case .audit, .sendData, .presentCertificate, .establishKeySet, .takeOver: true
      }
    try EISTable.Change.audited(operation.eid, status).save(now: given.now, in: transaction)
    // SGP.02 §3.2: the profile is in use when the eUICC told so over its network; before that it may take it back.
    if isDone, !operation.isSettled, operation.changesUse {
      operation.packet = nil
      return try OperationTable.save(operation, in: transaction)
    }
    _ = try finish(
      &operation, isDone ? nil : .euiccNotExecuted, "the eUICC reported \(status.isdps.count) ISD-Ps", given: given,
      in: transaction)
    // The packet came and its command was not carried out: for its own deletion nobody but the SM-SR asks again.
    let isLost = !isDone && operation.kind == .deleteProfile && operation.requester == Self.party
    try deleteOutgoing(isLost ? operation.iccid : nil, operation.eid, given: given, in: transaction)
  }

  /// POL2 "Auto-delete": what was enabled and is no more goes, once the eUICC cannot take the change back; and again what
  /// was `lost`.
  private func deleteOutgoing(
    _ lost: ICCID?, _ eid: EID, given: Given, in transaction: any Transaction
  ) throws {
    guard let iccid = try lost ?? EISTable.takeOutgoing(of: eid, in: transaction) else { return }
    let operation = Operation(
      requester: Self.party, call: "auto-delete \(iccid) \(given.now.milliseconds)", eid: eid,
      kind: .deleteProfile, iccid: iccid, state: .queued, due: given.now)
    try OperationTable.insert(operation, in: transaction)
  }

  private func finish(
    _ operation: inout Operation, _ refusal: Refusal?, _ why: String, given: Given, in transaction: any Transaction
  ) throws -> OutgoingPacket? {
    (operation.state, operation.packet, operation.refusal, operation.due) = (.done, nil, refusal, given.now)
    try OperationTable.save(operation, in: transaction)
    try noteKeys(of: operation, in: transaction)
    if operation.kind == .sendData {
      try TalkTable.answered(operation.eid, until: given.now + settings.talkPause, in: transaction)
    }
    if refusal != nil, operation.kind == .createISDP, let iccid = operation.iccid {
      let target = ProfileTarget(eid: operation.eid, iccid: iccid)
      try EISTable.Change.notCreated(target).save(now: given.now, in: transaction)
    }
    if refusal != nil, operation.changesUse {
      try EISTable.Change.leaving(operation.eid, false).save(now: given.now, in: transaction)
    }
    let outcome = refusal.map { "\($0.subjectCode)/\($0.reasonCode)" } ?? "done"
    let event = trail(
      "Operation", "\(operation.kind) \(operation.iccid.map(\.digits) ?? ""): \(outcome), \(why)", of: operation.eid,
      kind: refusal == nil ? .changed : .failed, given: given)
    try EventRecord.append(event, in: transaction)
    return nil
  }

  /// Forgets at most `limit` calls and as many operations that nobody asks for any more; returns how many.
  public func sweep(limit: Int = 1000, given: Given) throws -> Int {
    try store.transaction { transaction in
      try CallTable.sweep(before: given.now, limit: limit, in: transaction)
        + OperationTable.sweep(before: given.now - settings.callMemory, limit: limit, in: transaction)
    }
  }
}
