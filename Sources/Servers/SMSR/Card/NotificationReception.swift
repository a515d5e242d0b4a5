import Identifiers
import SGP02
import SecureChannel
import Stations
import Store

extension Desk {
  /// SGP.02 §4.1.1.11, HandleDefaultNotification: what `eid` tells of its own accord, a packet under the management keys.
  /// What they do not prove is ignored. The eUICC repeats it until it is confirmed, so nothing hangs on one message.
  public func receive(notification packet: [UInt8], from eid: EID, given: Given) throws {
    try store.retrying { store in
      try store.transaction { transaction in
        guard let received = try? SCP80.CommandPacket.Received(packet), received.tar == Self.isdr,
          let version = received.keyVersion,
          let keys = try keys.keys(of: eid, version: Int(version), in: transaction)
        else { return }
        let notification: EUICCNotification
        do {
          notification = try EUICCNotification(encoded: received.open(with: keys).data)
        } catch {
          let event = trail("SCP80", "a notification is refused: \(error)", of: eid, kind: .refused, given: given)
          return try EventRecord.append(event, in: transaction)
        }
        guard notification.eid == eid else { return }
        let number = Int(notification.sequenceNumber)
        try EventRecord.append(
          trail("Notification", "\(number): \(notification.event)", of: eid, given: given), in: transaction)
        try OperationTable.keep(notification: number, of: eid, in: transaction)
        try inquire(eid, number, given: given, in: transaction)
      }
    }
  }

  /// A notification says that something changed; what is so is what the eUICC's report says.
  private func inquire(_ eid: EID, _ number: Int, given: Given, in transaction: any Transaction) throws {
    guard var open = try OperationTable.open(eid, in: transaction) else {
      let audit = Operation(
        requester: Self.party, call: "notification \(eid) \(number) \(given.now.milliseconds)", eid: eid, kind: .audit,
        iccid: nil, state: .queued, due: given.now)
      // The same message twice within a millisecond is one.
      guard try OperationTable.operation(audit.requester, audit.call, in: transaction) == nil else { return }
      return try OperationTable.insert(audit, in: transaction)
    }
    if open.state == .asked { try ask(&open, given: given, in: transaction) }
  }
}
