import APDU
import Bytes
import Identifiers
import Keys
import ProfileInterpreter
import ProfilePackage
import SecureElement
import Testing
import USIM

/// A card with a profile on it, and what a phone asks of it.
struct TestPhone {
  let memory = VolatileMemory()
  let card: Card

  init(_ image: FileSystemImage) throws {
    _ = try Card.install(image, on: memory)
    card = Card(
      memory: memory,
      applications: [NetworkAccessApplication.usim, NetworkAccessApplication.isim, ProfileDomains.maker],
      random: SeededRandomSource(seed: [1]))
    #expect(!card.powerOn().isEmpty)
  }

  init(_ package: Package) throws { try self.init(Interpreter().interpret(package.encoded).image) }

  /// Sends an APDU in hexadecimal digits; what waits for GET RESPONSE is fetched.
  @discardableResult func send(_ hex: String) throws -> Response {
    var answer = card.respond(try [UInt8](hex: hex))
    if answer.count == 2, answer[0] == 0x61 { answer = card.respond([0, 0xC0, 0, 0, answer[1]]) }
    return try #require(Response(bytes: answer))
  }

  /// Selects by a path from the MF, in hexadecimal digits; without answer data.
  func select(_ path: String) throws -> StatusWord {
    try send("00A4080C" + [UInt8(path.utf8.count / 2)].hex + path).status
  }

  func select(_ aid: AID) throws -> StatusWord {
    try send("00A4040C" + [UInt8(aid.bytes.count)].hex + aid.bytes.hex).status
  }

  /// The applications in EF.DIR.
  func applications() throws -> [AID] {
    #expect(try select("2F00") == .ok)
    var found: [AID] = []
    for record in 1...254 {
      let answer = try send("00B2" + [UInt8(record), 0x04].hex + "00")
      guard answer.status == .ok else { break }
      if answer.data.count > 4, answer.data[0] == 0x61, answer.data[2] == 0x4F {
        found.append(try AID(Array(answer.data[4...].prefix(Int(answer.data[3])))))
      }
    }
    return found
  }

  /// AUTHENTICATE with what the network makes of `sqn`.
  func authenticate(
    _ algorithm: any AuthenticationAlgorithm, rand: [UInt8], sqn: UInt64, amf: [UInt8] = [0x80, 0]
  ) throws -> Response {
    let sqn = try #require(SequenceNumber(sqn))
    let response = try algorithm.f2345(rand: rand)
    let token = try algorithm.authenticationToken(rand: rand, sqn: sqn, amf: amf, response: response).bytes
    let data = [UInt8(rand.count)] + rand + [UInt8(token.count)] + token
    return try send("00880081" + [UInt8(data.count)].hex + data.hex)
  }
}

extension AuthenticationResponse {
  /// DB with RES, CK and IK, as AUTHENTICATE answers them before Kc.
  var answer: [UInt8] { [0xDB] + [res, ck.bytes, ik.bytes].flatMap { [UInt8($0.count)] + $0 } }
}
