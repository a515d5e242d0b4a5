import APDU
import Bytes
import Identifiers
import SGP22
import TLV
import Testing
import Transport

import LPA

/// An eUICC that says what the recorded one said, over APDUs: blocks of STORE DATA, answers in pieces by 61xx.
final class RecordedCard: CardLink {
  private let recording: Recording
  private var object: [UInt8] = []
  private var answer: [UInt8] = []
  private var loaded: [UInt8] = []
  /// Data objects that came whole, in order.
  private(set) var objects: [[UInt8]] = []
  /// The longest block that came.
  private(set) var longestBlock = 0
  /// Answers that replace the recorded ones, by tag; each is used once.
  var answers: [TLVTag: [[UInt8]]] = [:]
  /// How the installation ends.
  var result: [UInt8] = []
  /// The link breaks at the data object with this tag.
  var breaksAt: TLVTag?

  init(_ recording: Recording) { self.recording = recording }

  /// Forgets the pieces of a package that came so far.
  func startAnew() { loaded = [] }

  /// The tags of the data objects that came.
  var tags: [TLVTag] { objects.compactMap { TLVReader($0).nextTag } }

  func reset() throws(LinkError) -> [UInt8] { [0x3B, 0x00] }

  func transmit(_ command: Command) throws(LinkError) -> Response {
    switch command.ins {
    case 0xAA: return Response()
    case 0x70: return Response(command.p1 == 0 ? [1] : [])
    case 0xA4: return Response([], command.data == ISDR.aid.bytes ? .ok : .fileNotFound)
    case 0xC0:
      let piece = Array(answer.prefix(command.le ?? 0))
      answer.removeFirst(piece.count)
      return Response(piece, answer.isEmpty ? .ok : .more(answer.count))
    case 0xE2 where command.channel == 1: return try storeData(command)
    default: return Response([], .instructionNotSupported)
    }
  }

  private func storeData(_ command: Command) throws(LinkError) -> Response {
    longestBlock = max(longestBlock, command.data.count)
    if command.p2 == 0 { object = [] }
    object += command.data
    guard command.p1 == 0x91 else { return Response([], command.p1 == 0x11 ? .ok : .wrongP1P2) }
    let whole = object
    let tag = TLVReader(whole).nextTag
    if let breaksAt, tag == breaksAt { throw LinkError(.broken, "the card was taken out") }
    objects.append(whole)
    do { answer = try respond(whole, tag) } catch { return Response([], .wrongData) }
    return answer.isEmpty ? Response() : Response([], .more(answer.count))
  }

  private func respond(_ object: [UInt8], _ tag: TLVTag?) throws -> [UInt8] {
    if let tag, let next = answers[tag]?.first {
      answers[tag]?.removeFirst()
      return next
    }
    switch tag {
    case 0xBF36, 0x86, 0x87, 0x88, 0xA0, 0xA1, 0xA2, 0xA3:
      loaded += object
      return loaded == (try recording.bytes(2, "boundProfilePackage")) ? result : []
    default:
      guard case .card(let bytes) = try recording.card(object) else { return [] }
      return bytes
    }
  }
}

/// Servers that say what the recorded one said, and fail as told.
final class RecordedServer: ServerLink {
  private let recording: Recording
  /// Requests that came, in order.
  private(set) var requests: [Message] = []
  /// What becomes of the requests of a path, one after the other; then the recorded answer.
  var fates: [String: [Fate]] = [:]

  enum Fate {
    /// Nobody answers.
    case lost(LinkError.Kind)
    /// An answer with another status.
    case status(Int)
    /// An answer with this body.
    case body([UInt8])
  }

  init(_ recording: Recording) { self.recording = recording }

  /// The last parts of the paths that were asked.
  var functions: [String] { requests.compactMap { $0.path.split(separator: "/").last.map(String.init) } }

  func exchange(_ message: Message) throws(LinkError) -> Reply {
    requests.append(message)
    let function = message.path.split(separator: "/").last.map(String.init) ?? ""
    if let fate = fates[function]?.first {
      fates[function]?.removeFirst()
      switch fate {
      case .lost(let kind): throw LinkError(kind, "lost")
      case .status(let status): return Reply(status: status)
      case .body(let body): return Reply(body: body)
      }
    }
    if function == "cancelSession" {
      return Reply(body: JSONBinding.encode(Result<NoFields, Refusal>.success(NoFields())))
    }
    let index = recording.calls.firstIndex { $0.path == message.path }
    guard let index, case .server(let status, let body)? = try? recording.answer(index) else {
      return Reply(status: 404)
    }
    return Reply(status: status, body: body)
  }
}

/// A person who decides as told, and remembers what was shown.
final class ScriptedPerson: Person {
  var decision = Decision.accept(confirmationCode: nil)
  private(set) var questions: [Question] = []
  private(set) var shown: [LPA.Progress] = []

  func decide(_ question: Question) -> Decision {
    questions.append(question)
    return decision
  }

  func see(_ progress: LPA.Progress) { shown.append(progress) }
}
