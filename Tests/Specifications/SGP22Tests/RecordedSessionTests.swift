import Bytes
import CircleOfTrust
import JSON
import SGP22
import TLV
import TestSupport
import Testing

@Suite("SGP.22 §6.5: recorded sessions of foreign software", .enabled(if: Vectors.exist, Vectors.missing))
struct RecordedSessionTests {
  /// Decodes a body as `Message`, encodes it and compares every member that is not the header.
  private func check<Message: JSONMessage>(_ type: Message.Type, _ json: JSONObject) throws -> Message {
    let message = try Message(json: json)
    for member in message.json.members { #expect(json[member.name] == member.value, "\(member.name)") }
    #expect(message.json.members.count == json.members.count { $0.name != "header" })
    return message
  }

  /// A value that was read from a verbatim structure writes the same bytes.
  private func check<Value>(_ verbatim: Verbatim<Value>) {
    var writer = TLVWriter()
    let tag = (try? TLVElement(verbatim.encoded).tag) ?? 0
    writer.write(tag, verbatim.value)
    #expect(writer.bytes.hex == verbatim.encoded.hex)
  }

  @Test(arguments: ["nist", "brainpool"]) func reencodes(curve: String) throws {
    let session = try JSONReader.object(Vectors.bytes("sessions/es9plus-\(curve).json"))
    let calls = try session.objects("calls")
    for call in calls {
      let request = try call.object("request")
      let response = try call.objectIfPresent("response") ?? JSONObject()
      switch try call.text("path") {
      case ES9Plus.InitiateAuthentication.path:
        _ = try check(ES9Plus.InitiateAuthentication.Request.self, request)
        check(try check(ES9Plus.InitiateAuthentication.Response.self, response).serverSigned1)
      case ES9Plus.AuthenticateClient.path:
        let message = try check(ES9Plus.AuthenticateClient.Request.self, request)
        check(message.authenticateServerResponse)
        guard case .ok(let ok) = message.authenticateServerResponse.value else { throw JSONError.missing("ok") }
        check(ok.euiccSigned1)
        let answer = try check(ES9Plus.AuthenticateClient.Response.self, response)
        check(answer.profileMetadata)
        check(answer.prepareDownloadRequest.smdpSigned2)
      case ES9Plus.GetBoundProfilePackage.path:
        let message = try check(ES9Plus.GetBoundProfilePackage.Request.self, request)
        check(message.prepareDownloadResponse)
        let package = try check(ES9Plus.GetBoundProfilePackage.Response.self, response).boundProfilePackage
        check(package)
        check(package.value.initialiseSecureChannelRequest)
        #expect(package.segments.flatMap(\.self) == package.encoded)
      case let path: Issue.record("nobody expected \(path)")
      }
    }
    #expect(calls.count == 3)
  }

  @Test("a whole answer with its header is read and written") func answers() throws {
    let session = try JSONReader.object(Vectors.bytes("sessions/es9plus-nist.json"))
    let body = try session.objects("calls")[0].object("response").encoded
    let answer = try JSONBinding.decodeAnswer(ES9Plus.InitiateAuthentication.Response.self, from: body)
    #expect(try JSONBinding.decodeAnswer(from: JSONBinding.encode(answer)) == answer)
  }
}
