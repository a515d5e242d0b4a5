import SGP22
import Store
import Transport

/// An operator's calls to an SM-DP+ over ES2+ (SGP.22 §5.3), by a link with mutual TLS.
public struct ES2PlusClient {
  let link: any ServerLink
  let host: String
  /// The operator's functionRequesterIdentifier.
  let requester: String
  /// The address for activation codes where the SM-DP+ names none.
  let address: String

  /// The calls of `requester` to the ES2+ interface at `host` of the SM-DP+ that devices know as `address`.
  public init(link: any ServerLink, host: String, requester: String, address: String) {
    (self.link, self.host, self.requester, self.address) = (link, host, requester, address)
  }

  /// How a call went.
  public enum Answer<Response: Sendable>: Sendable {
    case success(Response)
    /// The SM-DP+ said no.
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
        "Content-Type": "application/json;charset=UTF-8", AdminProtocol.headerName: AdminProtocol.current.description,
      ], body: JSONBinding.encode(request, header: header))
    let reply: Reply
    do throws(LinkError) { reply = try link.exchange(message) } catch { return .unknown(error.sentence) }
    guard reply.status == 200 else { return .unknown("\(host) answered with HTTP status \(reply.status)") }
    do {
      switch try JSONBinding.decodeAnswer(Function.Response.self, from: reply.body) {
      case .success(let response): return .success(response)
      // The server's own trouble says nothing about the order.
      case .failure(let refusal) where refusal == .providerFailed || refusal == .providerUnavailable:
        return .unknown("\(host): \(refusal)")
      case .failure(let refusal): return .refused(refusal)
      }
    } catch { return .unknown("the answer of \(host) cannot be read: \(error)") }
  }
}

extension ES2PlusClient.Answer {
  /// The outcome of the step that made the call.
  func outcome(_ success: (Response) -> StepOutcome) -> StepOutcome {
    switch self {
    case .success(let response): success(response)
    case .refused(let refusal): .refused("\(refusal) \(refusal.advice)")
    case .unknown(let reason): .unknown(reason)
    }
  }
}
