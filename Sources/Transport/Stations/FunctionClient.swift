import SGP22
import Store
import Transport

/// Calls to a server whose functions carry a header (ES2, ES2+, ES3, ES4 and the like), by a link with mutual TLS.
public struct FunctionClient {
  private let link: any ServerLink
  private let host: String
  private let requester: String

  /// The calls of `requester`, its functionRequesterIdentifier, to the server at `host`.
  public init(link: any ServerLink, host: String, requester: String) {
    (self.link, self.host, self.requester) = (link, host, requester)
  }

  /// How a call went.
  public enum Answer<Response: Sendable>: Sendable {
    case success(Response)
    /// The server said no.
    case refused(Refusal)
    /// It was not reached, or what it said is no answer: whether it did what it was asked is not known.
    case unknown(String)
  }

  /// Calls a function. SGP.22 §5.2.3: a repetition with the same identifier is answered as the first was.
  public func call<Function: ServerFunction>(
    _ function: Function.Type, _ request: Function.Request, identifier: String
  ) -> Answer<Function.Response> {
    let header = JSONBinding.RequestHeader(
      functionRequesterIdentifier: requester, functionCallIdentifier: identifier)
    let message = Message(
      host: host, path: Function.path,
      headers: [
        "Content-Type": HTTPRules.jsonContentType, AdminProtocol.headerName: AdminProtocol.current.description,
      ],
      body: JSONBinding.encode(request, header: header))
    let reply: Reply
    do throws(LinkError) { reply = try link.exchange(message) } catch { return .unknown(error.sentence) }
    guard reply.status == 200 else { return .unknown("\(host) answered with HTTP status \(reply.status)") }
    do {
      switch try JSONBinding.decodeAnswer(Function.Response.self, from: reply.body) {
      case .success(let response): return .success(response)
      // The server's own trouble says nothing about what was asked.
      case .failure(let refusal) where refusal == .providerFailed || refusal == .providerUnavailable:
        return .unknown("\(host): \(refusal)")
      case .failure(let refusal): return .refused(refusal)
      }
    } catch { return .unknown("the answer of \(host) cannot be read: \(error)") }
  }
}

extension FunctionClient.Answer {
  /// The outcome of the step that made the call.
  public func outcome(_ success: (Response) throws -> StepOutcome) rethrows -> StepOutcome {
    switch self {
    case .success(let response): try success(response)
    case .refused(let refusal): .refused("\(refusal) \(refusal.advice)")
    case .unknown(let reason): .unknown(reason)
    }
  }
}
