import Bytes
import Identifiers
import Keys
import Store

// A change of keys has two phases, so that the card and the centre change together: prepare while the new card is made
// or the new profile is on its way, commit when it is there, abandon when it will not come. Each may be repeated.
extension Desk {
  /// Prepares other keys for a subscriber, or the first ones for a new subscriber. Until they are committed nothing else
  /// changes: vectors are made with the keys in use.
  public func prepare(_ subscriber: Subscriber, as change: ChangeID, now: Instant, random: any RandomSource) throws {
    try prepare([(subscriber, change)], now: now, random: random)
  }

  /// Prepares the keys of many subscribers in one commit: all of them, or none where one is refused.
  public func prepare(
    _ changes: [(subscriber: Subscriber, change: ChangeID)], now: Instant, random: any RandomSource
  ) throws {
    try store.transaction { transaction in
      var journal = try Journal(vault, random: random, in: transaction)
      for (subscriber, change) in changes where try !isPrepared(subscriber, as: change, in: transaction) {
        try SubscriberTable.insert(
          subscriber, change: change, state: .prepared, vault: vault, now: now, random: random, in: transaction)
        let text = "keys \(change) prepared"
        try journal.append(Self.event(.changed, of: subscriber.imsi, text, by: nil, now: now), in: transaction)
      }
    }
  }

  /// Whether this very change was made before; refuses what it does not go with.
  private func isPrepared(_ subscriber: Subscriber, as change: ChangeID, in reader: any Reader) throws -> Bool {
    let imsi = subscriber.imsi
    guard try StandingTable.standing(of: imsi, in: reader) != .closed else { throw AuCError.closed(imsi) }
    for record in try SubscriberTable.records(of: imsi, in: reader) {
      switch (record.state, record.change == change.text) {
      case (.prepared, false):
        guard let other = ChangeID(record.change) else { throw StoreError.unexpected("a change without a name") }
        throw AuCError.changePending(imsi, other)
      case (.prepared, true), (.active, true):
        guard try record.credentials(vault) == subscriber.credentials else {
          throw AuCError.changeDiffers(imsi, change)
        }
        return true
      case (.retired, true): throw AuCError.changeSuperseded(imsi, change)
      case (.active, false), (.retired, false): continue
      }
    }
    return false
  }

  /// Puts the prepared keys into use, and those in use out of it, in one step.
  ///
  /// Sequence numbers belong to a USIM's keys. New keys begin where their USIM is said to be, so that no card finds the
  /// first number too far ahead; keys that this subscriber had before, with the same or another card, go on after the
  /// last number that was made with them, so that none is used twice.
  public func commit(_ change: ChangeID, of imsi: IMSI, now: Instant, random: any RandomSource) throws {
    try changing { transaction in
      let records = try SubscriberTable.records(of: imsi, in: transaction)
      guard let record = records.first(where: { $0.change == change.text }) else {
        throw AuCError.unknownChange(imsi, change)
      }
      if record.state == .active { return }
      guard record.state == .prepared else { throw AuCError.changeSuperseded(imsi, change) }
      let credentials = try record.credentials(vault)
      var counter = record.counter
      for other in records where other.change != record.change && other.counter.indexBits == counter.indexBits {
        if try other.credentials(vault) == credentials { counter.continueAfter(other.counter) }
      }
      try SubscriberTable.save(counter, of: record, in: transaction)
      try transaction.execute("UPDATE auc_key SET state = 3 WHERE imsi = $1 AND state = 2", imsi.digits)
      try transaction.executeOne(
        "UPDATE auc_key SET state = 2 WHERE imsi = $1 AND change = $2 AND state = 1", imsi.digits, change.text)
      try note(
        .changed, of: imsi, "keys \(change) committed, SEQ \(counter.seq)", now: now, random: random, in: transaction)
    }
  }

  /// Forgets prepared keys. It is done already where nobody knows the change; a committed one is refused.
  public func abandon(_ change: ChangeID, of imsi: IMSI, now: Instant, random: any RandomSource) throws {
    try store.transaction { transaction in
      let records = try SubscriberTable.records(of: imsi, in: transaction)
      guard let record = records.first(where: { $0.change == change.text }) else { return }
      guard record.state == .prepared else { throw AuCError.changeCommitted(imsi, change) }
      try transaction.executeOne(
        "DELETE FROM auc_key WHERE imsi = $1 AND change = $2 AND state = 1", imsi.digits, change.text)
      try note(.changed, of: imsi, "keys \(change) abandoned", now: now, random: random, in: transaction)
    }
  }
}
