import Bytes
import Identifiers
import Keys
import SGP02
import SGP22
import SecureChannel
import Stations
import Store
import Synchronization
import UICC

/// The SM-SR's end of the short message service: packets become messages (3GPP TS 31.115), and messages from eUICCs packets.
///
/// The service may lose, double and reorder. What is lost is sent again by the desk; what comes twice is known by its
/// counter; parts are put together in any order. Only half-arrived messages are kept here, and may be forgotten.
public final class ShortMessages: Sendable {
  /// Numbers of which half-arrived messages are remembered.
  private static let senderLimit = 10_000

  private let desk: Desk
  private let number: ShortMessageAddress
  private let arriving = Mutex<[String: Concatenation]>([:])

  /// The end of the SM-SR behind `desk`, which has `number`.
  public init(_ desk: Desk, number: ShortMessageAddress) { (self.desk, self.number) = (desk, number) }

  /// What is to be sent now, for one number each.
  public func due(limit: Int = 64, given: Given) throws -> [ShortMessageService.Messages] {
    try desk.packetsDue(limit: limit, given: given).compactMap { packet in
      // Where no number is known, the packet waits for its next turn.
      guard let msisdn = packet.addresses.lazy.compactMap(\.msisdn).first,
        let messages = ShortMessage.messages(
          .deliver, number, UserDataHeader.commandPacket, data: packet.packet,
          // The same packet has the same parts, so that one that was sent again completes the first.
          reference: sha256(packet.packet)[0])
      else { return nil }
      return ShortMessageService.Messages(msisdn: msisdn, tpdus: messages.map(\.encoded))
    }
  }

  /// What came from a number. Who really sent it, only the keys can tell: what they do not prove is ignored.
  public func receive(_ messages: ShortMessageService.Messages, given: Given) throws {
    var packets: [(element: UserDataHeader.Element, data: [UInt8])] = []
    for tpdu in messages.tpdus {
      guard let message = try? ShortMessage(tpdu), message.direction == .submit, message.address == number,
        let whole = take(message, from: messages.msisdn)
      else { continue }
      packets += whole.header.elements.prefix(1).map { ($0, whole.data) }
    }
    // TS 31.115 §4.4: 02 71 00 and the response packet.
    if let report = messages.report, report.starts(with: [0x02, 0x71, 0x00]) {
      packets.append((UserDataHeader.responsePacket, Array(report.dropFirst(3))))
    }
    guard !packets.isEmpty else { return }
    let eids = try desk.store.read { try EISTable.eids(under: messages.msisdn, in: $0) }
    for (element, data) in packets {
      for eid in eids {
        switch element {
        case UserDataHeader.responsePacket: try desk.receive(data, from: eid, given: given)
        case UserDataHeader.commandPacket: try desk.receive(notification: data, from: eid, given: given)
        default: continue
        }
      }
    }
  }

  private func take(_ message: ShortMessage, from msisdn: String) -> (header: UserDataHeader, data: [UInt8])? {
    arriving.withLock { arriving in
      if arriving[msisdn] == nil, arriving.count >= Self.senderLimit { arriving.removeAll() }
      return arriving[msisdn, default: Concatenation()].take(message)
    }
  }
}
