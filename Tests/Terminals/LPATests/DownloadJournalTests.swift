import APDU
import Bytes
import CircleOfTrust
import Foundation
import Identifiers
import SGP22
import TLV
import Testing
import Transport
import World

import LPA

/// Needs no recording: a cancellation is told to a server without the card.
@Suite("SGP.22 §3.0.2: a cancellation that is owed to a server is never lost") struct DownloadJournalTests {
  /// A card that must not be asked.
  private final class SilentCard: CardLink {
    func reset() throws(LinkError) -> [UInt8] { [] }
    func transmit(_ command: Command) throws(LinkError) -> Response {
      if command.ins == 0xE2 { Issue.record("the card was asked") }
      return command.ins == 0x70 ? Response([1]) : Response([])
    }
  }

  private final class Nobody: Person {
    func decide(_ question: Question) -> LPA.Decision { .timeout }
    func see(_ progress: LPA.Progress) {}
  }

  private func record(_ number: UInt8, at address: String, _ reason: CancelSessionReason) throws -> DownloadRecord {
    let transaction = try #require(TransactionId([number]))
    let signed = EuiccCancelSessionSigned(
      transactionId: transaction, smdpOid: try #require(OID("2.999.10")), reason: reason)
    let response = ES10b.CancelSession.Response.ok(
      CancelSessionResponseOk(
        euiccCancelSessionSigned: Verbatim(signed, tag: .sequence),
        euiccCancelSessionSignature: [UInt8](repeating: 2, count: 64)))
    return record(at: address, .cancelled(transactionId: [number], response: response.encoded))
  }

  private func record(at address: String, _ stage: DownloadRecord.Stage) -> DownloadRecord {
    DownloadRecord(address: address, matchingId: "TOKEN", oid: nil, confirmationCodeRequired: false, stage: stage)
  }

  @Test("the record of another session does not take its place, by whatever code that began")
  func anotherSession() throws {
    let rejected = try record(1, at: "a.example.com", .endUserRejection)
    for address in ["a.example.com", "b.example.com"] {
      var journal = DownloadJournal()
      journal.keep(rejected)
      journal.keep(rejected)
      #expect(journal.underWay == rejected && journal.owed.isEmpty)
      let next = record(at: address, .inSession(transactionId: [2]))
      journal.keep(next)
      #expect(journal.underWay == next && journal.owed == [rejected])
      journal.keep(nil)
      #expect(journal.owed == [rejected] && !journal.isEmpty)
      let read = try JSONDecoder().decode(DownloadJournal.self, from: JSONEncoder().encode(journal))
      #expect(read == journal)
      journal.settle(rejected)
      #expect(journal.isEmpty)
    }
  }

  @Test("a download that is set aside leaves what it owes, and nothing else") func aside() throws {
    var journal = DownloadJournal()
    let rejected = try record(1, at: "a.example.com", .endUserRejection)
    journal.keep(rejected)
    journal.setAside()
    #expect(journal.underWay == nil && journal.owed == [rejected])
    journal.keep(record(at: "a.example.com", .inSession(transactionId: [2])))
    journal.setAside()
    #expect(journal.underWay == nil && journal.owed == [rejected])
    journal.settle(rejected)
    journal.keep(rejected)
    journal.keep(nil)
    #expect(journal.isEmpty)
  }

  @Test(
    "each server is told until it takes it; one that has forgotten the session is done with, one that is away is not")
  func delivery() throws {
    let servers = InProcessServers()
    var told: [String] = []
    for (name, reply) in [
      ("takes", Reply(body: JSONBinding.encode(Result<NoFields, Refusal>.success(NoFields())))),
      ("forgot", Reply(body: JSONBinding.encode(Result<NoFields, Refusal>.failure(.transactionUnknown)))),
      ("fails", Reply(status: 500)),
    ] {
      servers.place("\(name).example.com") { message in
        #expect(message.path == ES9Plus.CancelSession.path)
        told.append(name)
        return reply
      }
    }
    let owed = try ["takes", "forgot", "fails", "away", "takes"].enumerated().map {
      try record(UInt8($0), at: "\($1).example.com", .endUserRejection)
    }
    let damaged = record(at: "takes.example.com", .cancelled(transactionId: [9], response: [1]))
    let client = Client(
      isdr: try ISDR(SilentCard()), servers: servers, person: Nobody(),
      device: DeviceInfo(tac: [0x35, 0x29, 0x06, 0x11]), pause: { _ in })
    let outcome = try client.deliverCancellations(owed + [damaged])
    #expect(outcome.settled == [owed[0], owed[1], owed[4], damaged])
    #expect(outcome.waiting == [owed[2], owed[3]])
    #expect(told == ["takes", "forgot", "fails", "takes"])
  }
}
