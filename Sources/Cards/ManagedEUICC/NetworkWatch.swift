import APDU
import Bytes
import Identifiers
import Keys
import SGP02
import SecureChannel
import SecureElement
import TLV
import UICC

/// What the card has seen of the network since it has power.
struct NetworkWatch {
  /// Events without service in a row after which the network counts as lost.
  static let lossLimit = 3
  /// Notifications that nobody confirmed, after which a change is taken back.
  static let tryLimit = 5

  var losses = 0
  var tries = 0
  var hasService = false
}

/// The default notification, its confirmation, and what the card does of its own accord (SGP.02 §3.15, §3.16, §4.1.1.11,
/// §4.1.1.12): a change that finds no network is taken back, and a network that is lost for good brings the profile with
/// the fall-back attribute.
extension ISDR {
  /// The timer that the ISD-R uses.
  private static let timer: UInt8 = 0x01

  /// At power on: the device shall tell of its location status (TS 102 223 §6.4.16).
  func watchNetwork(in exchange: Exchange) {
    exchange.push(ProactiveCommand(.setUpEventList, objects: [ComprehensionTLV(0x19, [0x03])]))
    let records = CardRecords(exchange.memory)
    // The first network after the card was made is told of.
    if records.pending == nil, !records.isDeclared, records.enabled != nil {
      records.pending = PendingNotification(.declaration, sequenceNumber: records.takeSequenceNumber(), former: nil)
    }
  }

  /// EVENT DOWNLOAD, location status (TS 102 223 §7.5.4): 00 is service, 01 limited and 02 none.
  func networkChanged(_ envelope: Envelope, in exchange: Exchange) throws(StatusWordError) -> Response? {
    guard envelope.objects.first(0x19)?.value == [0x03], let status = envelope.objects.first(0x1B)?.value.first else {
      return nil
    }
    watch.hasService = status == 0x00
    if watch.hasService {
      watch.losses = 0
      try tell(in: exchange)
      return Response()
    }
    watch.losses += 1
    guard watch.losses >= NetworkWatch.lossLimit else { return Response() }
    let records = CardRecords(exchange.memory)
    if !takeBack(in: exchange), let enabled = records.enabled, let fallback = records.fallback,
      fallback.number != enabled.number
    {
      change(to: fallback, from: enabled, telling: .fallback, in: exchange)
    }
    return Response()
  }

  /// TIMER EXPIRATION (TS 102 223 §7.4): nobody has confirmed yet.
  func timerExpired(_ envelope: Envelope, in exchange: Exchange) throws(StatusWordError) -> Response? {
    guard envelope.objects.first(0x24)?.value == [Self.timer] else { return nil }
    guard watch.hasService else { return Response() }
    if watch.tries >= NetworkWatch.tryLimit, takeBack(in: exchange) { return Response() }
    try tell(in: exchange)
    return Response()
  }

  /// Sends the pending notification, and sets the timer for the next try.
  private func tell(in exchange: Exchange) throws(StatusWordError) {
    let records = CardRecords(exchange.memory)
    guard let pending = records.pending, let isdp = records.enabled?.aid, let keySet = records.keySets.first,
      let address = ShortMessageAddress(dialling: records.smsrAddress),
      let tar = SCP80.TAR(SecurityDomains.tar(of: SecurityDomains.isdr)),
      let counter = SCP80.Counter(UInt64(pending.sequenceNumber))
    else { return }
    watch.tries += 1
    let notification = EUICCNotification(
      eid: try records.constants().eid, event: pending.event, sequenceNumber: pending.sequenceNumber, isdp: isdp)
    let packet = SCP80.CommandPacket(notification.encoded, to: tar, counter: counter, security: .notification)
    let keys = try keys(of: keySet, records)
    do {
      try submit(UserDataHeader.commandPacket, try packet.secured(with: keys), to: address, in: exchange)
    } catch { throw StatusWordError(.technicalProblem) }
    // §8.37, §8.38: after a minute, digits swapped.
    let timer = [ComprehensionTLV(0x24, [Self.timer]), ComprehensionTLV(0x25, [0x00, 0x10, 0x00])]
    exchange.push(ProactiveCommand(.timerManagement, objects: timer))
  }

  /// Takes an unconfirmed change back; false where there is none.
  private func takeBack(in exchange: Exchange) -> Bool {
    let records = CardRecords(exchange.memory)
    guard let pending = records.pending, pending.event == .profileChangeSucceeded,
      let former = pending.former.flatMap({ records.isdp($0) }), let enabled = records.enabled
    else { return false }
    change(to: former, from: enabled, telling: .profileChangeFailed, in: exchange)
    return true
  }

  /// §4.1.1.12: the SM-SR knows. A profile that POL1 wants deleted when it is disabled is deleted now; the answer names
  /// it: 80 { 4F AID }.
  func confirm(_ number: UInt16, in exchange: Exchange) throws(StatusWordError) -> [UInt8] {
    let records = CardRecords(exchange.memory)
    guard let pending = records.pending, pending.sequenceNumber == number else {
      throw StatusWordError(.referencedDataNotFound)
    }
    records.pending = nil
    records.isDeclared = true
    watch.tries = 0
    var deleted: [AID] = []
    if let former = pending.former.flatMap({ records.isdp($0) }), former.state == .disabled,
      former.rules.contains(.deletedWhenDisabled), !former.hasFallbackAttribute, let aid = former.aid
    {
      remove(former, in: exchange)
      deleted.append(aid)
    }
    guard !deleted.isEmpty else { return [] }
    var writer = TLVWriter()
    writer.write(0x80) { writer in for aid in deleted { writer.write(0x4F, aid) } }
    return writer.bytes
  }
}
