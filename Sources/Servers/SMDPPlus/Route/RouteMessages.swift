import Identifiers
import JSON
import SGP22
import Store
import Transport

extension Route {
  /// The request in `message`.
  static func request<Request: JSONMessage>(
    _ type: Request.Type, in message: Message
  ) throws(Denial) -> (header: JSONBinding.RequestHeader?, request: Request) {
    guard message.method == "POST" else { throw Refusal.formatInvalid.because("method \(message.method)") }
    guard message.body.count <= bodyLimit else {
      throw Refusal.requestTooLarge.because("the body has \(message.body.count) bytes")
    }
    // SGP.22 §6.2: X-Admin-Protocol names the version of the specification; both generations are understood here.
    if let value = message.headers[AdminProtocol.headerName] {
      guard let spoken = AdminProtocol(value), (2...3).contains(spoken.version.major) else {
        throw Refusal.protocolVersionUnsupported.because("\(AdminProtocol.headerName): \(value)")
      }
    }
    do { return try JSONBinding.decode(Request.self, from: message.body) } catch {
      switch error {
      case .missing(let name): throw Refusal.elementMissing.because("\"\(name)\" is missing")
      default: throw Refusal.formatInvalid.because("\(error)")
      }
    }
  }

  /// The largest body that is read. The longest message of ES9+ is an installation result with its EUICCResponse.
  public static let bodyLimit = 64 * 1024

  /// The answer's bytes, and the exchange in the record.
  static func reply<Function: ServerFunction>(
    _ function: Function.Type, _ decision: Decision<Function.Response>, to message: Message,
    _ request: Function.Request?,
    at now: Instant
  ) -> Decision<Reply> {
    var reply =
      Function.isNotification ? Reply(status: 204, headers: headers) : json(JSONBinding.encode(decision.answer))
    if Function.isNotification, case .failure = decision.answer { reply.status = 400 }
    var result = Decision<Reply>(.success(reply), decision.changes)
    result.changes.append(
      .record(
        Event(
          at: now, party: Desk.party, kind: .exchanged, name: message.path, correlation: decision.correlation,
          body: .exchange(
            received: Masking.recorded(request, of: message), sent: decision.recordedAnswer ?? reply.body))))
    return result
  }

  /// An answer with a JSON body.
  static func json(_ body: [UInt8]) -> Reply {
    var headers = headers
    headers["Content-Type"] = "application/json;charset=UTF-8"
    return Reply(status: 200, headers: headers, body: body)
  }

  /// Every answer names the version that is spoken.
  private static let headers: Headers = [AdminProtocol.headerName: AdminProtocol.current.description]

  /// Nobody is told more than that something failed on our side; the record is told all.
  static func failure(_ error: any Error, isNotification: Bool) -> Reply {
    // A notification that is not acknowledged comes again.
    if isNotification { return Reply(status: 503, headers: headers) }
    let refusal = error as? StoreError == .busy ? Refusal.providerUnavailable : .providerFailed
    return json(JSONBinding.encode(Result<NoFields, Refusal>.failure(refusal)))
  }

  /// No function stands at this path.
  static let notFound = Reply(status: 404, headers: headers)
}
