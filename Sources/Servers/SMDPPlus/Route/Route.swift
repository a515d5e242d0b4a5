import Identifiers
import SGP22
import Store
import Transport

/// Bytes ↔ messages: the SM-DP+'s HTTP interfaces without HTTP, so that servers, simulation and fuzzers share them.
///
/// Whatever comes, an answer goes: a specified refusal, or a status of HTTP where there is nothing to refuse.
public struct Route: Sendable {
  /// The SM-DP+ behind it.
  public let desk: Desk
  private let given: @Sendable () -> Given

  /// A route to `desk`; `given` is asked once for each request.
  public init(_ desk: Desk, given: @escaping @Sendable () -> Given) { (self.desk, self.given) = (desk, given) }

  /// The answer to `message`, on the caller's thread.
  public func respond(to message: Message) -> Reply {
    guard let work = work(for: message) else { return Self.notFound }
    do { return try desk.perform(given: work.given, work.decide).get() } catch {
      return Self.failure(error, isNotification: work.isNotification)
    }
  }

  /// The answer to `message`; its commit is shared with other requests'.
  public func respond(to message: Message) async -> Reply {
    guard let work = work(for: message) else { return Self.notFound }
    do { return try await desk.perform(given: work.given, work.decide).get() } catch {
      return Self.failure(error, isNotification: work.isNotification)
    }
  }

  // MARK: The table of functions

  private func work(for message: Message) -> Work? {
    switch message.path {
    case ES9Plus.InitiateAuthentication.path:
      es9Plus(ES9Plus.InitiateAuthentication.self, message, desk.initiateAuthentication)
    case ES9Plus.AuthenticateClient.path:
      es9Plus(ES9Plus.AuthenticateClient.self, message, desk.authenticateClient)
    case ES9Plus.GetBoundProfilePackage.path:
      es9Plus(ES9Plus.GetBoundProfilePackage.self, message, desk.getBoundProfilePackage)
    case ES9Plus.HandleNotification.path:
      es9Plus(ES9Plus.HandleNotification.self, message, desk.handleNotification)
    case ES9Plus.CancelSession.path: es9Plus(ES9Plus.CancelSession.self, message, desk.cancelSession)
    case ES2Plus.DownloadOrder.path: es2Plus(ES2Plus.DownloadOrder.self, message, desk.downloadOrder)
    case ES2Plus.ConfirmOrder.path: es2Plus(ES2Plus.ConfirmOrder.self, message, desk.confirmOrder)
    case ES2Plus.CancelOrder.path: es2Plus(ES2Plus.CancelOrder.self, message, desk.cancelOrder)
    case ES2Plus.ReleaseProfile.path: es2Plus(ES2Plus.ReleaseProfile.self, message, desk.releaseProfile)
    default: nil
    }
  }

  /// One request on its way.
  private struct Work {
    let isNotification: Bool
    let given: Given
    /// The answer's bytes, and what must be durable before they go.
    let decide: (any Reader) throws -> Decision<Reply>
  }

  /// What a function of ES9+ decides.
  private typealias ES9PlusFunction<Function: ServerFunction> =
    (Function.Request, Given, any Reader) throws -> Decision<Function.Response>

  private func es9Plus<Function: ServerFunction>(
    _ function: Function.Type, _ message: Message, _ decide: @escaping ES9PlusFunction<Function>
  ) -> Work {
    let given = given()
    return Work(isNotification: Function.isNotification, given: given) { reader in
      var request: Function.Request?
      let decision: Decision<Function.Response>
      do {
        let received = try Self.request(Function.Request.self, in: message).request
        request = received
        decision = try decide(received, given, reader)
      } catch let denial as Denial {
        decision = .refuse(denial, correlation: "")
      }
      return Self.reply(function, decision, to: message, request, at: given.now)
    }
  }

  /// What a function of ES2+ decides for one operator.
  private typealias ES2PlusFunction<Function: ServerFunction> =
    (Function.Request, Requesters.Requester, Given, any Reader) throws -> Decision<Function.Response>

  private func es2Plus<Function: ServerFunction>(
    _ function: Function.Type, _ message: Message, _ decide: @escaping ES2PlusFunction<Function>
  ) -> Work {
    let given = given()
    return Work(isNotification: false, given: given) { reader in
      var request: Function.Request?
      var call: CallTable.Call?
      let decision: Decision<Function.Response>
      do {
        let (header, received) = try Self.request(Function.Request.self, in: message)
        request = received
        let requester = try desk.requester(header, certificate: message.peerCertificate)
        let new = CallTable.Call(requester, header, function: message.path, body: message.body)
        if let new, let earlier = try CallTable.answer(to: new, in: reader) {
          return Decision(.success(Self.json(earlier)))
        }
        call = new
        decision = try decide(received, requester, given, reader)
      } catch let denial as Denial {
        decision = .refuse(denial, correlation: "")
      }
      var result = Self.reply(function, decision, to: message, request, at: given.now)
      if let call, case .success(let reply) = result.answer {
        result.changes.append(
          .keepCall(call, answer: reply.body, until: given.now + desk.settings.callMemory))
      }
      return result
    }
  }
}
