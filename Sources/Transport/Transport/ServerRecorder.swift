import Bytes
import JSON
import TLV

/// A server link that tells a sink, decoded, what passes.
public final class ServerRecorder: ServerLink {
  private let link: any ServerLink
  private let sink: any EventSink
  private let text: MessageText

  /// Records what passes over `link`; `names` are those of TLVs in base 64.
  public init(_ link: any ServerLink, sink: any EventSink, names: [TLVTag: String] = [:]) {
    (self.link, self.sink, text) = (link, sink, MessageText(names: names))
  }

  public func exchange(_ message: Message) throws(LinkError) -> Reply {
    sink.take(text.event(message, peer: message.host, .sent))
    let reply: Reply
    do {
      reply = try link.exchange(message)
    } catch {
      sink.take(
        LinkEvent(
          peer: message.host, direction: .received, name: "no answer", text: error.sentence, bytes: []))
      throw error
    }
    sink.take(text.event(reply, to: message, peer: message.host, .received))
    return reply
  }
}

/// A handler that tells `sink` what it takes and what it answers; `peer` is what the clients are called.
public func recording(
  _ handler: @escaping MessageHandler, peer: String, sink: any EventSink, names: [TLVTag: String] = [:]
) -> MessageHandler {
  let text = MessageText(names: names)
  return { message in
    sink.take(text.event(message, peer: peer, .received))
    let reply = await handler(message)
    sink.take(text.event(reply, to: message, peer: peer, .sent))
    return reply
  }
}

/// HTTP messages as text: JSON with a line for each member, TLVs in base 64 as trees.
struct MessageText: Sendable {
  private let tlv: TLVText

  init(names: [TLVTag: String]) { tlv = TLVText(names: names) }

  func event(_ message: Message, peer: String, _ direction: LinkEvent.Direction) -> LinkEvent {
    let (body, correlation) = read(message.body)
    return LinkEvent(
      peer: peer, direction: direction, name: name(message), correlation: correlation,
      text: "\(message.method) \(message.path)\n\(body)", bytes: message.body)
  }

  func event(_ reply: Reply, to message: Message, peer: String, _ direction: LinkEvent.Direction) -> LinkEvent {
    let (body, correlation) = read(reply.body)
    return LinkEvent(
      peer: peer, direction: direction, name: name(message), correlation: correlation,
      text: "HTTP \(reply.status)\n\(body)", bytes: reply.body)
  }

  /// "/gsma/rsp2/es9plus/initiateAuthentication" → "ES9PLUS initiateAuthentication".
  private func name(_ message: Message) -> String {
    let parts = message.path.split(separator: "/")
    guard parts.count >= 2 else { return message.path }
    return "\(parts[parts.count - 2].uppercased()) \(parts[parts.count - 1])"
  }

  private func read(_ body: [UInt8]) -> (text: String, correlation: String) {
    guard !body.isEmpty else { return ("", "") }
    guard case .object(let object)? = try? JSONReader.value(body) else { return (tlv.tree(body), "") }
    var lines: [String] = []
    for member in object.members { append(member.name, member.value, indent: 0, to: &lines) }
    let transaction: String = if case .string(let text)? = object["transactionId"] { text } else { "" }
    return (lines.joined(separator: "\n"), transaction)
  }

  private func append(_ name: String, _ value: JSONValue, indent: Int, to lines: inout [String]) {
    let space = String(repeating: "  ", count: indent)
    switch value {
    case .object(let object):
      lines.append("\(space)\(name)")
      for member in object.members { append(member.name, member.value, indent: indent + 1, to: &lines) }
    case .array(let items):
      for (index, item) in items.enumerated() { append("\(name)[\(index)]", item, indent: indent, to: &lines) }
    case .string(let text):
      guard text.utf8.count >= 8, let bytes = Base64.decode(text), (try? TLVElement(bytes)) != nil else {
        return lines.append("\(space)\(name): \(text.utf8.count > 200 ? text.prefix(200) + "…" : text[...])")
      }
      lines.append("\(space)\(name)")
      for line in tlv.tree(bytes).split(separator: "\n") { lines.append("\(space)  \(line)") }
    case .number(let text): lines.append("\(space)\(name): \(text)")
    case .bool(let value): lines.append("\(space)\(name): \(value)")
    case .null: lines.append("\(space)\(name): null")
    }
  }
}
