import APDU
import Bytes
import Identifiers
import Keys
import ManagedEUICC
import ProfilePackage
import SGP02
import SecureChannel
import SecureElement
import TLV
import Testing
import UICC

/// The parties around a managed eUICC: certificate issuer, maker, SM-SR and SM-DP.
struct TestParties {
  let random = SeededRandomSource(seed: Array("m2m".utf8))
  let issuer: PrivateKey
  let maker: PrivateKey
  let smsr: PrivateKey
  let smdp: PrivateKey

  init() {
    (issuer, maker) = (PrivateKey(.p256, random: random), PrivateKey(.p256, random: random))
    (smsr, smdp) = (PrivateKey(.p256, random: random), PrivateKey(.p256, random: random))
  }

  static let days = (from: "20260101", to: "20301231")

  func certificate(
    _ role: PartyCertificate.Role, _ key: PublicKey, by authority: PrivateKey, subject: [UInt8] = [1],
    days: (from: String, to: String) = TestParties.days
  ) throws -> PartyCertificate {
    try PartyCertificate(
      role, serialNumber: [1], issuer: [7], subject: subject, effective: days.from, expiration: days.to, key: key,
      signedBy: authority)
  }

  static func package(_ number: Int, rules: PolicyRules = []) throws -> [UInt8] {
    let random = SeededRandomSource(seed: Array("profile \(number)".utf8))
    let person = PersonalData(
      iccid: try ICCID("8988211000000\(100_000 + number)"), imsi: try IMSI("001010000\(100_000 + number)"),
      authentication: .milenage(k: Secret(random.bytes(16)), opc: Secret(random.bytes(16))))
    let package = try BaseProfile.template().personalise(with: person.completed(random: random))
    guard !rules.isEmpty else { return package.encoded }
    var elements = package.elements
    var header = try #require(package.header)
    header.pol = rules.pol
    elements[0] = header
    return Package(elements).encoded
  }

  func personalisation(_ name: String = "card", bootstrap: Bool = true) throws -> Personalisation {
    let seed = SeededRandomSource(seed: Array(name.utf8))
    let eid = try EID(prefix: "89049032" + seed.bytes(22).map { String($0 % 10) }.joined())
    let (agreement, signature) = (PrivateKey(.p256, random: seed), PrivateKey(.p256, random: seed))
    var made = Personalisation(
      eid: eid,
      agreement: (
        agreement, try certificate(.ecasdAgreement, agreement.publicKey, by: maker, subject: eid.bytes)
      ),
      signature: (
        signature, try certificate(.ecasdSignature, signature.publicKey, by: maker, subject: eid.bytes)
      ), eumCertificate: [0x30, 0x00], certificateIssuer: issuer.publicKey,
      keySet: (1, (0..<3).map { _ in Secret(seed.bytes(16)) }), smsrAddress: [0x91, 0x94, 0x71, 0x10],
      bootstrap: bootstrap ? try TestParties.package(0) : nil, madeOn: "20260101")
    made.pin = Secret(Array("12345678".utf8))
    return made
  }
}

/// A managed eUICC with its device, and the SM-SR that has its keys.
final class TestManager {
  let parties: TestParties
  let personalisation: Personalisation
  let memory: any CardMemory
  let card: Card
  var keys: SCP80.Keys
  var counter: UInt64 = 0
  /// What the SM-SR reads: everything in clear, both ways.
  var seen: [[UInt8]] = []
  /// Short messages in either direction, and the bytes of their TPDUs.
  var traffic = (messages: 0, bytes: 0)
  /// Proactive commands that the device fetched.
  var fetched: [ProactiveCommand] = []

  init(
    _ parties: TestParties = TestParties(), _ name: String = "card", bootstrap: Bool = true,
    memory: any CardMemory = VolatileMemory()
  ) throws {
    self.parties = parties
    personalisation = try parties.personalisation(name, bootstrap: bootstrap)
    self.memory = memory
    let vault = try KeyVault(current: Secret([UInt8](repeating: 7, count: 32)))
    try Manufacture.personalise(
      memory, as: personalisation, vault: vault, random: SeededRandomSource(seed: [2]))
    card = Card(
      memory: memory, applications: Manufacture.applications(vault: vault), random: SeededRandomSource(seed: [1]))
    let set = personalisation.keySet
    keys = try SCP80.Keys(version: set.version, cipher: set.keys[0], checksum: set.keys[1])
    try powerOn()
  }

  /// The SM-SR and the card of `other`, whose secrets `vault` opens now.
  init(taking other: TestManager, vault: KeyVault) throws {
    (parties, personalisation, memory) = (other.parties, other.personalisation, other.memory)
    (keys, counter) = (other.keys, other.counter)
    card = Card(
      memory: memory, applications: Manufacture.applications(vault: vault), random: SeededRandomSource(seed: [3]))
    try powerOn()
  }

  func powerOn() throws {
    #expect(!card.powerOn().isEmpty)
    fetched = []
    _ = try send(Command(cla: 0x80, ins: 0x10, p1: 0, p2: 0, data: [0xFF, 0xFF, 0xFF]))
  }

  /// Sends a command, fetches what waits, and does the proactive commands; nil where power went.
  func transmit(_ command: Command) -> Response? {
    guard var response = Response(bytes: card.respond(command.bytes)) else { return nil }
    var data = response.data
    while response.status.rawValue >> 8 == 0x61 {
      let waiting = Int(response.status.rawValue & 0xFF)
      guard
        let next = Response(
          bytes: card.respond(Command(cla: 0, ins: 0xC0, p1: 0, p2: 0, le: waiting == 0 ? 256 : waiting).bytes))
      else { return nil }
      response = next
      data += next.data
    }
    var status = response.status
    while status.rawValue >> 8 == 0x91 {
      let length = Int(status.rawValue & 0xFF)
      guard
        let fetch = Response(
          bytes: card.respond(Command(cla: 0x80, ins: 0x12, p1: 0, p2: 0, le: length == 0 ? 256 : length).bytes)),
        let proactive = try? ProactiveCommand(encoded: fetch.data)
      else { return nil }
      fetched.append(proactive)
      if let tpdu = proactive.objects.first(0x0B)?.value, let message = try? ShortMessage(tpdu) { count([message]) }
      let answer = TerminalResponse(to: proactive)
      guard
        let next = Response(
          bytes: card.respond(Command(cla: 0x80, ins: 0x14, p1: 0, p2: 0, data: answer.encoded).bytes))
      else { return nil }
      status = next.status
    }
    return Response(data, status)
  }

  func send(_ command: Command) throws -> Response { try #require(transmit(command)) }

  private func count(_ messages: [ShortMessage]) {
    traffic.messages += messages.count
    traffic.bytes += messages.reduce(0) { $0 + $1.encoded.count }
  }

  // MARK: Packets

  var isdr: SCP80.TAR { get throws { try #require(SCP80.TAR(SecurityDomains.tar(of: SecurityDomains.isdr))) } }
  static let address = ShortMessageAddress("+4917000")

  /// The next packet with `data`.
  func packet(
    _ data: [UInt8], to tar: SCP80.TAR? = nil, security: SCP80.SecurityParameters = .full
  ) throws -> [UInt8] {
    counter += 1
    let number = try #require(SCP80.Counter(counter))
    let tar = try tar ?? isdr
    return try SCP80.CommandPacket(data, to: tar, counter: number, security: security).secured(with: keys)
  }

  /// Hands a packet to the device in short messages; the proof of receipt from wherever it comes, nil where none does.
  func deliver(_ packet: [UInt8]) throws -> [UInt8]? {
    let address = try #require(Self.address)
    let messages = try #require(
      ShortMessage.messages(
        .deliver, address, UserDataHeader.commandPacket, data: packet, reference: UInt8(counter & 0xFF)))
    let before = fetched.count
    var answer: [UInt8]?
    count(messages)
    for message in messages {
      let envelope = Envelope(
        .shortMessageDownload,
        objects: [ComprehensionTLV(0x02, [0x83, 0x81]), ComprehensionTLV(0x0B, message.encoded)])
      guard
        let response = transmit(Command(cla: 0x80, ins: 0xC2, p1: 0, p2: 0, data: envelope.encoded, le: 256))
      else { return nil }
      if response.data.starts(with: [0x02, 0x71, 0x00]) { answer = Array(response.data.dropFirst(3)) }
    }
    return answer ?? submitted(after: before).first { $0.header.elements.contains(UserDataHeader.responsePacket) }?.data
  }

  /// The whole short messages that the card sent with the proactive commands from `index` on.
  func submitted(after index: Int = 0) -> [(header: UserDataHeader, data: [UInt8])] {
    var parts = Concatenation()
    return fetched.dropFirst(index).filter { $0.kind == .sendShortMessage }.compactMap { command in
      command.objects.first(0x0B).flatMap { try? ShortMessage($0.value) }.flatMap { parts.take($0) }
    }
  }

  /// What comes back for `data`; nil where power went.
  func exchange(_ data: [UInt8], to tar: SCP80.TAR? = nil) throws -> SCP80.ResponsePacket? {
    guard let answer = try deliver(packet(data, to: tar)) else { return nil }
    guard case .proven(let response) = try SCP80.ResponsePacket.Received(answer, keys: keys) else { return nil }
    #expect(response.counter.value == counter)
    seen += [data, response.data]
    return response
  }

  /// Nothing came back: the card has lost its power.
  struct PowerLost: Error {}

  private func wanted<Value>(_ value: Value?) throws(PowerLost) -> Value {
    guard let value else { throw PowerLost() }
    return value
  }

  /// Carries out functions in one packet.
  func call(_ functions: ES5...) throws -> [Response] {
    let response = try wanted(try exchange(CommandScript.encode(functions.map(\.command))))
    #expect(response.status == .ok)
    return try CommandScript.answers(response.data)
  }

  /// The status of one function.
  func status(_ function: ES5) throws -> StatusWord { try #require(try call(function).last).status }

  // MARK: A download

  /// Agrees on a key set with the ISD-P, or with the ISD-R where `isdp` is nil.
  func establish(
    _ isdp: AID?, version: UInt8, options: KeySetEstablishment.Template.Options = [], as key: PrivateKey? = nil,
    certificate: PartyCertificate? = nil
  ) throws -> KeySetEstablishment.KeySet {
    let role: PartyCertificate.Role = isdp == nil ? .smsr : .smdp
    let key = key ?? (isdp == nil ? parties.smsr : parties.smdp)
    let certificate = try certificate ?? parties.certificate(role, key.publicKey, by: parties.issuer)
    let first = try call(.personalise(isdp ?? SecurityDomains.isdr), .presentCertificate(certificate.encoded))
    let refused = first.first { !$0.status.isSuccess }
    if let refused { throw StatusWordError(refused.status) }
    let challenge = Array(try TLVElement(first[1].data).content)
    let oneTime = PrivateKey(.p256, random: parties.random)
    let template = KeySetEstablishment.Template(keyVersion: version, options: options)
    let request = try KeySetEstablishment(
      template, oneTimeKey: oneTime.publicKey, challenge: challenge, signedBy: key)
    let second = try call(.establishKeySet(request))
    guard second[0].status.isSuccess else { throw StatusWordError(second[0].status) }
    return try #require(
      try KeySetEstablishment.Answer(encoded: second[0].data).keySet(
        template, oneTimeKey: oneTime, ecasd: personalisation.agreement.key.publicKey, eid: personalisation.eid))
  }

  /// The SM-DP's end of SCP03t, after 84 and 85.
  func open(_ isdp: AID, _ set: KeySetEstablishment.KeySet, version: UInt8 = 0x30) throws -> SCP03t.Host {
    let keys = try SCP03.Keys(enc: set.keys[0], mac: set.keys[1], dek: set.keys[2])
    var host = SCP03t.Host(keys: keys, keyVersion: version, random: parties.random)
    let tar = try #require(SCP80.TAR(SecurityDomains.tar(of: isdp)))
    let first = try wanted(try exchange(host.initializeUpdate, to: tar)).data
    #expect(try wanted(try exchange(host.authenticate(first), to: tar)).data == [0x85, 0x00])
    return host
  }

  /// Creates an ISD-P, agrees on keys and installs a profile in it; what the card says of the package.
  @discardableResult
  func download(_ number: Int, rules: PolicyRules = []) throws -> EUICCResponse {
    let isdp = try Self.isdp(number)
    #expect(try status(.createISDP(isdp, memory: 100_000)) == .ok)
    let set = try establish(isdp, version: 0x30)
    var host = try open(isdp, set)
    return try load(TestParties.package(number, rules: rules), into: isdp, &host)
  }

  func load(_ package: [UInt8], into isdp: AID, _ host: inout SCP03t.Host) throws -> EUICCResponse {
    let tar = try #require(SCP80.TAR(SecurityDomains.tar(of: isdp)))
    var last: [UInt8] = []
    for start in stride(from: 0, to: package.count, by: BSP.Tag.profile.payloadLimit) {
      let end = min(start + BSP.Tag.profile.payloadLimit, package.count)
      let segment = try host.protect(package[start..<end], as: .profile)
      last = try host.open(try wanted(try exchange(segment, to: tar)).data)
      #expect(last.isEmpty || end == package.count)
    }
    return try EUICCResponse(encoded: last)
  }

  static func isdp(_ number: Int) throws -> AID { try #require(SecurityDomains.isdp(0x10 + number)) }

  // MARK: The device

  /// EVENT DOWNLOAD, location status.
  func network(_ status: UInt8) throws {
    let envelope = Envelope(
      .eventDownload, objects: [ComprehensionTLV(0x19, [0x03]), ComprehensionTLV(0x1B, [status])])
    #expect(try send(Command(cla: 0x80, ins: 0xC2, p1: 0, p2: 0, data: envelope.encoded)).status.isSuccess)
  }

  func timer() throws {
    let envelope = Envelope(.timerExpiration, objects: [ComprehensionTLV(0x24, [1])])
    #expect(try send(Command(cla: 0x80, ins: 0xC2, p1: 0, p2: 0, data: envelope.encoded)).status.isSuccess)
  }

  /// The notification that the card sent last.
  func notification() throws -> EUICCNotification? {
    let message = submitted().last { $0.header.elements.contains(UserDataHeader.commandPacket) }
    guard let message else { return nil }
    let packet = try SCP80.CommandPacket.Received(message.data).open(with: keys)
    #expect(packet.security == .notification)
    return try EUICCNotification(encoded: packet.data)
  }

  /// The device restarts and finds a network; the SM-SR confirms what it is told.
  func attach() throws {
    try powerOn()
    try network(0x00)
    let notification = try #require(try notification())
    #expect(try status(.confirmNotification(notification.sequenceNumber)) == .ok)
  }

  var contents: CardContents { CardContents(of: memory) }
  func states() -> [EUICCReport.ISDP.State] { contents.isdps.map(\.state) }
}
