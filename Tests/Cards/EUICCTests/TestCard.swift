import APDU
import Bytes
import EUICC
import Identifiers
import Keys
import SGP22
import SecureElement
import TLV
import Testing
import UICC

/// An eUICC and the device's way to talk to it.
final class TestCard {
  let memory: any CardMemory
  let card: Card
  var channel = 0

  init(
    _ personalisation: Personalisation? = nil, memory: any CardMemory = VolatileMemory(),
    random: any RandomSource = SeededRandomSource(seed: [1]), capacity: Int = 1 << 20, rehearsal: Rehearsal? = nil,
    installer: any ProfileInstaller = SampleInstaller()
  ) throws {
    self.memory = memory
    if let personalisation {
      try Manufacture.personalise(
        memory, as: personalisation, base: TestCard.image("base"), vault: TestCard.vault,
        random: SeededRandomSource(seed: [2]))
    }
    var configuration = Card.Configuration()
    configuration.memoryCapacity = capacity
    card = Card(
      memory: memory,
      applications: Manufacture.applications(
        vault: try TestCard.vault, installer: installer, rehearsal: rehearsal), random: random,
      configuration: configuration)
    try powerOn()
  }

  static var vault: KeyVault {
    get throws { try KeyVault(current: Secret([UInt8](repeating: 7, count: 32))) }
  }

  /// A file system that can be told from others by EF.ICCID.
  static func image(_ name: String, padding: Int = 0) throws -> FileSystemImage {
    var files = FileSystemBuilder()
    let mf = try files.createMF(FileControlParameters())
    var parameters = FileControlParameters()
    parameters.fileIdentifier = 0x2FE2
    parameters.descriptor = FileDescriptor(.transparent)
    parameters.fileSize = 10
    // Reading is always allowed.
    parameters.security = .expanded([0x80, 0x01, 0x01, 0x90, 0x00])
    let file = try files.createEF(parameters, in: mf)
    try files.write(Array(name.utf8.prefix(10)), in: file)
    if padding > 0 { files.attach([UInt8](repeating: 1, count: padding), as: 1) }
    return try files.build()
  }

  func powerOn() throws {
    #expect(!card.powerOn().isEmpty)
    channel = 0
    #expect(try select(.isdr).status == .ok)
  }

  func send(_ command: Command) throws -> Response {
    let bytes = card.respond(command.on(channel: channel).bytes)
    return try #require(Response(bytes: bytes))
  }

  /// Sends a command and fetches what waits.
  func transmit(_ command: Command) throws -> Response {
    var response = try send(command)
    var data = response.data
    while response.status.rawValue >> 8 == 0x61 {
      let waiting = Int(response.status.rawValue & 0xFF)
      response = try send(Command(cla: 0x00, ins: 0xC0, p1: 0, p2: 0, le: waiting == 0 ? 256 : waiting))
      data += response.data
    }
    return Response(data, response.status)
  }

  @discardableResult func select(_ aid: AID) throws -> Response {
    try transmit(Command(cla: 0x00, ins: 0xA4, p1: 0x04, p2: 0x00, data: aid.bytes))
  }

  /// STORE DATA in blocks; the last answer.
  func storeData(_ data: [UInt8], block: Int = 120) throws -> Response {
    var rest = data[...]
    var number: UInt8 = 0
    while rest.count > block {
      let response = try transmit(
        Command(cla: 0x80, ins: 0xE2, p1: 0x11, p2: number, data: Array(rest.prefix(block))))
      guard response.status == .ok else { return response }
      rest = rest.dropFirst(block)
      number &+= 1
    }
    return try transmit(Command(cla: 0x80, ins: 0xE2, p1: 0x91, p2: number, data: Array(rest)))
  }

  func call<F: CardFunction>(_ function: F.Type, _ request: F.Request) throws -> F.Response {
    let response = try storeData(request.encoded)
    guard response.status.isSuccess else { throw StatusWordError(response.status) }
    return try F.Response(encoded: response.data)
  }

  // MARK: What a device asks often

  func challenge() throws -> [UInt8] { try call(ES10b.GetEUICCChallenge.self, .init()).euiccChallenge }

  func profiles() throws -> [ProfileInfo] {
    guard case .ok(let profiles) = try call(ES10c.GetProfilesInfo.self, .init()) else { return [] }
    return profiles
  }

  func notifications() throws -> [NotificationMetadata] {
    guard case .ok(let list) = try call(ES10b.ListNotification.self, .init()) else { return [] }
    return list
  }

  func retrieve() throws -> [PendingNotification] {
    guard case .ok(let list) = try call(ES10b.RetrieveNotificationsList.self, .init()) else { return [] }
    return list
  }

  /// EF.ICCID of the visible file system, as text.
  func visibleName() throws -> String {
    let former = channel
    defer { channel = former }
    channel = 0
    _ = try send(Command(cla: 0, ins: 0xA4, p1: 0x08, p2: 0x0C, data: [0x2F, 0xE2]))
    let response = try send(Command(cla: 0, ins: 0xB0, p1: 0, p2: 0, le: 10))
    try select(.isdr)
    return String(decoding: response.data.prefix { $0 != 0xFF }, as: UTF8.self)
  }
}

/// Packages of the tests: 5A the ICCID, then optionally 80 (test keys only), 81 bytes that take memory, 82 an element
/// that cannot be processed.
struct SampleInstaller: ProfileInstaller {
  static func package(_ iccid: ICCID, testKeys: Bool = false, padding: Int = 0, isBad: Bool = false) -> [UInt8] {
    var writer = TLVWriter()
    writer.write(0x5A, bytes: iccid.bytes)
    if testKeys { writer.write(0x80, Null()) }
    if padding > 0 { writer.write(0x81, bytes: [UInt8](repeating: 0xAA, count: padding)) }
    if isBad { writer.write(0x82, Null()) }
    return writer.bytes
  }

  func interpret(_ package: [UInt8]) throws(ProfileInstallationFailure) -> InterpretedProfile {
    do {
      var reader = TLVReader(package)
      let iccid: ICCID = try reader.read(0x5A)
      let testKeys = try reader.elementIfPresent(0x80) != nil
      let padding = try reader.elementIfPresent(0x81)?.content.count ?? 0
      guard reader.isAtEnd else { throw TLVError.trailing }
      return InterpretedProfile(
        iccid: iccid, image: try TestCard.image(String(iccid.digits.suffix(10)), padding: padding),
        simaResponse: [0x30, 0x02, 0xA0, 0x00], hasTestKeysOnly: testKeys)
    } catch {
      throw ProfileInstallationFailure(.installFailedDueToPEProcessingError, simaResponse: [0x30, 0x00])
    }
  }
}
