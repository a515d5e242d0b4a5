import APDU
import AuC
import Bytes
import Identifiers
import Keys
import TLV
import Transport

/// A device attaches to a network: the network's challenge goes to the USIM, and the AuC's answer is compared
/// (TS 33.102 §6.3).
public struct NetworkAttachment {
  /// Why a device is not let in.
  public enum Refusal: Error, Equatable, CustomStringConvertible {
    /// The card has no USIM, or does not let it be used.
    case noUSIM(String)
    /// The USIM takes the network for a false one (9862).
    case networkNotAuthentic
    /// The USIM's answer is not the one that the AuC expects.
    case wrongResponse
    /// The USIM answered with another status word, or something that is no answer.
    case card(StatusWord)

    public var description: String {
      switch self {
      case .noUSIM(let why): "the card has no usable USIM: \(why)"
      case .networkNotAuthentic: "the USIM takes the network for a false one: card and AuC have different keys"
      case .wrongResponse: "the USIM's response is wrong: card and AuC have different keys"
      case .card(let status): "the USIM answered \(status)"
      }
    }
  }

  /// How it went.
  public struct Outcome: Sendable {
    /// Who was let in, as the USIM says.
    public let imsi: IMSI
    /// Whether the sequence number had to be resynchronised (AUTS).
    public let resynchronised: Bool
  }

  private let channel: TerminalChannel

  /// A device with the card on `link`, which is reset.
  public init(_ link: any CardLink) throws {
    _ = try link.reset()
    channel = TerminalChannel(link)
  }

  /// Verifies PIN 1 if it is given, then authenticates against `auc`, for which the network's node is `node`.
  public func run(pin: String? = nil, auc: AuC.Desk, node: String, now: Instant, random: any RandomSource) throws
    -> Outcome
  {
    try selectUSIM()
    if let pin { try verify(pin) }
    let imsi = try readIMSI()
    var vectors = try auc.quintuplets(for: imsi, by: node, now: now, random: random)
    var resynchronised = false
    while let vector = vectors.popLast() {
      // TS 31.102 §7.1.2: 3G security context, RAND and AUTN each behind its length.
      let autn = vector.autn.bytes
      let challenge = [UInt8(vector.rand.count)] + vector.rand + [UInt8(autn.count)] + autn
      let response = try channel.send(
        Command(cla: 0x00, ins: 0x88, p1: 0x00, p2: 0x81, data: challenge, le: 256))
      if response.status == .wrongMAC { throw Refusal.networkNotAuthentic }
      guard response.status.isSuccess, response.data.count >= 2 else { throw Refusal.card(response.status) }
      let value = Array(response.data.dropFirst(2).prefix(Int(response.data[1])))
      switch response.data[0] {
      case 0xDB:
        guard equalInConstantTime(value, vector.xres) else { throw Refusal.wrongResponse }
        return Outcome(imsi: imsi, resynchronised: resynchronised)
      case 0xDC where !resynchronised:
        // TS 33.102 §6.3.5: the AuC learns the USIM's sequence number, and the next vector is fresh.
        guard let auts = ResynchronisationToken(bytes: value) else { throw Refusal.card(response.status) }
        vectors = try auc.resynchronise(
          imsi, rand: vector.rand, auts: auts, by: node, now: now, random: random)
        resynchronised = true
      default: throw Refusal.card(response.status)
      }
    }
    throw Refusal.wrongResponse
  }

  /// EF.DIR names the applications (ETSI TS 102 221 §13.1); bytes 6 and 7 of the USIM's AID are 1002.
  private func selectUSIM() throws {
    _ = try channel.send(Command(cla: 0x00, ins: 0xA4, p1: 0x08, p2: 0x04, data: [0x2F, 0x00]))
    for number in 1...UInt8(8) {
      let record = try channel.send(Command(cla: 0x00, ins: 0xB2, p1: number, p2: 0x04, le: 256))
      guard record.status.isSuccess else { break }
      var reader = TLVReader(record.data)
      guard let template = try? reader.element(0x61),
        let aid = try? template.children().first(where: { $0.tag == 0x4F }),
        Array(aid.content.dropFirst(5).prefix(2)) == [0x10, 0x02]
      else { continue }
      let selected = try channel.send(Command(cla: 0x00, ins: 0xA4, p1: 0x04, p2: 0x04, data: Array(aid.content)))
      guard selected.status.isSuccess else { throw Refusal.card(selected.status) }
      return
    }
    throw Refusal.noUSIM("EF.DIR names none; is a profile enabled?")
  }

  private func verify(_ pin: String) throws {
    let digits = Array(pin.utf8)
    let padded = digits + [UInt8](repeating: 0xFF, count: max(0, 8 - digits.count))
    let answer = try channel.send(Command(cla: 0x00, ins: 0x20, p1: 0x00, p2: 0x01, data: padded))
    // 6984: the PIN is disabled, and nothing has to be verified.
    guard answer.status.isSuccess || answer.status == .referencedDataInvalidated else {
      throw Refusal.card(answer.status)
    }
  }

  private func readIMSI() throws -> IMSI {
    _ = try channel.send(Command(cla: 0x00, ins: 0xA4, p1: 0x00, p2: 0x04, data: [0x6F, 0x07]))
    let answer = try channel.send(Command(cla: 0x00, ins: 0xB0, p1: 0x00, p2: 0x00, le: 9))
    guard answer.status.isSuccess else { throw Refusal.card(answer.status) }
    return try IMSI(bytes: answer.data)
  }
}
