import APDU
import Bytes
import Identifiers
import Keys
import ManagedEUICC
import ProfilePackage
import SGP02
import SecureElement
import TLV
import TestSupport
import Testing
import UICC

/// A device with the software eUICC, as short messages reach it. Answers may be lost.
final class ManagedDevice {
  let personalisation: Personalisation
  let iccid: ICCID
  private let card: Card
  /// Answers of this many packets are lost from now on; the packets themselves arrive.
  var losing = 0
  private var reference: UInt8 = 0
  private let memory = VolatileMemory()

  /// A new eUICC of the circle's maker, for SM-SRs that `issuer` certifies.
  init(_ circle: TestCircle, issuer: PublicKey) throws {
    let random = SeededRandomSource(seed: Array("device".utf8))
    let eid = try EID("89049032123451234512345678901235")
    func certified(_ role: PartyCertificate.Role) throws -> (key: PrivateKey, certificate: PartyCertificate) {
      let key = PrivateKey(.p256, random: random)
      return (
        key,
        try PartyCertificate(
          role, serialNumber: [1], issuer: [2], subject: eid.bytes, effective: "20260101", expiration: "20360101",
          key: key.publicKey, signedBy: circle.eum.key)
      )
    }
    iccid = try ICCID("8988211000000100000")
    let person = PersonalData(
      iccid: iccid, imsi: try IMSI("001010000100000"),
      authentication: .milenage(k: Secret(random.bytes(16)), opc: Secret(random.bytes(16))))
    personalisation = Personalisation(
      eid: eid, agreement: try certified(.ecasdAgreement), signature: try certified(.ecasdSignature),
      eumCertificate: circle.eum.certificate.encoded, certificateIssuer: issuer,
      keySet: (1, (0..<3).map { _ in Secret(random.bytes(16)) }), smsrAddress: [0x91, 0x94, 0x71, 0x10],
      bootstrap: try BaseProfile.template().personalise(with: person.completed(random: random)).encoded,
      madeOn: "20260101")
    let vault = try KeyVault(current: Secret([UInt8](repeating: 9, count: 32)))
    try Manufacture.personalise(memory, as: personalisation, vault: vault, random: random)
    card = Card(memory: memory, applications: Manufacture.applications(vault: vault), random: random)
    try powerOn()
  }

  var contents: CardContents { CardContents(of: memory) }

  func powerOn() throws {
    #expect(!card.powerOn().isEmpty)
    _ = transmit(Command(cla: 0x80, ins: 0x10, p1: 0, p2: 0, data: [0xFF, 0xFF, 0xFF]))
  }

  /// The response packet to `packet`; nil where there is none, or it is lost.
  func receive(_ packet: [UInt8]) throws -> [UInt8]? {
    reference &+= 1
    let address = try #require(ShortMessageAddress("+4917000"))
    let messages = try #require(
      ShortMessage.messages(.deliver, address, UserDataHeader.commandPacket, data: packet, reference: reference))
    sent = []
    var answer: [UInt8]?
    for message in messages {
      let envelope = Envelope(
        .shortMessageDownload,
        objects: [ComprehensionTLV(0x02, [0x83, 0x81]), ComprehensionTLV(0x0B, message.encoded)])
      let data = transmit(Command(cla: 0x80, ins: 0xC2, p1: 0, p2: 0, data: envelope.encoded, le: 256))
      if data.starts(with: [0x02, 0x71, 0x00]) { answer = Array(data.dropFirst(3)) }
    }
    if losing > 0 {
      losing -= 1
      return nil
    }
    return answer ?? submitted()
  }

  private var sent: [[UInt8]] = []

  /// The response packet among the short messages that the card sent.
  private func submitted() -> [UInt8]? {
    var parts = Concatenation()
    for tpdu in sent {
      guard let message = try? ShortMessage(tpdu), let whole = parts.take(message) else { continue }
      if whole.header.elements.contains(UserDataHeader.responsePacket) { return whole.data }
    }
    return nil
  }

  /// The data of a command's answer; proactive commands are fetched and done.
  private func transmit(_ command: Command) -> [UInt8] {
    guard var response = Response(bytes: card.respond(command.bytes)) else { return [] }
    var data = response.data
    while response.status.rawValue >> 8 == 0x61, let next = answer(Self.get(0xC0, 0, response.status)) {
      data += next.data
      response = next
    }
    var status = response.status
    while status.rawValue >> 8 == 0x91, let fetched = answer(Self.get(0x12, 0x80, status)),
      let proactive = try? ProactiveCommand(encoded: fetched.data)
    {
      if let tpdu = proactive.objects.first(0x0B)?.value { sent.append(Array(tpdu)) }
      let done = TerminalResponse(to: proactive)
      guard let next = answer(Command(cla: 0x80, ins: 0x14, p1: 0, p2: 0, data: done.encoded)) else { break }
      status = next.status
    }
    return data
  }

  private func answer(_ command: Command) -> Response? { Response(bytes: card.respond(command.bytes)) }

  private static func get(_ ins: UInt8, _ cla: UInt8, _ status: StatusWord) -> Command {
    let length = Int(status.rawValue & 0xFF)
    return Command(cla: cla, ins: ins, p1: 0, p2: 0, le: length == 0 ? 256 : length)
  }
}
