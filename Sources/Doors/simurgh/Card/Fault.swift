import APDU
import ArgumentParser
import Bytes
import SGP22
import SecureElement
import TLV
import Transport
import World

/// A fault that is injected on demand, so that an LPA can be tested against it.
///
/// | Fault | What happens |
/// |---|---|
/// | `power-cut:N` | power goes in the middle of the card's Nth durable write from now |
/// | `power-cut-after:N` | power goes when the Nth durable write is done and before the card answers |
/// | `cut-package:N` | power goes when the Nth piece of a bound profile package comes in |
/// | `lost-answer:N` | the card does what the Nth command says, and its answer is lost |
/// | `memory-full` | the card has room for its own records, and not for a profile |
/// | `wrong-response` | one bit is flipped in each RES and SRES with which the card answers a network |
enum Fault: ExpressibleByArgument, Equatable {
  case powerCut(write: Int)
  case powerCutAfter(write: Int)
  case cutPackage(piece: Int)
  case lostAnswer(command: Int)
  case memoryFull
  case wrongResponse

  /// Bytes that are left where the memory is full.
  static let scarceMemory = 4096

  init?(argument: String) {
    let parts = argument.split(separator: ":", maxSplits: 1)
    let number = parts.count == 2 ? Int(parts[1]).flatMap { $0 > 0 ? $0 : nil } : nil
    if let fault = ["memory-full": Fault.memoryFull, "wrong-response": .wrongResponse][argument] {
      self = fault
      return
    }
    switch (parts.first, number) {
    case ("power-cut", let number?): self = .powerCut(write: number)
    case ("power-cut-after", let number?): self = .powerCutAfter(write: number)
    case ("cut-package", let number?): self = .cutPackage(piece: number)
    case ("lost-answer", let number?): self = .lostAnswer(command: number)
    default: return nil
    }
  }

  static var allValueStrings: [String] {
    ["power-cut:N", "power-cut-after:N", "cut-package:N", "lost-answer:N", "memory-full", "wrong-response"]
  }

  /// The log of a card with the faults that concern its memory.
  static func storage(_ faults: [Fault], over log: any LogStorage) -> any LogStorage {
    let cutting = PowerCutLog(log)
    for fault in faults {
      switch fault {
      case .powerCut(let write): cutting.cut(atWrite: write, .afterBytes(8))
      case .powerCutAfter(let write): cutting.cut(atWrite: write, .afterWrite)
      case .cutPackage, .lostAnswer, .memoryFull, .wrongResponse: continue
      }
    }
    return cutting
  }
}

/// A card with the faults that concern its line, and a log of what passes.
final class FaultyCard: CardSide {
  private let card: any CardSide
  private let link: Recorder?
  private var faults: [Fault]
  private var commands = 0
  private var pieces = 0
  /// Whether the answer to AUTHENTICATE is still to come.
  private var isAuthenticating = false

  init(_ card: any CardSide, faults: [Fault], sink: (any EventSink)?) {
    (self.card, self.faults) = (card, faults)
    link = sink.map { Recorder(sink: $0) }
  }

  func powerOn() -> [UInt8] { card.powerOn() }
  func powerOff() { card.powerOff() }
  func reset() -> [UInt8] { card.reset() }

  func respond(_ apdu: [UInt8]) -> [UInt8] {
    commands += 1
    if let command = try? Command(bytes: apdu), command.ins == 0xE2, command.p2 == 0, isPiece(command.data) {
      pieces += 1
      if take(.cutPackage(piece: pieces)) {
        card.powerOff()
        return []
      }
    }
    var answer = link.map { $0.respond(apdu, card) } ?? card.respond(apdu)
    if faults.contains(.wrongResponse) { spoilResponse(to: apdu, &answer) }
    return take(.lostAnswer(command: commands)) ? [] : answer
  }

  /// TS 31.102 §7.1.2: RES stands behind DB and its length, and the length of SRES begins the answer in a GSM context; GET
  /// RESPONSE fetches what 61xx announces.
  private func spoilResponse(to apdu: [UInt8], _ answer: inout [UInt8]) {
    if apdu.count > 1 { isAuthenticating = apdu[1] == 0x88 || isAuthenticating && apdu[1] == 0xC0 }
    guard isAuthenticating, answer.count > 4, let place = [0xDB: 2, 0x04: 1][answer[0]] else { return }
    answer[place] ^= 1
  }

  /// Whether the data begin a piece of a bound profile package.
  private func isPiece(_ data: [UInt8]) -> Bool {
    guard let first = data.first else { return false }
    return data.starts(with: [0xBF, 0x36]) || [0xA0, 0xA1, 0xA2, 0xA3, 0x86, 0x87, 0x88].contains(first)
  }

  /// Whether `fault` is to happen; once.
  private func take(_ fault: Fault) -> Bool {
    guard let index = faults.firstIndex(of: fault) else { return false }
    faults.remove(at: index)
    return true
  }

  /// Tells a sink what passes the card.
  private final class Recorder {
    private let side = Side()
    private let recorder: CardRecorder

    init(sink: any EventSink) { recorder = CardRecorder(side, sink: sink, names: MessageNames.all) }

    func respond(_ apdu: [UInt8], _ card: any CardSide) -> [UInt8] {
      guard let command = try? Command(bytes: apdu) else { return card.respond(apdu) }
      side.card = card
      return (try? recorder.transmit(command))?.bytes ?? []
    }

    private final class Side: CardLink {
      var card: (any CardSide)?

      func transmit(_ command: Command) throws(LinkError) -> Response {
        guard let response = Response(bytes: card?.respond(command.bytes) ?? []) else {
          throw LinkError(.broken, "the card lost power")
        }
        return response
      }

      func reset() throws(LinkError) -> [UInt8] { card?.reset() ?? [] }
    }
  }
}
