import Identifiers
import OperatorChange
import TLV
import Testing

@Suite("E3: what operators say to each other about a change") struct MessageTests {
  private func request() throws -> ChangeRequest {
    ChangeRequest(
      change: "change-1", eid: try EID("89049032123451234512345678901235"), iccid: try ICCID("8988211000000000013"),
      msisdn: "4915550000000", manager: OID("2.999.32"))
  }

  private func encoded(_ body: some TLVSequence) -> [UInt8] {
    var writer = TLVWriter()
    writer.write(.sequence, body)
    return writer.bytes
  }

  private func decoded<Body: TLVSequence>(_ bytes: [UInt8], as type: Body.Type = Body.self) throws -> Body {
    try Body(TLVElement(bytes))
  }

  @Test("each survives the way there, and cut anywhere is refused") func roundTrips() throws {
    let request = try request()
    #expect(try decoded(encoded(request)) == request)
    let answers: [ChangeAnswer.Decision] = [
      .allowed, .lockedUntil(Instant(seconds: 1_900_000_000)), .consentWanted, .refused("a bill is open"),
    ]
    for decision in answers {
      let answer = ChangeAnswer(decision, to: request)
      #expect(try decoded(encoded(answer)) == answer && answer.answers(request))
      let bytes = encoded(answer)
      for length in bytes.indices {
        #expect(throws: TLVError.self) { try decoded(Array(bytes[..<length]), as: ChangeAnswer.self) }
      }
    }
    for iccid in [nil, try ICCID("8988211000000000021")] {
      let end = ChangeEnd(of: request, newICCID: iccid)
      #expect(try decoded(encoded(end)) == end)
    }
  }

  @Test("an answer to another change, eUICC or profile is no answer") func others() throws {
    let request = try request()
    let answer = ChangeAnswer(.allowed, to: request)
    let others = [
      ChangeRequest(change: "change-2", eid: request.eid, iccid: request.iccid),
      ChangeRequest(change: "change-1", eid: request.eid, iccid: try ICCID("8988211000000000021")),
    ]
    for other in others { #expect(!answer.answers(other)) }
  }

  @Test("a number that is none, and a name that is too long, are refused") func invalid() throws {
    let request = try request()
    for (change, msisdn) in [("", "49155500000"), (String(repeating: "x", count: 65), "49155500000"), ("c", "49x55")] {
      let wrong = ChangeRequest(change: change, eid: request.eid, iccid: request.iccid, msisdn: msisdn)
      #expect(throws: TLVError.self) { try decoded(encoded(wrong), as: ChangeRequest.self) }
    }
  }
}
