import APDU
import Bytes
import TLV
import Transport
import UICC

/// A device with a modem and nobody before it: it hands short messages to its card, does what the card wants (ETSI TS 102
/// 223), and cannot read what passes.
public final class Device {
  /// Commands of the card that are done in a row: a card that wants more is reset.
  static let commandLimit = 256

  private let link: any CardLink
  private var channel: TerminalChannel
  /// SMS-SUBMIT that the card wants sent, oldest first; who sends them takes them away.
  public var submitted: [[UInt8]] = []
  /// The card wants a reset (REFRESH, UICC reset): its files are others now.
  public private(set) var wantsReset = false
  /// The timers of the card that run: seconds by number.
  public private(set) var timers: [UInt8: Int] = [:]
  /// Whether the card wants to be told of the network.
  public private(set) var tellsLocation = false

  /// A device with the card on `link`, without power.
  public init(_ link: any CardLink) { (self.link, channel) = (link, TerminalChannel(link)) }

  /// Resets the card and tells it what the device can do (TERMINAL PROFILE).
  public func powerOn() throws(LinkError) {
    (timers, wantsReset, tellsLocation) = ([:], false, false)
    _ = try link.reset()
    channel = TerminalChannel(link)
    _ = try transmit(Command(cla: 0x80, ins: 0x10, p1: 0, p2: 0, data: [UInt8](repeating: 0xFF, count: 20)))
  }

  /// SMS-PP data download (3GPP TS 31.111 §7.1): what goes back in the report of delivery, nothing where there is nothing.
  public func receive(_ tpdu: [UInt8]) throws(LinkError) -> [UInt8] {
    let envelope = Envelope(
      .shortMessageDownload, objects: [ComprehensionTLV(0x02, [0x83, 0x81]), ComprehensionTLV(0x0B, tpdu)])
    return try tell(envelope, le: 256).data
  }

  /// EVENT DOWNLOAD, location status (TS 102 223 §7.5.4), where the card wants to know.
  public func network(isThere: Bool) throws(LinkError) {
    guard tellsLocation else { return }
    let status: UInt8 = isThere ? 0x00 : 0x02
    _ = try tell(
      Envelope(.eventDownload, objects: [ComprehensionTLV(0x19, [0x03]), ComprehensionTLV(0x1B, [status])]))
  }

  /// TIMER EXPIRATION (TS 102 223 §7.4), of a timer that runs.
  public func expire(timer: UInt8) throws(LinkError) {
    guard timers.removeValue(forKey: timer) != nil else { return }
    _ = try tell(Envelope(.timerExpiration, objects: [ComprehensionTLV(0x24, [timer])]))
  }

  private func tell(_ envelope: Envelope, le: Int? = nil) throws(LinkError) -> Response {
    try transmit(Command(cla: 0x80, ins: 0xC2, p1: 0, p2: 0, data: envelope.encoded, le: le))
  }

  /// Sends a command, and does what the card wants after it: 91xx announces that.
  private func transmit(_ command: Command) throws(LinkError) -> Response {
    let answer = try channel.send(command)
    var (status, count) = (answer.status, 0)
    while status.rawValue >> 8 == 0x91 {
      count += 1
      guard count <= Self.commandLimit else {
        throw LinkError(.malformed, "the card wants one thing after the other without end; reset the card")
      }
      let length = Int(status.rawValue & 0xFF)
      let fetched = try channel.send(
        Command(cla: 0x80, ins: 0x12, p1: 0, p2: 0, le: length == 0 ? 256 : length))
      guard let wish = try? ProactiveCommand(encoded: fetched.data) else {
        throw LinkError(.malformed, "the card wants something that is no command; reset the card")
      }
      carryOut(wish)
      status = try channel.send(
        Command(cla: 0x80, ins: 0x14, p1: 0, p2: 0, data: TerminalResponse(to: wish).encoded)
      ).status
    }
    return Response(answer.data, status)
  }

  private func carryOut(_ wish: ProactiveCommand) {
    switch wish.kind {
    case .sendShortMessage: if let tpdu = wish.objects.first(0x0B)?.value { submitted.append(tpdu) }
    case .refresh: wantsReset = true
    case .setUpEventList: tellsLocation = wish.objects.first(0x19)?.value.contains(0x03) ?? false
    case .timerManagement:
      guard let timer = wish.objects.first(0x24)?.value.first else { return }
      timers[timer] = wish.objects.first(0x25).map { Self.seconds($0.value) }
    default: return
    }
  }

  /// TS 102 223 §8.38: hours, minutes and seconds in decimal digits, swapped.
  private static func seconds(_ value: [UInt8]) -> Int {
    value.prefix(3).reduce(0) { $0 * 60 + Int($1 & 0x0F) * 10 + Int($1 >> 4) }
  }
}
