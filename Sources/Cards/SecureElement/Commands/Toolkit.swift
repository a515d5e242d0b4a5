import APDU
import TLV
import UICC

/// The commands of the card application toolkit (ETSI TS 102 221 §11.1.19, §11.2).
extension CardSession {
  /// TERMINAL CAPABILITY (§11.1.19): a template A9, of which the card needs nothing.
  static func terminalCapability(_ session: CardSession, _ exchange: Exchange) throws(StatusWordError) -> Response {
    guard exchange.command.p1 == 0, exchange.command.p2 == 0 else { throw StatusWordError(.wrongP1P2) }
    guard let element = try? TLVElement(exchange.command.data), element.tag == 0xA9 else {
      throw StatusWordError(.wrongData)
    }
    return Response()
  }

  /// TERMINAL PROFILE (§11.2.1): from now on the card may speak up.
  static func terminalProfile(_ session: CardSession, _ exchange: Exchange) throws(StatusWordError) -> Response {
    guard exchange.command.p1 == 0, exchange.command.p2 == 0 else { throw StatusWordError(.wrongP1P2) }
    guard !exchange.command.data.isEmpty else { throw StatusWordError(.wrongLength) }
    session.proactive.terminalProfile = TerminalProfile(exchange.command.data)
    return Response()
  }

  /// FETCH (§11.2.3): the proactive command that waits; it counts as fetched once Le was right.
  static func fetch(_ session: CardSession, _ exchange: Exchange) throws(StatusWordError) -> Response {
    guard exchange.command.p1 == 0, exchange.command.p2 == 0 else { throw StatusWordError(.wrongP1P2) }
    guard exchange.command.data.isEmpty else { throw StatusWordError(.wrongLength) }
    guard let next = session.proactive.next else { throw StatusWordError(.conditionsOfUse) }
    exchange.fetches = true
    return Response(next.encoded)
  }

  /// TERMINAL RESPONSE (§11.2.4): what became of the proactive command; applications hear of it.
  static func terminalResponse(_ session: CardSession, _ exchange: Exchange) throws(StatusWordError) -> Response {
    guard exchange.command.p1 == 0, exchange.command.p2 == 0 else { throw StatusWordError(.wrongP1P2) }
    guard !exchange.command.data.isEmpty else { throw StatusWordError(.wrongLength) }
    guard let command = session.proactive.answer() else { throw StatusWordError(.conditionsOfUse) }
    guard let response = try? TerminalResponse(exchange.command.data) else { throw StatusWordError(.wrongData) }
    let answer = TerminalAnswer(command: command, response: response)
    for application in session.applications { try application.received(answer, in: exchange) }
    return Response()
  }

  /// ENVELOPE (§11.2.2): the first application that knows what to do with it answers; else it is taken note of.
  static func envelope(_ session: CardSession, _ exchange: Exchange) throws(StatusWordError) -> Response {
    guard exchange.command.p1 == 0, exchange.command.p2 == 0 else { throw StatusWordError(.wrongP1P2) }
    guard !exchange.command.data.isEmpty else { throw StatusWordError(.wrongLength) }
    guard let element = try? TLVElement(exchange.command.data) else { throw StatusWordError(.wrongData) }
    // What is told by a tag of a later release is taken note of.
    guard Envelope.Kind(rawValue: element.tag.rawValue) != nil else { return Response() }
    guard let envelope = try? Envelope(exchange.command.data) else { throw StatusWordError(.wrongData) }
    for application in session.applications {
      if let response = try application.envelope(envelope, in: exchange) { return response }
    }
    return Response()
  }
}
