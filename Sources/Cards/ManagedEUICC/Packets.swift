import APDU
import Bytes
import Identifiers
import Keys
import SGP02
import SecureChannel
import SecureElement
import TLV
import UICC

/// Packets that come over the air, and the proofs of receipt that go back (SGP.02 §2.4; 3GPP TS 31.115; TS 31.111 §7.1.1).
extension ISDR {
  /// The most bytes that the report of delivery carries back (TS 23.040 §9.2.2.1a less its header).
  static let reportLimit = 128

  /// SMS-PP DOWNLOAD: nil where the message is not for the ISD-R or an ISD-P, and nothing while parts are missing.
  func receive(_ envelope: Envelope, in exchange: Exchange) throws(StatusWordError) -> Response? {
    guard let tpdu = envelope.objects.first(0x0B)?.value, let message = try? ShortMessage(tpdu),
      message.direction == .deliver
    else { return nil }
    guard let whole = concatenation.take(message) else { return Response() }
    guard whole.header.elements.contains(UserDataHeader.commandPacket),
      let packet = try? SCP80.CommandPacket.Received(whole.data)
    else { return nil }
    guard packet.security.proofOfReceipt == .always else { return Response() }
    guard let (answer, isProven) = try respond(to: packet, in: exchange) else { return Response() }
    // Whoever has not shown the keys makes the card send no message: the report of delivery is all there is.
    if isProven, packet.security.proofIsSubmitted || answer.count + 3 > Self.reportLimit {
      try submit(UserDataHeader.responsePacket, answer, to: message.address, in: exchange)
      return Response()
    }
    return Response([0x02, 0x71, 0x00] + answer)
  }

  /// The response packet for a command packet, and whether it is secured; nil where none can be made.
  private func respond(
    to packet: SCP80.CommandPacket.Received, in exchange: Exchange
  ) throws(StatusWordError) -> (bytes: [UInt8], isProven: Bool)? {
    let records = CardRecords(exchange.memory)
    func refuse(_ status: SCP80.Status) -> (bytes: [UInt8], isProven: Bool)? {
      (try? SCP80.ResponsePacket(status, from: packet.tar, counter: .zero).unsecured()).map { ($0, false) }
    }
    // A packet that wants no proof of receipt is one of the eUICC's own, thrown back at it.
    guard packet.security.proofOfReceipt == .always, packet.security.proofHasChecksum, packet.security.proofIsCiphered,
      let keySet = records.keySets.first(where: { $0.version == packet.keyVersion })
    else { return refuse(.insufficientSecurity) }
    let keys = try keys(of: keySet, records)
    let command: SCP80.CommandPacket
    do {
      command = try packet.open(with: keys)
    } catch {
      return refuse(error == .wrongChecksum ? .checksumFailed : .insufficientSecurity)
    }
    func answer(_ status: SCP80.Status, _ data: [UInt8] = []) -> (bytes: [UInt8], isProven: Bool)? {
      let response = SCP80.ResponsePacket(status, data: data, from: packet.tar, counter: command.counter)
      return (try? response.secured(with: keys)).map { ($0, true) }
    }
    // TS 102 225 §5.1.4: a counter that is not higher than the last one is refused. It is durable before anything else.
    guard let last = SCP80.Counter(bytes: keySet.counter), command.counter > last else { return answer(.counterLow) }
    var advanced = keySet
    advanced.counter = command.counter.bytes
    records.write(advanced)
    try exchange.memory.commit()

    if packet.tar.bytes == SecurityDomains.tar(of: SecurityDomains.isdr) {
      guard let commands = try? CommandScript.commands(command.data) else { return answer(.securityError) }
      return answer(.ok, CommandScript.encode(try carryOut(commands, under: advanced, in: exchange)))
    }
    guard let aid = SecurityDomains.isdp(tar: packet.tar.bytes), (try? records.isdp(aid)) != nil else {
      return answer(.unknownTAR)
    }
    return answer(.ok, try load(command.data, into: aid, in: exchange))
  }

  /// TS 102 226 §5.2.1: one after the other, up to the first refusal. What a command did is durable before the next one.
  private func carryOut(_ commands: [Command], under keySet: KeySetRecord, in exchange: Exchange)
    throws(StatusWordError) -> [Response]
  {
    var answers: [Response] = []
    for command in commands {
      do throws(StatusWordError) {
        let data = try carryOut(try ES5(command), under: keySet, in: exchange)
        try exchange.memory.commit()
        answers.append(Response(data))
      } catch {
        // Where the memory fails, or power went, there is no answer at all.
        guard error.status != .memoryProblem else { throw error }
        answers.append(Response([], error.status))
        break
      }
    }
    return answers
  }

  func keys(of keySet: KeySetRecord, _ records: CardRecords) throws(StatusWordError) -> SCP80.Keys {
    let eid = try records.constants().eid
    func key(_ index: Int) throws(StatusWordError) -> Secret {
      try secret(keySet.keys[index], Place.keySet(eid, domain: "ISD-R", version: keySet.version, key: index))
    }
    do {
      return try SCP80.Keys(version: keySet.version, cipher: key(0), checksum: key(1))
    } catch { throw StatusWordError(.technicalProblem) }
  }

  /// SEND SHORT MESSAGE (TS 102 223 §6.4.10), one for each part.
  func submit(
    _ element: UserDataHeader.Element, _ data: [UInt8], to address: ShortMessageAddress, in exchange: Exchange
  ) throws(StatusWordError) {
    let reference = exchange.random.bytes(1)[0]
    guard let parts = ShortMessage.messages(.submit, address, element, data: data, reference: reference) else {
      throw StatusWordError(.notEnoughMemory)
    }
    let centre = CardRecords(exchange.memory).enabled?.connectivity?.serviceCentre
    let address = centre.map { [ComprehensionTLV(0x06, $0)] } ?? []
    for part in parts {
      exchange.push(
        ProactiveCommand(
          .sendShortMessage, destination: .network, objects: address + [ComprehensionTLV(0x0B, part.encoded)]))
    }
  }
}
