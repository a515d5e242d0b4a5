import Identifiers
import SGP22
import Store
import Transport

/// One request on its way through a server: bytes become a message, a desk decides it, the decision becomes bytes.
///
/// Whatever comes, an answer goes: a specified refusal, or a status of HTTP where there is nothing to refuse.
public struct Work {
  let given: Given
  /// The answer where something failed on our side.
  let failed: (Refusal) -> Reply
  /// The answer's bytes, and what must be durable before they go.
  let decide: (any Reader) throws -> Decision<Reply>

  /// A request of `function` to `party`. `recorded` is what the record may keep of it, without secrets. A `look` asks how
  /// something stands, again and again: what it is told is no event.
  public init<Function: ServerFunction>(
    _ function: Function.Type, _ binding: Binding<Function>, _ message: Message, party: String, given: Given,
    isLook: Bool = false, recorded: @escaping (Function.Request?) -> [UInt8],
    decide: @escaping (Function.Request, any Reader) throws -> Decision<Function.Response>
  ) {
    self.given = given
    // A notification that is not acknowledged comes again.
    failed = { Function.isNotification ? HTTPRules.reply(503) : binding.write(.failure($0)) }
    self.decide = { reader in
      var request: Function.Request?
      let decision: Decision<Function.Response>
      do {
        let received = try binding.read(message).request
        request = received
        decision = try decide(received, reader)
      } catch let denial as Denial {
        decision = Decision(refusing: denial, by: party, correlation: "")
      }
      if isLook, case .success = decision.answer, decision.changes.isEmpty {
        return Decision(.success(binding.write(decision.answer)), correlation: decision.correlation, changes: [])
      }
      return Self.reply(binding, decision, message, recorded(request), party: party, at: given.now)
    }
  }

  /// A call of `function`, on ES2+ or ES12, by the requester that `identify` tells from header and certificate. A call
  /// that comes again within `memory` gets the same answer. What is remembered is what is `recorded`; `isSame` tells
  /// whether the secrets in a call that comes again are those it had.
  public init<Function: ServerFunction, Requester>(
    _ function: Function.Type, calledOver message: Message, party: String, given: Given, memory: Duration,
    identify: @escaping (JSONBinding.RequestHeader?) throws -> (requester: Requester, identifier: String),
    recorded: @escaping (Function.Request?) -> [UInt8],
    isSame: @escaping (Function.Request, any Reader) throws -> Bool = { _, _ in true },
    decide: @escaping (Function.Request, Requester, any Reader) throws -> Decision<Function.Response>
  ) {
    let binding = Binding<Function>.json
    self.given = given
    failed = { binding.write(.failure($0)) }
    self.decide = { reader in
      var request: Function.Request?
      var call: CallTable.Call?
      let decision: Decision<Function.Response>
      do {
        let (header, received) = try binding.read(message)
        request = received
        let (requester, identifier) = try identify(header)
        let new = CallTable.Call(identifier, header, function: message.path, body: recorded(received))
        if let new, let earlier = try CallTable.answer(to: new, in: reader) {
          guard try isSame(received, reader) else { throw CallTable.isReused(new) }
          return Decision(.success(HTTPRules.json(earlier)), changes: [])
        }
        call = new
        decision = try decide(received, requester, reader)
      } catch let denial as Denial {
        decision = Decision(refusing: denial, by: party, correlation: "")
      }
      var result = Self.reply(binding, decision, message, recorded(request), party: party, at: given.now)
      if let call, !decision.isPending, case .success(let reply) = result.answer {
        result.changes.append(CallTable.Kept(call, answer: reply.body, until: given.now + memory))
      }
      return result
    }
  }

  /// A message that is not even a request of a known function: `refusal` goes to the record.
  public init(unreadable denial: Denial, _ message: Message, party: String, given: Given) {
    self.given = given
    failed = { _ in HTTPRules.reply(503) }
    decide = { _ in
      Decision(
        .success(HTTPRules.reply(400)), changes: [RecordedRefusal(denial, by: party, correlation: message.path)])
    }
  }

  /// The answer's bytes, and the exchange in the record.
  private static func reply<Function: ServerFunction>(
    _ binding: Binding<Function>, _ decision: Decision<Function.Response>, _ message: Message, _ recorded: [UInt8],
    party: String, at now: Instant
  ) -> Decision<Reply> {
    let reply = binding.write(decision.answer)
    let exchange = Event(
      at: now, party: party, kind: .exchanged, name: Function.path, correlation: decision.correlation,
      body: .exchange(received: recorded, sent: decision.recordedAnswer ?? reply.body))
    return Decision(.success(reply), changes: decision.changes + [exchange])
  }
}

extension Deciding {
  /// The answer to a request, on the caller's thread; nil is a request of no function.
  public func respond(to work: Work?) -> Reply {
    guard let work else { return HTTPRules.reply(404) }
    do { return try perform(given: work.given, work.decide).get() } catch { return work.failed(Self.refusal(error)) }
  }

  /// The answer to a request; its commit is shared with other requests'.
  public func respond(to work: Work?) async -> Reply {
    guard let work else { return HTTPRules.reply(404) }
    do { return try await perform(given: work.given, work.decide).get() } catch {
      return work.failed(Self.refusal(error))
    }
  }

  /// Nobody is told more than that something failed on our side, and whether it passes; the record is told all.
  private static func refusal(_ error: any Error) -> Refusal {
    (error as? StoreError)?.isTemporary == true ? .providerUnavailable : .providerFailed
  }
}
