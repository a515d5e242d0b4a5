import APDU
import Bytes
import Foundation
import Identifiers
import Keys
import SecureElement
import Testing
import UICC
import USIM

/// A card with a USIM and an ISIM, and the network that shares their keys.
struct SampleNetwork {
  static let usim = AID(literal: "A0000000871002FFFFFFFF8905080000")
  static let isim = AID(literal: "A0000000871004FFFFFFFF8905080000")

  let card: Card
  let algorithm: any AuthenticationAlgorithm

  init(
    _ parameters: AKAParameters, algorithm: any AuthenticationAlgorithm, memory: any CardMemory = VolatileMemory(),
    services: [UInt8] = [0, 0, 0, 0x04, 0x20], pinIsEnabled: Bool = false
  ) throws {
    self.algorithm = algorithm
    if memory.map.count == 0 {
      _ = try Card.install(Self.image(parameters, services, pinIsEnabled), on: memory)
    }
    card = Card(
      memory: memory, applications: [NetworkAccessApplication.usim, NetworkAccessApplication.isim],
      random: SeededRandomSource(seed: [1]))
    try powerOn()
  }

  /// A card with Milenage and the numbers of TS 35.208 §4.3.1.
  init(memory: any CardMemory = VolatileMemory(), change: (inout AKAParameters) -> Void = { _ in }) throws {
    let (k, opc) = try (
      [UInt8](hex: "465B5CE8B199B49FAA5F0A2EE238A6BC"), [UInt8](hex: "CD63CB71954A9F4E48A5994E37A02BAF")
    )
    var parameters = AKAParameters(algorithm: .milenage, key: k, opc: opc)
    change(&parameters)
    try self.init(parameters, algorithm: Milenage(k: Secret(k), opc: Secret(opc)), memory: memory)
  }

  static func image(_ parameters: AKAParameters, _ services: [UInt8], _ pinIsEnabled: Bool) throws -> FileSystemImage {
    var files = FileSystemBuilder()
    let open = SecurityAttributes.expanded([0x80, 1, 3, 0x90, 0])
    let pins = PINStatusTemplate([.init(.pin1)])
    let mf = try files.createMF(.init(security: open, pinStatus: pins))
    try files.createDF(.init(fileIdentifier: 0x7F10, security: open, pinStatus: pins), in: mf)
    let usim = try files.createADF(.init(dfName: Self.usim, security: open, pinStatus: pins))
    try files.createDF(.init(fileIdentifier: 0x5F3B, security: open, pinStatus: pins), in: usim)
    let table = try files.createEF(
      .init(descriptor: .init(.transparent), fileIdentifier: 0x6F38, security: open, fileSize: services.count), in: usim
    )
    try files.write(services, in: table)
    let isim = try files.createADF(.init(dfName: Self.isim, security: open, pinStatus: pins))
    files.setPIN(PINRecord(.pin1, value: Array("1234".utf8), isEnabled: pinIsEnabled), in: mf)
    files.setAuthentication(parameters, of: usim)
    files.shareAuthentication(of: usim, with: isim)
    return try files.build()
  }

  func powerOn() throws {
    #expect(!card.powerOn().isEmpty)
    #expect(try send("00A4040C10" + Self.usim.bytes.hex) == "9000")
  }

  /// Sends an APDU in hexadecimal digits; what waits for GET RESPONSE is fetched.
  @discardableResult func send(_ hex: String) throws -> String {
    let answer = card.respond(try [UInt8](hex: hex))
    guard answer.count == 2, answer[0] == 0x61 else { return answer.hex }
    return card.respond([0, 0xC0, 0, 0, answer[1]]).hex
  }

  /// The AUTHENTICATE that the network makes for `sqn`.
  func challenge(_ rand: [UInt8], sqn: UInt64, amf: [UInt8] = [0x80, 0]) throws -> String {
    let sqn = try #require(SequenceNumber(sqn))
    let response = try algorithm.f2345(rand: rand)
    let token = try algorithm.authenticationToken(rand: rand, sqn: sqn, amf: amf, response: response).bytes
    let data = [UInt8(rand.count)] + rand + [UInt8(token.count)] + token
    return ([0x00, 0x88, 0x00, 0x81, UInt8(data.count)] + data).hex
  }

  /// The SQN_MS in an answer to `rand`, if it is a synchronisation failure with a right MAC-S.
  func resynchronisation(_ answer: String, _ rand: [UInt8]) throws -> UInt64? {
    let bytes = try [UInt8](hex: answer)
    guard bytes.count > 4, bytes[0] == 0xDC, bytes.suffix(2) == [0x90, 0], Int(bytes[1]) == bytes.count - 4,
      let token = ResynchronisationToken(bytes: bytes[2..<bytes.count - 2])
    else { return nil }
    return try algorithm.sequenceNumber(in: token, rand: rand)?.value
  }
}

/// One set of Milenage or TUAK, in hexadecimal digits.
struct VectorSet: Decodable {
  let name, k, rand, sqn, amf, f1, f1star, f2, f3, f4, f5, f5star: String
  let opc, topc: String?
  let keccak_iterations: Int?
}
