import SGP22
import Stations
import Transport

/// An operator's calls to an SM-DP+ over ES2+ (SGP.22 §5.3), by a link with mutual TLS.
public struct ES2PlusClient {
  private let functions: FunctionClient
  /// The address for activation codes where the SM-DP+ names none.
  let address: String

  /// The calls of `requester` to the ES2+ interface at `host` of the SM-DP+ that devices know as `address`.
  public init(link: any ServerLink, host: String, requester: String, address: String) {
    functions = FunctionClient(link: link, host: host, requester: requester)
    self.address = address
  }

  /// Calls a function.
  public func call<Function: ServerFunction>(
    _ function: Function.Type, _ request: Function.Request, identifier: String
  ) -> FunctionClient.Answer<Function.Response> {
    functions.call(function, request, identifier: identifier)
  }
}
