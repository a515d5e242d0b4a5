import APDU
import Bytes
import GlobalPlatform
import Identifiers
import Keys
import SecureChannel
import SecureElement
import SecurityDomains
import TestSupport
import Testing

/// A card with GlobalPlatform on it, and the way of a host to talk to it.
final class ManagedCard {
  static let issuer: [UInt8] = [0x89, 0x49]
  static let number: [UInt8] = [0x00, 0x01, 0x02, 0x03]
  /// The master key of the card's vault.
  static let masterKey = Secret([UInt8](repeating: 1, count: 32))
  static let domain = Personalisation.usualIssuerDomain

  /// Key sets whose keys begin with `first`.
  static func keys(_ first: UInt8 = 0x40, length: Int = 16) throws -> SCP03.Keys {
    func key(_ offset: UInt8) -> Secret { Secret((0..<length).map { first &+ offset &+ UInt8($0) }) }
    return try SCP03.Keys(enc: key(0), mac: key(1), dek: key(2))
  }

  let log: VolatileLog
  let cuts: PowerCutLog
  let memory: LogMemory
  let vault: KeyVault
  let card: Card
  private(set) var host: SCP03.Host?
  /// What was selected last.
  private(set) var selected = ManagedCard.domain
  var channel = 0

  init(
    _ log: VolatileLog = VolatileLog(), image: [UInt8] = ManagedCard.number, modules: [CardModule] = [],
    capacity: Int = 1 << 20, masterKey: Secret = ManagedCard.masterKey
  ) throws {
    self.log = log
    cuts = PowerCutLog(log)
    vault = try KeyVault(current: masterKey)
    memory = try LogMemory(cuts)
    if memory.map.count == 0 {
      let made = Personalisation(
        issuer: Self.issuer, card: image, diversificationData: [UInt8](repeating: 0, count: 10), keys: try Self.keys())
      try made.apply(to: memory, vault: vault, random: SystemRandomSource.shared)
    }
    var configuration = Card.Configuration()
    configuration.memoryCapacity = capacity
    let vault = vault
    card = Card(
      memory: memory, applications: [{ GlobalPlatformApplication(vault: vault, modules: modules) }],
      random: SystemRandomSource.shared, configuration: configuration)
    _ = card.powerOn()
  }

  /// Sends bytes as they are, and fetches what waits.
  func raw(_ bytes: [UInt8]) throws -> Response {
    guard var response = Response(bytes: card.respond(bytes)) else { throw NoPower() }
    var data: [UInt8] = []
    while response.status.rawValue >> 8 == 0x61 {
      data += response.data
      let more = Command(cla: 0, ins: 0xC0, p1: 0, p2: 0, le: Int(response.status.rawValue & 0xFF)).on(channel: channel)
      response = try #require(Response(bytes: card.respond(more.bytes)))
    }
    return Response(data + response.data, response.status)
  }

  func raw(_ hex: String) throws -> Response { try raw([UInt8](hex: hex)) }

  /// Sends a command in the session, where there is one.
  @discardableResult func send(_ command: Command) throws -> Response {
    let command = command.on(channel: channel)
    guard var host else { return try raw(command.bytes) }
    let wrapped = try host.wrap(command)
    self.host = host
    let answer = try raw(wrapped.bytes)
    host = try #require(self.host)
    let plain = try host.unwrap(answer)
    self.host = host
    return plain
  }

  @discardableResult func select(_ aid: AID) throws -> Response {
    (host, selected) = (nil, aid)
    return try raw(Command(cla: 0, ins: 0xA4, p1: 4, p2: 0, data: aid.bytes, le: 256).on(channel: channel).bytes)
  }

  /// Selects a domain and opens a session with it.
  func open(
    _ aid: AID = ManagedCard.domain, keys: SCP03.Keys? = nil, version: UInt8 = 0,
    level: SCP03.SecurityLevel = .full, isSelecting: Bool = true
  ) throws {
    if isSelecting { #expect(try select(aid).status == .ok) }
    let challenge = SystemRandomSource.shared.bytes(8)
    var host = SCP03.Host(keys: try keys ?? Self.keys(), challenge: challenge)
    let update = SCP03.Host.initializeUpdate(challenge: challenge, keyVersion: version)
    let answer = try raw(update.on(channel: channel).bytes)
    try #require(answer.status == .ok)
    let command = try host.externalAuthenticate(answer.data, level: level)
    try #require(try raw(command.on(channel: channel).bytes).status == .ok)
    self.host = host
  }

  func close() { host = nil }

  /// Goes on with a session that another channel's took the place of.
  func resume(_ host: SCP03.Host?) { self.host = host }

  /// What the registry tells in one part.
  func registry(_ part: Registry.Part) throws -> [Registry.Entry] {
    var (entries, isNext): ([Registry.Entry], Bool) = ([], false)
    while true {
      let answer = try send(Registry.status(of: part, isNext: isNext))
      if answer.status == .referencedDataNotFound { return [] }
      try #require(answer.status == .ok || answer.status == 0x6310)
      entries += try Registry.entries(answer.data)
      guard answer.status == 0x6310 else { return entries }
      isNext = true
    }
  }

  // MARK: Content

  static func package(_ version: UInt16 = 1, content: [UInt8] = Array("hello".utf8)) -> DataPackage {
    DataPackage(
      module: ContentNames.module, version: version,
      files: [
        .init(0x6F01, shortIdentifier: 1, content: content),
        .init(0x6F02, accessRule: [0x80, 0x01, 0x03, 0x90, 0x00], content: [0, 0, 0, 0]),
        .init(0x6F03, accessRule: [0x80, 0x01, 0x01, 0x97, 0x00], content: [1]),
      ])
  }

  /// INSTALL [for load] and all LOADs; the first answer that is no success, or the last.
  func load(
    _ file: LoadFile, as aid: AID = ContentNames.file, domain: AID? = nil, hash: [UInt8]? = nil,
    signing: (Install) throws -> [UInt8] = { _ in [] }, parameters: ContentParameters = ContentParameters()
  ) throws -> Response {
    let install = Install(
      .load(file: aid, domain: domain, hash: hash ?? sha256(file.dataBlock)), parameters: parameters)
    var answer = try send(install.command(token: signing(install)))
    for command in file.commands() {
      guard answer.status == .ok else { return answer }
      answer = try send(command)
    }
    return answer
  }

  func install(_ privileges: Privileges, as aid: AID, quota: Int? = nil) throws -> Response {
    var parameters = ContentParameters()
    parameters.quota = quota
    return try send(
      Install(
        .install(file: nil, module: nil, application: aid, privileges: privileges, isSelectable: true),
        parameters: parameters
      ).command())
  }

  func installPackage(
    _ aid: AID = ContentNames.application, of file: AID = ContentNames.file,
    signing: (Install) throws -> [UInt8] = { _ in [] }, parameters: ContentParameters = ContentParameters()
  ) throws -> Response {
    let install = Install(
      .install(file: file, module: ContentNames.module, application: aid, privileges: [], isSelectable: true),
      parameters: parameters)
    return try send(install.command(token: signing(install)))
  }

  /// PUT KEY of a point.
  func put(_ key: PublicKey, _ place: (version: UInt8, identifier: UInt8)) throws -> Response {
    try send(
      PutKey(version: place.version, identifier: place.identifier, keys: [.init(.p256(point: key.point))]).command)
  }

  /// PUT KEY of AES keys under the DEK of `keys`.
  func put(
    _ secrets: [Secret], _ version: UInt8, from identifier: UInt8 = 1, replaces: UInt8 = 0, under keys: SCP03.Keys
  ) throws -> Response {
    let list = try secrets.map { secret in
      PutKey.Key(
        .aes(length: secret.bytes.count, wrapped: try keys.wrap(secret)), checkValue: try SCP03.checkValue(of: secret))
    }
    return try send(PutKey(replaces: replaces, version: version, identifier: identifier, keys: list).command)
  }
}

/// The card lost its power, and said nothing.
struct NoPower: Error {}

enum ContentNames {
  static let file = AID(literal: "A00000066701")
  static let module = AID(literal: "A0000006670101")
  static let application = AID(literal: "A000000667010101")
  static let provider = AID(literal: "A000000667020000")
  static let other = AID(literal: "A000000667030000")
}
