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
enum Fault: ExpressibleByArgument, Equatable {
  case powerCut(write: Int)
  case powerCutAfter(write: Int)
  case cutPackage(piece: Int)
  case lostAnswer(command: Int)
  case memoryFull

  /// Bytes that are left where the memory is full.
  static let scarceMemory = 4096

  init?(argument: String) {
    let parts = argument.split(separator: ":", maxSplits: 1)
    let number = parts.count == 2 ? Int(parts[1]).flatMap { $0 > 0 ? $0 : nil } : nil
    if argument == "memory-full" {
      self = .memoryFull
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
    ["power-cut:N", "power-cut-after:N", "cut-package:N", "lost-answer:N", "memory-full"]
  }

  /// The log of a card with the faults that concern its memory.
  static func storage(_ faults: [Fault], over log: any LogStorage) -> any LogStorage {
    let cutting = PowerCutLog(log)
    for fault in faults {
      switch fault {
      case .powerCut(let write): cutting.cut(atWrite: write, .afterBytes(8))
      case .powerCutAfter(let write): cutting.cut(atWrite: write, .afterWrite)
      case .cutPackage, .lostAnswer, .memoryFull: continue
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
    let answer = link.map { $0.respond(apdu, card) } ?? card.respond(apdu)
    return take(.lostAnswer(command: commands)) ? [] : answer
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
