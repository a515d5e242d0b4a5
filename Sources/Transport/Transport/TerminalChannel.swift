import APDU
import Bytes

/// A logical channel as applications of the terminal want it: a command in, its whole answer out.
///
/// 61xx is followed by GET RESPONSE, 6Cxx by the command with the right Le, data beyond 255 bytes go out as a chain
/// (ISO/IEC 7816-4 §5.3.3, §5.3.4 and §7.6.1; ETSI TS 102 221 §7.3.1.1).
public final class TerminalChannel {
  /// An answer may have this many bytes: far more than any function of SGP.22 gives.
  public static let answerLimit = 1 << 20

  private let link: any CardLink
  /// The channel's number: 0 for the basic channel.
  public let number: Int

  /// The basic channel of `link`.
  public convenience init(_ link: any CardLink) { self.init(link, number: 0) }

  private init(_ link: any CardLink, number: Int) { (self.link, self.number) = (link, number) }

  /// Sends `command` on this channel and collects the answer, whose status is never 61xx.
  public func send(_ command: Command) throws(LinkError) -> Response {
    var answer = try transmitChained(command.on(channel: number))
    var data: [UInt8] = []
    while true {
      data += answer.data
      guard answer.status.rawValue >> 8 == 0x61 else { return Response(data, answer.status) }
      guard data.count <= Self.answerLimit else {
        throw LinkError(.malformed, "the card's answer does not end; reset the card")
      }
      let next = Command(cla: 0x00, ins: 0xC0, p1: 0, p2: 0, le: Self.announced(answer.status)).on(channel: number)
      let piece = try transmit(next)
      // A card that announces data again and again without giving any would keep us for ever.
      guard !piece.data.isEmpty || piece.status.rawValue >> 8 != 0x61 else {
        throw LinkError(.malformed, "the card announces data and gives none; reset the card")
      }
      answer = piece
    }
  }

  /// Opens another channel and selects the application `aid` on it; the answer is SELECT's.
  public func open(selecting aid: [UInt8]) throws(LinkError) -> (channel: TerminalChannel, answer: Response) {
    let opened = try send(Command(cla: 0x00, ins: 0x70, p1: 0x00, p2: 0x00, le: 1))
    guard opened.status.isSuccess, let number = opened.data.first, (1...19).contains(number) else {
      throw LinkError(.malformed, "the card opens no logical channel (\(opened.status)); reset the card")
    }
    let channel = TerminalChannel(link, number: Int(number))
    let answer: Response
    do {
      // Without Le, as terminals send it on T=0; the card announces its answer with 61xx.
      answer = try channel.send(Command(cla: 0x00, ins: 0xA4, p1: 0x04, p2: 0x00, data: aid))
    } catch {
      channel.close()
      throw error
    }
    if !answer.status.isSuccess { channel.close() }
    return (channel, answer)
  }

  /// Closes the channel; the basic channel stays. That the card is gone is no failure of closing.
  public func close() {
    guard number > 0 else { return }
    _ = try? link.transmit(Command(cla: 0x00, ins: 0x70, p1: 0x80, p2: UInt8(number)))
  }

  private func transmitChained(_ command: Command) throws(LinkError) -> Response {
    var rest = command.data[...]
    while rest.count > 255 {
      var link = command
      (link.cla, link.data, link.le) = (command.cla | 0x10, Array(rest.prefix(255)), nil)
      let answer = try transmit(link)
      guard answer.status == .ok else { return answer }
      rest = rest.dropFirst(255)
    }
    var last = command
    last.data = Array(rest)
    return try transmit(last)
  }

  private func transmit(_ command: Command) throws(LinkError) -> Response {
    let answer = try link.transmit(command)
    guard answer.status.rawValue >> 8 == 0x6C else { return answer }
    var again = command
    again.le = Self.announced(answer.status)
    return try link.transmit(again)
  }

  private static func announced(_ status: StatusWord) -> Int {
    let count = Int(status.rawValue & 0xFF)
    return count == 0 ? 256 : count
  }
}
