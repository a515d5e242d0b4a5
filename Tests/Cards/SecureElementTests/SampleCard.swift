import APDU
import Bytes
import Identifiers
import SecureElement
import TLV
import UICC

/// A source that counts: enough where nothing secret is tested.
final class CountingRandomSource: RandomSource {
  func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0) } }
}

/// A card with one small file system, and the terminal's way to talk to it.
struct SampleCard {
  static let usim = AID(literal: "A0000000871002FFFFFFFF8905080000")
  static let isim = AID(literal: "A0000000871004FFFFFFFF8905080000")

  let card: Card

  init(
    _ memory: any CardMemory = VolatileMemory(), image: FileSystemImage? = nil, applications: [ApplicationMaker] = []
  ) throws {
    if memory.map.count == 0 { _ = try Card.install(image ?? SampleFiles.image(), on: memory) }
    card = Card(memory: memory, applications: applications, random: CountingRandomSource())
    _ = card.powerOn()
  }

  /// Sends an APDU in hexadecimal digits; the answer likewise, status word at the end.
  @discardableResult func send(_ hex: String) throws -> String { try card.respond([UInt8](hex: hex)).hex }

  /// Sends an APDU and fetches what waits for GET RESPONSE.
  @discardableResult func sendAll(_ hex: String) throws -> String {
    var answer = try send(hex)
    var data = ""
    while answer.dropLast(2).hasSuffix("61") {
      data += answer.dropLast(4)
      answer = try send("00C00000" + answer.suffix(2))
    }
    return data + answer
  }

  /// Selects by path from the MF, wanting no data.
  @discardableResult func select(_ path: String) throws -> String {
    try send("00A4080C" + [UInt8(path.utf8.count / 2)].hex + path)
  }
}

/// The file system of the sample card.
enum SampleFiles {
  /// EF.ARR's records: their numbers are used below.
  static let rules = [
    "8001 01 90 00 8001 02 A406 83010A 950108 8001 18 A406 83010A 950108",  // 1 read always, update ADM
    "8001 03 A406 830101 950108 8401 32 A406 830101 950108",  // 2 PIN1, INCREASE too
    "8001 01 A406 830101 950108 8001 02 A406 830181 950108",  // 3 read PIN1, update PIN2
    "8001 01 A0 10 A406 830101 950108 A406 83010A 950108 8001 02 97 00",  // 4 PIN1 or ADM1, update never
    "8001 03 AF 10 A406 830101 950108 A406 83010A 950108",  // 5 PIN1 and ADM1
    "8001 1B 90 00 8401 32 90 00",  // 6 all always
  ]

  static func image() throws -> FileSystemImage { try builder().build() }

  static func builder() throws -> FileSystemBuilder {
    var files = FileSystemBuilder()
    let mf = try files.createMF(directory(nil, rule: 1, pins: [0x01, 0x0A]))
    let length = 48
    let arr = try files.createEF(
      records(0x2F06, length: length, count: rules.count, rule: 1, shortIdentifier: 6), in: mf)
    for (index, rule) in rules.enumerated() { try files.write([UInt8](hex: rule), at: index * length, in: arr) }
    let iccid = try files.createEF(transparent(0x2FE2, size: 10, rule: 1, shortIdentifier: 2), in: mf)
    try files.write([UInt8](hex: "98001032547698103214"), in: iccid)
    let dir = try files.createEF(records(0x2F00, length: 22, count: 2, rule: 1, shortIdentifier: 30), in: mf)
    try files.write([UInt8](hex: "61124F10A0000000871002FFFFFFFF8905080000"), in: dir)
    let telecom = try files.createDF(directory(0x7F10, rule: 1, pins: [0x01]), in: mf)
    try files.createEF(records(0x6F3A, length: 30, count: 10, rule: 2), in: telecom)
    try files.createDF(directory(0x5F3A, rule: 1, pins: [0x01]), in: telecom)
    let usim = try files.createADF(
      .init(
        fileIdentifier: 0x7F01, dfName: SampleCard.usim, security: rule(1),
        pinStatus: .init([.init(0x01), .init(0x81), .init(0x0A)])))
    let imsi = try files.createEF(transparent(0x6F07, size: 9, rule: 2, shortIdentifier: 7), in: usim)
    try files.write([UInt8](hex: "080910100000000010"), in: imsi)
    try files.createEF(transparent(0x6F20, size: 300, rule: 6, shortIdentifier: nil), in: usim)
    try files.createEF(transparent(0x6F21, size: 4, rule: 3, shortIdentifier: nil), in: usim)
    try files.createEF(transparent(0x6F22, size: 4, rule: 4, shortIdentifier: nil), in: usim)
    try files.createEF(transparent(0x6F23, size: 4, rule: 5, shortIdentifier: nil), in: usim)
    try files.createEF(cyclic(0x6F39, length: 3, count: 4, rule: 6), in: usim)
    try files.createEF(berTLV(0x6F50, size: 600, rule: 6), in: usim)
    try files.createEF(.init(fileIdentifier: 0x6F3A, security: rule(2), linkPath: [0x7F10, 0x6F3A]), in: usim)
    let isim = try files.createADF(.init(fileIdentifier: 0x7F02, dfName: SampleCard.isim, security: rule(1)))
    try files.createEF(transparent(0x6F02, size: 5, rule: 3, shortIdentifier: 2), in: isim)
    files.setPIN(PINRecord(0x01, value: Array("1234".utf8), unblockingReference: 0x01), in: mf)
    files.setPUK(PUKRecord(0x01, value: Array("12345678".utf8)), in: mf)
    files.setPIN(PINRecord(0x0A, value: Array("ADMINKEY".utf8), isDisablable: false, maximumTries: 10), in: mf)
    files.setPIN(PINRecord(0x11, value: Array("9999".utf8)), in: mf)
    files.setPIN(PINRecord(0x81, value: Array("5678".utf8), isDisablable: false), in: usim)
    files.setPIN(PINRecord(0x81, value: Array("8765".utf8)), in: isim)
    return files
  }

  static func rule(_ record: UInt8) -> SecurityAttributes { .referenced(.init(file: 0x2F06, record: record)) }

  static func directory(_ identifier: FileIdentifier?, rule: UInt8, pins: [PINReference]) -> FileControlParameters {
    .init(
      fileIdentifier: identifier, security: self.rule(rule), pinStatus: PINStatusTemplate(pins.map { .init($0) }))
  }

  static func transparent(
    _ identifier: FileIdentifier, size: Int, rule: UInt8, shortIdentifier: UInt8?
  ) -> FileControlParameters {
    .init(
      descriptor: .init(.transparent), fileIdentifier: identifier, security: self.rule(rule), fileSize: size,
      shortFileIdentifier: shortIdentifier.map { .number($0) } ?? ShortFileIdentifier.none)
  }

  static func records(
    _ identifier: FileIdentifier, length: Int, count: Int, rule: UInt8, shortIdentifier: UInt8? = nil
  ) -> FileControlParameters {
    .init(
      descriptor: .init(.linearFixed, recordLength: length), fileIdentifier: identifier, security: self.rule(rule),
      fileSize: length * count, shortFileIdentifier: shortIdentifier.map { .number($0) })
  }

  static func cyclic(
    _ identifier: FileIdentifier, length: Int, count: Int, rule: UInt8
  ) -> FileControlParameters {
    .init(
      descriptor: .init(.cyclic, recordLength: length), fileIdentifier: identifier,
      proprietary: .init(fillPattern: [0]), security: self.rule(rule), fileSize: length * count)
  }

  static func berTLV(_ identifier: FileIdentifier, size: Int, rule: UInt8) -> FileControlParameters {
    .init(
      descriptor: .init(.berTLV), fileIdentifier: identifier, proprietary: .init(fileDetails: 1, maximumFileSize: size),
      security: self.rule(rule), fileSize: size, shortFileIdentifier: .number(16))
  }
}
