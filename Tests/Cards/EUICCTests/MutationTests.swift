import APDU
import Bytes
import EUICC
import Identifiers
import Keys
import SGP22
import SecureElement
import TLV
import TestSupport
import Testing

@Suite("An eUICC that is given anything") struct MutationTests {
  private static func changes(of byte: UInt8) -> [UInt8] { [byte ^ 0x01, byte ^ 0x80, 0x00, 0xFF] }

  @Test("SGP.22 §5.7.5: PrepareDownload changed in any byte is refused, and no key is made") func prepareDownload()
    throws
  {
    let world = try TestCircle()
    let card = try TestCard(world.personalisation())
    let server = try TestServer(world)
    let ok = try server.authenticate(card)
    let request = try server.prepareDownloadRequest(after: ok).encoded
    let before = card.memory.map.snapshot
    for index in request.indices {
      for changed in Self.changes(of: request[index]) where changed != request[index] {
        var bytes = request
        bytes[index] = changed
        let response = try card.storeData(bytes, block: 255)
        guard response.status.isSuccess, let answer = try? ES10b.PrepareDownload.Response(encoded: response.data) else {
          continue
        }
        #expect(answer.success == nil, "byte \(index)")
      }
    }
    #expect(card.memory.map.snapshot == before)
    // The session has borne it all.
    #expect(try ES10b.PrepareDownload.Response(encoded: card.storeData(request).data).success != nil)
  }

  @Test("§5.7.13: AuthenticateServer changed in any byte that the server signed is refused") func authenticateServer()
    throws
  {
    let world = try TestCircle()
    let card = try TestCard(world.personalisation())
    let server = try TestServer(world)
    let before = card.memory.map.snapshot
    let sample = try server.authenticateServerRequest(card.challenge())
    // What follows the certificate is the device's and is signed by nobody but the eUICC; the CI key is a wish.
    var writer = TLVWriter()
    writer.write(0xA0, try #require(sample.ctxParams1.common))
    let signed = sample.encoded.count - writer.bytes.count
    for index in 0..<signed {
      let request = try server.authenticateServerRequest(card.challenge()).encoded
      var bytes = request
      bytes[index] ^= 0x01
      let response = try card.storeData(bytes, block: 255)
      guard response.status.isSuccess, let answer = try? ES10b.AuthenticateServer.Response(encoded: response.data)
      else { continue }
      #expect(answer.success == nil, "byte \(index)")
    }
    #expect(card.memory.map.snapshot == before)
  }

  @Test("§5.7.6: a bound profile package changed in any byte is not installed") func boundProfilePackage() throws {
    let world = try TestCircle()
    let server = try TestServer(world)
    let iccid = try ICCID("8900000000000000014")
    let personalisation = try world.personalisation()
    let card = try TestCard(personalisation)
    var contents = try server.contents(iccid)
    contents.usesPPK = true
    let size = try server.bind(contents, to: server.prepare(card), eid: personalisation.eid).encoded.count
    for index in 0..<size {
      let package = try server.bind(contents, to: server.prepare(card), eid: personalisation.eid)
      var offset = index
      var status = StatusWord.ok
      for piece in package.segments {
        var piece = piece
        if piece.indices.contains(offset) { piece[offset] ^= 0x01 }
        offset -= piece.count
        status = try card.storeData(piece, block: 255).status
        guard status == .ok else { break }
      }
    }
    #expect(try card.profiles().isEmpty)
    // Each refusal was told in a signed result, under a number of its own.
    let numbers = try card.notifications().map(\.seqNumber)
    #expect(numbers == Array(1...numbers.count))
    #expect(numbers.count > size / 2)
    for number in numbers { _ = try card.call(ES10b.RemoveNotificationFromList.self, .init(seqNumber: number)) }
    #expect(try server.download(contents, into: card).success != nil)
  }

  @Test("every function of ES10, cut at any byte, is refused and changes nothing; changed in any byte, it is answered")
  func everyFunction() throws {
    let world = try TestCircle()
    let server = try TestServer(world)
    let made = try TestCard(world.personalisation())
    let iccid = try ICCID("8900000000000000014")
    _ = try server.download(server.contents(iccid), into: made)
    for request in try requests(iccid, made, server) {
      let card = try TestCard(memory: VolatileMemory(made.memory.map))
      let before = card.memory.map.snapshot
      for length in 1..<request.count {
        let response = try card.storeData(Array(request.prefix(length)), block: 255)
        #expect(!response.status.isSuccess && response.data.isEmpty, "\(request.prefix(length).hex)")
      }
      #expect(card.memory.map.snapshot == before)
      for index in request.indices {
        for changed in Self.changes(of: request[index]) {
          var bytes = request
          bytes[index] = changed
          _ = try card.storeData(bytes, block: 255)
        }
      }
      #expect(try card.call(ES10c.GetEID.self, .init()).eidValue == world.personalisation().eid)
    }
  }

  /// A good request of every function.
  private func requests(_ iccid: ICCID, _ card: TestCard, _ server: TestServer) throws -> [[UInt8]] {
    let ok = try server.authenticate(card)
    let identifier = ProfileIdentifier.iccid(iccid)
    let transactionId = try #require(server.transactionId)
    return [
      ES10a.GetEuiccConfiguredAddresses.Request().encoded,
      ES10a.SetDefaultDpAddress.Request(defaultDpAddress: "dp2.example.com").encoded,
      ES10b.GetEUICCChallenge.Request().encoded, ES10b.GetEUICCInfo1.Request().encoded,
      ES10b.GetEUICCInfo2.Request().encoded, ES10b.GetRAT.Request().encoded,
      try server.authenticateServerRequest(card.challenge()).encoded,
      try server.prepareDownloadRequest(after: ok).encoded,
      ES10b.CancelSession.Request(transactionId: transactionId, reason: .postponed).encoded,
      ES10b.ListNotification.Request(profileManagementOperation: [.notificationInstall]).encoded,
      ES10b.RetrieveNotificationsList.Request(searchCriteria: .seqNumber(1)).encoded,
      ES10b.RemoveNotificationFromList.Request(seqNumber: 1).encoded,
      try ES10b.LoadCRL.Request(crl: [0x30, 0x00]).encoded, ES10c.GetProfilesInfo.Request().encoded,
      ES10c.EnableProfile.Request(profileIdentifier: identifier, refreshFlag: true).encoded,
      ES10c.DisableProfile.Request(profileIdentifier: identifier, refreshFlag: false).encoded,
      ES10c.DeleteProfile.Request(profileIdentifier: identifier).encoded,
      ES10c.EuiccMemoryReset.Request(resetOptions: [.deleteOperationalProfiles]).encoded,
      ES10c.GetEID.Request().encoded, ES10c.SetNickname.Request(iccid: iccid, profileNickname: "mine").encoded,
    ]
  }

  @Test("any bytes as a request are answered with a status word") func anything() throws {
    let world = try TestCircle()
    let card = try TestCard(world.personalisation())
    let random = SeededRandomSource(seed: [5])
    let tags = ISDRTags.all
    for round in 0..<4000 {
      let tag = tags[round % tags.count]
      var body = random.bytes(Int(random.bytes(1)[0] % 40))
      if round % 3 == 0, !body.isEmpty { body = [0xA0, UInt8(body.count)] + body }
      let data = tag + [UInt8(body.count)] + body
      _ = try card.storeData(data)
    }
    #expect(try card.call(ES10c.GetEID.self, .init()).eidValue == world.personalisation().eid)
  }
}

/// The tags of all functions, as bytes.
enum ISDRTags {
  static let all: [[UInt8]] = [
    0x3C, 0x3F, 0x21, 0x2E, 0x20, 0x22, 0x28, 0x2B, 0x30, 0x35, 0x38, 0x41, 0x43, 0x2D, 0x31, 0x32, 0x33, 0x34, 0x3E,
    0x29, 0x36,
  ].map { [0xBF, $0] }
}
