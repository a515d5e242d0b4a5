import APDU
import Bytes
import Foundation
import JSON
import Transport

/// Runs a program that speaks lpac's stdio protocol and serves it a card and, where it asks, servers.
///
/// The protocol is a JSON object a line. The program asks `{"type":"apdu","payload":{"func":…,"param":…}}` and gets
/// `{"type":"apdu","payload":{"ecode":0,"data":"…"}}`; likewise "http" with url, tx, headers and rcode, rx. Lines of
/// other types are its output.
public final class LPACStdio {
  /// A line may have this many bytes: a bound profile package in hexadecimal digits fits.
  public static let lineLimit = 16 << 20

  private let link: any CardLink
  private let servers: (any ServerLink)?
  private let output: (String) -> Void

  /// Serves the card on `link`. `servers` answers requests over "http"; `output` takes the program's other lines.
  public init(
    _ link: any CardLink, servers: (any ServerLink)? = nil, output: @escaping (String) -> Void = { print($0) }
  ) {
    (self.link, self.servers, self.output) = (link, servers, output)
  }

  /// Runs `command` (a program's path or name, then its arguments) to its end and gives its exit status. The
  /// program finds LPAC_APDU=stdio in its environment, and LPAC_HTTP=stdio where servers are served.
  public func run(_ command: [String], environment: [String: String] = [:]) throws -> Int32 {
    guard let program = command.first else { throw LinkError(.unreachable, "no program is named") }
    var variables = ProcessInfo.processInfo.environment
    guard let executable = Self.find(program, path: variables["PATH"] ?? "/usr/bin:/bin") else {
      throw LinkError(.unreachable, "there is no program \(program); give its path or put it on PATH")
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = Array(command.dropFirst())
    variables["LPAC_APDU"] = "stdio"
    if servers != nil { variables["LPAC_HTTP"] = "stdio" }
    process.environment = variables.merging(environment) { $1 }
    // A socket, not a pipe: writing to a child that has gone is then an error and not a signal that ends us.
    let (input, childsInput) = try StreamSocket.pair()
    let output = Pipe()
    process.standardInput = FileHandle(fileDescriptor: childsInput, closeOnDealloc: true)
    process.standardOutput = output
    do {
      try process.run()
    } catch {
      throw LinkError(.unreachable, "\(program) cannot be started: \(error.localizedDescription)")
    }
    process.standardInput = nil
    // However we leave, the child does not outlive us.
    defer { if process.isRunning { kill(process.processIdentifier, SIGTERM) } }
    try serve(reading: output.fileHandleForReading) { line in
      // That a child ended without reading its answer shows in its exit status.
      try? input.write(line + [0x0A])
    }
    input.shutDown()
    process.waitUntilExit()
    return process.terminationStatus
  }

  private static func find(_ program: String, path: String) -> String? {
    let places = program.contains("/") ? [program] : path.split(separator: ":").map { "\($0)/\(program)" }
    return places.first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  private func serve(reading handle: FileHandle, answer: ([UInt8]) -> Void) throws(LinkError) {
    var pending: [UInt8] = []
    var scanned = 0
    while true {
      let chunk = handle.availableData
      if chunk.isEmpty {
        if !pending.isEmpty { output(String(decoding: pending, as: UTF8.self)) }
        return
      }
      pending += chunk
      while let end = pending[scanned...].firstIndex(of: 0x0A) {
        let line = Array(pending[..<end])
        pending.removeSubrange(...end)
        scanned = 0
        if let reply = respond(line) { answer(reply) }
      }
      scanned = pending.count
      guard pending.count <= Self.lineLimit else {
        throw LinkError(.malformed, "the program's line is longer than \(Self.lineLimit) bytes")
      }
    }
  }

  /// The answer to a line; nil where it is not a question but output, which is passed on.
  package func respond(_ line: [UInt8]) -> [UInt8]? {
    guard case .object(let object)? = try? JSONReader.value(line), case .string(let type)? = object["type"],
      case .object(let payload)? = object["payload"]
    else {
      output(String(decoding: line, as: UTF8.self))
      return nil
    }
    switch (type, servers) {
    case ("apdu", _): return envelope(type, apdu(payload))
    case ("http", let servers?): return envelope(type, http(payload, servers))
    default:
      output(String(decoding: line, as: UTF8.self))
      return nil
    }
  }

  private func envelope(_ type: String, _ payload: JSONObject) -> [UInt8] {
    var object = JSONObject()
    object.set("type", type)
    object.set("payload", payload)
    return object.encoded
  }

  // MARK: The card

  private func apdu(_ payload: JSONObject) -> JSONObject {
    let function = (try? payload.text("func")) ?? ""
    let parameter = (try? payload.textIfPresent("param", atMost: .max)).flatMap { try? [UInt8](hex: $0) } ?? []
    switch function {
    case "connect": return answer((try? link.reset()) == nil ? -1 : 0)
    case "disconnect": return answer(0)
    case "logic_channel_open": return answer(openChannel(parameter))
    case "logic_channel_close":
      guard let number = parameter.first, let status = try? close(number) else { return answer(-1) }
      return answer(status.isSuccess ? 0 : -1)
    case "transmit":
      guard let command = try? Command(bytes: parameter), let response = try? link.transmit(command) else {
        return answer(-1)
      }
      return answer(0, response.bytes)
    default: return answer(-1)
    }
  }

  private func openChannel(_ aid: [UInt8]) -> Int {
    guard let opened = try? TerminalChannel(link).open(selecting: aid), opened.answer.status.isSuccess else {
      return -1
    }
    return opened.channel.number
  }

  private func close(_ number: UInt8) throws(LinkError) -> StatusWord {
    try link.transmit(Command(cla: 0x00, ins: 0x70, p1: 0x80, p2: number)).status
  }

  private func answer(_ code: Int, _ data: [UInt8]? = nil) -> JSONObject {
    var object = JSONObject()
    object["ecode"] = .number(String(code))
    object.set("data", data?.hex)
    return object
  }

  // MARK: The servers

  private func http(_ payload: JSONObject, _ servers: any ServerLink) -> JSONObject {
    guard let text = try? payload.text("url"), let url = URLComponents(string: text), let host = url.host,
      let hex = try? payload.text("tx", atMost: .max), let body = try? [UInt8](hex: hex)
    else { return answer(status: 400, []) }
    var message = Message(host: url.port.map { "\(host):\($0)" } ?? host, path: url.path, body: body)
    if case .array(let headers)? = payload["headers"] {
      for case .string(let header) in headers {
        let parts = header.split(separator: ":", maxSplits: 1)
        guard parts.count == 2 else { continue }
        message.headers.append(String(parts[0]), parts[1].trimmingCharacters(in: .whitespaces))
      }
    }
    guard let reply = try? servers.exchange(message) else { return answer(status: 503, []) }
    return answer(status: reply.status, reply.body)
  }

  private func answer(status: Int, _ body: [UInt8]) -> JSONObject {
    var object = JSONObject()
    object["rcode"] = .number(String(status))
    object.set("rx", body.hex)
    return object
  }
}
