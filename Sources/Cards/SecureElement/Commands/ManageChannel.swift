import APDU

extension CardSession {
  /// MANAGE CHANNEL (ETSI TS 102 221 §11.1.17).
  static func manageChannel(_ session: CardSession, _ exchange: Exchange) throws(StatusWordError) -> Response {
    let command = exchange.command
    guard command.data.isEmpty else { throw StatusWordError(.wrongLength) }
    switch command.p1 {
    case 0x00: return try session.openChannel(exchange)
    case 0x80:
      let number = Int(command.p2)
      guard number > 0 else { throw StatusWordError(.wrongP1P2) }
      guard number < session.channels.count, let channel = session.channels[number] else {
        throw StatusWordError(.channelNotSupported)
      }
      exchange.endedApplication = channel.application
      exchange.closedChannels.insert(number)
      return Response()
    default: throw StatusWordError(.wrongP1P2)
    }
  }

  /// P2 = 00: the card assigns a channel and tells its number; else P2 is the number.
  private func openChannel(_ exchange: Exchange) throws(StatusWordError) -> Response {
    let limit = max(1, min(card.configuration.channels, 20))
    let wanted = Int(exchange.command.p2)
    let isFree = { (number: Int) in number >= self.channels.count || self.channels[number] == nil }
    guard wanted < limit, let number = wanted == 0 ? (1..<limit).first(where: isFree) : wanted, isFree(number) else {
      throw StatusWordError(.functionNotSupported)
    }
    // §11.1.17: opened from the basic channel, the MF is selected; from another, what is selected there.
    var channel = Channel()
    if exchange.channelNumber != 0, exchange.channel.place == .files {
      channel.directory = exchange.channel.directory
      channel.application = exchange.channel.application
    }
    exchange.openedChannels[number] = channel
    return Response(wanted == 0 ? [UInt8(number)] : [])
  }
}
