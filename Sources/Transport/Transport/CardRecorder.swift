import APDU
import Bytes
import TLV

/// A card link that tells a sink, decoded, what passes.
public final class CardRecorder: CardLink {
  private let link: any CardLink
  private let sink: any EventSink
  private let tlv: TLVText
  /// What has been collected of a message in several commands, by channel.
  private var sent: [Int: [UInt8]] = [:]
  private var received: [Int: [UInt8]] = [:]

  /// Records what passes over `link`; `names` are those of the messages in STORE DATA.
  public init(_ link: any CardLink, sink: any EventSink, names: [TLVTag: String] = [:]) {
    (self.link, self.sink, tlv) = (link, sink, TLVText(names: names))
  }

  public func transmit(_ command: Command) throws(LinkError) -> Response {
    note(command)
    let response = try link.transmit(command)
    note(response, to: command)
    return response
  }

  public func sleep() { link.sleep() }

  public func reset() throws(LinkError) -> [UInt8] {
    sent.removeAll()
    received.removeAll()
    take(.sent, "reset", "", [])
    let atr = try link.reset()
    take(.received, "answer to reset", atr.hex, atr)
    return atr
  }

  private func note(_ command: Command) {
    let name = CommandName.name(command)
    let secret = CommandName.carriesSecret(command)
    var masked = command
    if secret { masked.data = [UInt8](repeating: 0xFF, count: command.data.count) }
    var text = "\(masked.bytes.prefix(5).hex)"
    if secret {
      text += " ‹redacted›"
    } else if CommandName.isStoreData(command) {
      // SGP.22 §5.7.2: P2 counts the blocks of one function from 0; bit 8 of P1 marks the last.
      let whole = (command.p2 == 0 ? [] : sent[command.channel] ?? []) + command.data
      let isLast = command.p1 & 0x80 != 0
      sent[command.channel] = isLast ? nil : whole
      text += isLast ? "\n" + tlv.tree(whole) : " block \(command.p2), \(command.data.count) bytes"
      take(
        .sent, isLast ? [name, tlv.name(whole)].compactMap(\.self).joined(separator: " ") : name, text, masked.bytes)
      return
    } else if !command.data.isEmpty {
      text += " \(command.data.hex)"
    }
    take(.sent, name, text, masked.bytes)
  }

  private func note(_ response: Response, to command: Command) {
    let name = CommandName.name(command)
    if CommandName.answersSecret(command) {
      let masked = Response([UInt8](repeating: 0xFF, count: response.data.count), response.status)
      return take(.received, name, "‹redacted› \(response.status)", masked.bytes)
    }
    let whole = (command.ins == 0xC0 ? received[command.channel] ?? [] : []) + response.data
    let more = response.status.rawValue >> 8 == 0x61
    received[command.channel] = more ? whole : nil
    let text = more ? "\(response.data.count) bytes" : tlv.tree(whole)
    let title = more ? name : [name, tlv.name(whole)].compactMap(\.self).joined(separator: " ")
    take(.received, title, "\(response.status) \(CommandName.meaning(response.status))\n\(text)", response.bytes)
  }

  private func take(_ direction: LinkEvent.Direction, _ name: String, _ text: String, _ bytes: [UInt8]) {
    sink.take(LinkEvent(peer: "card", direction: direction, name: name, text: text, bytes: bytes))
  }
}
