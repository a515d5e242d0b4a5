import JSON
import SGP22
import Transport

/// The network between parties, with the weather that is: it loses, doubles, delays and so reorders messages and replies.
public final class Network {
  /// What the network is like now.
  public var weather: Weather
  private let timeline: Timeline
  private var parties: [String: Party] = [:]

  private struct Party {
    let name: String
    let respond: (Message) throws -> Reply?
  }

  /// Whether a call is over for who made it.
  private final class Call { var isOver = false }

  init(_ timeline: Timeline, weather: Weather) { (self.timeline, self.weather) = (timeline, weather) }

  /// Puts the party called `name` at `host`. It answers with nil while it is down.
  public func place(_ host: String, name: String, respond: @escaping (Message) throws -> Reply?) {
    parties[host] = Party(name: name, respond: respond)
  }

  /// Sends `message` and tells `then` the first reply, or that none came within `patience`.
  public func call(
    _ message: Message, from sender: String, patience: Duration = .seconds(10),
    then: @escaping (Result<Reply, LinkError>) throws -> Void
  ) {
    let call = Call()
    func end(_ result: Result<Reply, LinkError>) throws {
      guard !call.isOver else { return }
      call.isOver = true
      try then(result)
    }
    timeline.after(patience) { try end(.failure(Self.silence)) }
    guard let party = parties[message.host] else { return }
    timeline.send(MessageLine.request(message, from: sender, to: party.name), through: weather) { [self] in
      guard let reply = try party.respond(message) else { return timeline.note("\(party.name) is down") }
      timeline.send(MessageLine.reply(reply, to: message, from: party.name, to: sender), through: weather) {
        try end(.success(reply))
      }
    }
  }

  /// The same for a sender that waits: the weather is as bad, but nothing takes time.
  func exchange(_ message: Message, from sender: String) throws -> Reply {
    guard let party = parties[message.host] else { throw Self.silence }
    let request = MessageLine.request(message, from: sender, to: party.name)
    let copies = timeline.fate(of: request, in: weather)
    var last: Reply?
    for _ in 0..<copies {
      timeline.note(request)
      last = try party.respond(message)
    }
    guard let last else { throw Self.silence }
    let reply = MessageLine.reply(last, to: message, from: party.name, to: sender)
    guard timeline.fate(of: reply, in: weather) > 0 else { throw Self.silence }
    timeline.note(reply)
    return last
  }

  private static let silence = LinkError(.broken, "no answer came in time")
}

/// A message as a line of the trace, in the specification's words: who to whom, which function, which fields. Values are
/// left out: signatures and ciphertexts are different each time.
enum MessageLine {
  static func request(_ message: Message, from sender: String, to receiver: String) -> String {
    "\(sender) → \(receiver)  \(function(message.path, at: receiver))\(fields(message.body))"
  }

  static func reply(_ reply: Reply, to message: Message, from sender: String, to receiver: String) -> String {
    "\(sender) → \(receiver)  \(function(message.path, at: sender)): \(outcome(reply))"
  }

  /// "/gsma/rsp2/es9plus/initiateAuthentication" → "ES9+.InitiateAuthentication"; SGP.22 §6.5.2: at an SM-DS it is ES11's.
  private static func function(_ path: String, at server: String) -> String {
    let parts = path.split(separator: "/")
    guard parts.count >= 2, let last = parts.last else { return path }
    var interface = parts[parts.count - 2].uppercased().replacing("PLUS", with: "+")
    if server == SimulatedSMDS.name, interface == "ES9+" { interface = "ES11" }
    return "\(interface).\(last.prefix(1).uppercased())\(last.dropFirst())"
  }

  private static func outcome(_ reply: Reply) -> String {
    guard reply.status == 200 else { return "\(reply.status)" }
    let answer: Result<NoFields, Refusal>? = try? JSONBinding.decodeAnswer(from: reply.body)
    guard case .failure(let refusal)? = answer else { return "executed\(fields(reply.body))" }
    return "refused \(refusal.subjectCode)/\(refusal.reasonCode)"
  }

  private static func fields(_ body: [UInt8]) -> String {
    let names = (try? JSONReader.object(body))?.members.map(\.name).filter { $0 != "header" } ?? []
    return names.isEmpty ? "" : " (\(names.joined(separator: ", ")))"
  }
}
