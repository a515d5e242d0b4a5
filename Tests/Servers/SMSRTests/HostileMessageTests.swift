import Bytes
import Identifiers
import SGP02
import SGP22
import SMSR
import Stations
import Store
import TLV
import Testing
import Transport

@Suite("SM-SR: messages that are cut or changed") struct HostileMessageTests {
  /// One honest message of each function that operators and SM-DPs call, and what reads its answer.
  private struct Honest: CustomTestStringConvertible {
    let name: String
    let message: Message
    /// Whether it is done, or begun.
    let isTaken: (Reply) -> Bool

    var testDescription: String { name }
  }

  private func honest<Function: ServerFunction>(
    _ function: Function.Type, _ request: Function.Request, by caller: TestManager.Caller, at manager: TestManager
  ) -> Honest {
    Honest(name: Function.path, message: manager.message(function, request, by: caller, "call-1")) { reply in
      guard reply.status == 200 else { return true }
      do {
        switch try JSONBinding.decodeAnswer(Function.Response.self, from: reply.body) {
        case .success: return true
        case .failure(let refusal): return refusal == .functionUnderWay
        }
      } catch { return true }
    }
  }

  private func all(at manager: TestManager) throws -> [Honest] {
    let (target, donor, provider) = (manager.target(1), manager.donor, manager.provider)
    let address = SubscriptionAddress(msisdn: "491700000009", imsi: try IMSI("001010000000009"))
    let proof = try #require(IdentityProof(asker: "donor", nonce: [UInt8](repeating: 5, count: 32)))
    let oid = try #require(OID("2.999.32"))
    return [
      honest(ES4.GetEIS.self, .init(eid: manager.eid), by: donor, at: manager),
      honest(ES4.AuditEIS.self, .init(eid: manager.eid), by: donor, at: manager),
      honest(
        ES4.UpdatePolicyRules.self, .init(target: target, pol2: [.disablingNotAllowed, .deletedWhenDisabled]),
        by: donor, at: manager),
      honest(
        ES4.UpdateSubscriptionAddress.self, .init(target: target, newSubscriptionAddress: address), by: donor,
        at: manager),
      honest(ES4.EnableProfile.self, manager.target(0), by: donor, at: manager),
      honest(ES4.DisableProfile.self, target, by: donor, at: manager),
      honest(ES4.DeleteProfile.self, manager.target(2), by: manager.receiver, at: manager),
      honest(ES4.SetFallbackAttribute.self, target, by: donor, at: manager),
      honest(ES4.SetPLMA.self, .init(target: target, smdpId: "provider"), by: donor, at: manager),
      honest(ES4.IdentifyEUICC.self, .init(eid: manager.eid, proof: proof), by: donor, at: manager),
      honest(ES4.PrepareSMSRChange.self, .init(eid: manager.eid, current: oid), by: donor, at: manager),
      honest(ES4.SMSRChange.self, .init(eid: manager.eid, target: oid), by: donor, at: manager),
      honest(
        ES3.CreateISDP.self, .init(target: target, mnoId: "donor", requiredMemory: 4000), by: provider, at: manager),
      honest(
        ES3.SendData.self, .init(eid: manager.eid, sdAid: manager.isdps[1], data: [1, 2, 3]), by: provider, at: manager),
      honest(
        ES3.ProfileDownloadCompleted.self, .init(target: target, subscriptionAddress: address, pol2: []), by: provider,
        at: manager),
      honest(ES3.DeleteISDP.self, target, by: provider, at: manager),
      honest(ES3.EnableProfile.self, target, by: provider, at: manager),
      honest(ES3.DisableProfile.self, target, by: provider, at: manager),
    ]
  }

  private func operations(_ manager: TestManager) throws -> Int {
    try manager.store.read { try $0.first("SELECT count(*) FROM sr_operation")?(0) } ?? 0
  }

  @Test("ES3, ES4: a message that is cut at any byte is refused; nothing is begun and the books stay as they were")
  func cut() throws {
    let manager = try TestManager()
    _ = try manager.register().get()
    let books = try manager.books()
    for honest in try all(at: manager) {
      for count in honest.message.body.indices {
        var message = honest.message
        message.body = Array(honest.message.body.prefix(count))
        #expect(!honest.isTaken(manager.route.respond(to: message)), "\(honest.name), \(count) bytes")
      }
    }
    #expect(try operations(manager) == 0 && manager.books() == books)
  }

  @Test(
    "ES3, ES4: a message that is changed at any byte is answered in the binding; of another's call nothing is changed")
  func changed() throws {
    let manager = try TestManager()
    _ = try manager.register().get()
    let stranger = try manager.books().filter { $0.mnoId == "receiver" }
    for honest in try all(at: manager) where honest.message.peerCertificate != manager.receiver.certificate {
      for index in honest.message.body.indices {
        var message = honest.message
        message.body[index] ^= 0x01
        let reply = manager.route.respond(to: message)
        #expect(reply.status == 200 && reply.body.first == UInt8(ascii: "{"), "\(honest.name), byte \(index)")
      }
    }
    #expect(try manager.books().filter { $0.mnoId == "receiver" } == stranger)
  }

  @Test("ES3: an SM-DP without the operator's authorisation (SetPLMA) creates, loads and manages nothing")
  func unauthorised() throws {
    let manager = try TestManager()
    _ = try manager.register().get()
    let books = try manager.books()
    for honest in try all(at: manager) where honest.message.peerCertificate == manager.provider.certificate {
      #expect(!honest.isTaken(manager.route.respond(to: honest.message)), "\(honest.name)")
    }
    #expect(try operations(manager) == 0 && manager.books() == books)
    // Nor does an operator authorise anybody for another operator's profile.
    let allowed = ES4.SetPLMA.Request(target: manager.target(2), smdpId: "provider")
    #expect(try manager.call(ES4.SetPLMA.self, allowed, by: manager.donor, "plma") == .failure(.profileUnknown))
  }
}
