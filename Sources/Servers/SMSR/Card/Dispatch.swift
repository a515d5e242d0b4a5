import Bytes
import MutualAuthentication
import SGP02
import SGP22
import Stations
import Store
import Transport

/// Sends what is due through a gateway of the short message service, and takes what the gateway delivers.
public struct Dispatch: Sendable {
  /// A gateway, and by what name it knows the SM-SR.
  public struct Gateway: Sendable {
    /// Host, with a port where it is not 443.
    public let host: String
    /// The SM-SR's name at the gateway.
    public let requester: String
    /// The gateway as a caller.
    public let callers: Requesters

    /// All fields.
    public init(host: String, requester: String, callers: Requesters) {
      (self.host, self.requester, self.callers) = (host, requester, callers)
    }
  }

  private let desk: Desk
  private let messages: ShortMessages
  private let gateway: Gateway

  /// The dispatch of the SM-SR behind `desk`.
  public init(_ desk: Desk, messages: ShortMessages, gateway: Gateway) {
    (self.desk, self.messages, self.gateway) = (desk, messages, gateway)
  }

  /// Sends up to `limit` packets that are due; returns how many the gateway took. What it did not take goes again.
  @discardableResult
  public func send(limit: Int = 64, given: Given, over link: any ServerLink) throws -> Int {
    let service = FunctionClient(link: link, host: gateway.host, requester: gateway.requester)
    var taken = 0
    for batch in try messages.due(limit: limit, given: given) {
      let answer = service.call(ShortMessageService.Submit.self, batch, identifier: given.random.bytes(16).hex)
      if case .success = answer { taken += 1 }
    }
    return taken
  }

  /// The answer to a delivery of the gateway's; nil where `message` is none. Nothing is decided here that a repetition
  /// would decide again: what the packets in it lead to is the desk's, and each is known by its counter.
  public func respond(to message: Message, given: Given) -> Reply? {
    guard message.path == ShortMessageService.Deliver.path else { return nil }
    let answer: Result<NoFields, Refusal>
    do {
      let (header, batch) = try JSONBinding.decode(ShortMessageService.Messages.self, from: message.body)
      _ = try gateway.callers.caller(header, certificate: message.peerCertificate, in: desk.trust.circle)
      try messages.receive(batch, given: given)
      answer = .success(NoFields())
    } catch let denial as Denial {
      answer = .failure(denial.refusal)
    } catch is StoreError {
      answer = .failure(.providerUnavailable)
    } catch {
      answer = .failure(.formatInvalid)
    }
    return HTTPRules.json(JSONBinding.encode(answer))
  }
}
