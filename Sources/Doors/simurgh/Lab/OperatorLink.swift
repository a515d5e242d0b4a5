import Bytes
import SGP22
import Transport
import TransportHTTP

/// An operator's calls to an SM-DP+ over ES2+ (SGP.22 §5.3).
struct OperatorLink {
  let client: HTTPSClient
  /// The SM-DP+'s ES2+ listener.
  let host: String
  /// The operator's functionRequesterIdentifier.
  let name: String
  let random: any RandomSource

  /// Calls a function; the SM-DP+'s refusal is thrown.
  func call<Function: ServerFunction>(
    _ function: Function.Type, _ request: Function.Request
  ) async throws -> Function.Response {
    let header = JSONBinding.RequestHeader(
      functionRequesterIdentifier: name, functionCallIdentifier: random.bytes(16).hex)
    let reply = try await client.send(
      Message(
        host: host, path: Function.path,
        headers: [
          "Content-Type": "application/json", AdminProtocol.headerName: AdminProtocol.current.description,
        ], body: JSONBinding.encode(request, header: header)))
    guard reply.status == 200 else {
      throw Complaint(.unavailable, "\(host) answered with HTTP status \(reply.status).")
    }
    return try JSONBinding.decodeAnswer(Function.Response.self, from: reply.body).get()
  }
}
