import APDU
import Bytes
import SecureElement
import Testing
import UICC

/// Pushes REFRESH whenever it is told so with an ENVELOPE, and remembers the terminal's answers.
private final class Pusher: Application {
  nonisolated(unsafe) static var answers: [TerminalAnswer] = []

  func envelope(_ envelope: Envelope, in exchange: Exchange) throws(StatusWordError) -> Response? {
    switch envelope.kind {
    case .menuSelection:
      exchange.push(.refresh(.uiccReset))
      return Response()
    case .callControl:
      exchange.push(.refresh(.uiccReset))
      throw StatusWordError(.conditionsOfUse)
    default: return nil
    }
  }

  func received(_ answer: TerminalAnswer, in exchange: Exchange) { Self.answers.append(answer) }
}

@Suite("Card application toolkit (ETSI TS 102 221 §7.4.2, §11.2)", .serialized) struct CardToolkitTests {
  private func card() throws -> SampleCard { try SampleCard(applications: [{ Pusher() }]) }

  @Test("the card is silent until TERMINAL PROFILE, then says that a command waits until it is fetched and answered")
  func session() throws {
    Pusher.answers = []
    let card = try card()
    #expect(try card.send("80C2000006D30482020181") == "9000")
    #expect(try card.send("80F2000C00") == "9000")
    #expect(try card.send("801200000B") == "6985")
    #expect(try card.send("8010000003FFFFFF") == "910B")
    #expect(try card.send("80F2000C00") == "910B")
    #expect(try card.send("00A4000C027777") == "6A82", "only in the place of 9000")
    #expect(try card.send("8012000005") == "6C0B")
    #expect(try card.send("801200000B") == "D009" + "8103010104" + "82028182" + "9000")
    #expect(try card.send("80F2000C00") == "9000", "while it is carried out, nothing more is said")
    #expect(try card.send("801200000B") == "6985")
    #expect(try card.send("80C2000006D30482020181") == "9000")
    #expect(try card.send("801400000C8103010104" + "02028281" + "030100") == "910B", "the next one")
    #expect(Pusher.answers.map(\.command) == [.refresh(.uiccReset)])
    #expect(Pusher.answers.first?.response.isSuccess == true)
    #expect(try card.send("801200000B").hasSuffix("9000"))
    #expect(try card.send("80140000020101") == "6A80")
    #expect(try card.send("80140000020101") == "6985")
  }

  @Test("what a refused command pushed is never sent; power loss empties the queue") func refused() throws {
    let card = try card()
    #expect(try card.send("8010000003FFFFFF") == "9000")
    #expect(try card.send("80C2000006D40482020181") == "6985")
    #expect(try card.send("80F2000C00") == "9000")
    #expect(try card.send("80C2000006D30482020181") == "910B")
    _ = card.card.reset()
    #expect(try card.send("8010000003FFFFFF") == "9000")
  }

  @Test("91xx comes at the end of an answer that GET RESPONSE fetched") func afterData() throws {
    let card = try card()
    try card.send("8010000003FFFFFF")
    try card.send("80C2000006D30482020181")
    #expect(try card.send("00A40004022FE2") == "6119")
    #expect(try card.send("00C0000019").hasSuffix("910B"))
    #expect(try card.send("00B000000A").hasSuffix("910B"))
  }

  @Test(
    "TERMINAL CAPABILITY, and envelopes nobody waits for",
    arguments: [
      ("80AA000005A903830107", "9000"), ("80AA000003A90200", "6A80"), ("80AA000003830107", "6A80"),
      ("80AA010005A903830107", "6A86"), ("80100000", "6700"), ("80C2000006D60482020181", "9000"),
      ("80C2000003CF0202", "6A80"), ("80C2000003DF2100", "9000"), ("80C2000003D60102", "6A80"),
      ("80C2000005D603820201", "6A80"), ("80C20000", "6700"), ("80140000", "6700"), ("80140000020101", "6985"),
    ])
  func others(command: String, status: String) throws { #expect(try card().send(command) == status) }

  @Test("the queue holds sixteen commands and no more") func limit() throws {
    let card = try card()
    for _ in 0..<40 { try card.send("80C2000006D30482020181") }
    try card.send("8010000001FF")
    var count = 0
    while try card.send("801200000B").hasSuffix("9000") {
      count += 1
      try card.send("801400000C8103010104" + "02028281" + "030100")
    }
    #expect(count == 16)
  }
}
