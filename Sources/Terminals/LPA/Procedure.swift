import Bytes
import SGP22
import TLV
import Transport

/// A procedure of the LPA as a value without input and output: what it wants done, one step after the other.
///
/// Whoever drives it does the step and hands in the answer. A step that got no answer may be done again: a server
/// answers a repeated request with the same reply, and the card's functions that matter are named by transaction.
public protocol Procedure: Sendable {
  /// What the procedure comes to in the end.
  associatedtype Outcome: Sendable
  /// Takes the answer to the last step and says what is next. What it throws is the end.
  mutating func next(_ answer: Answer) throws(Problem) -> Step<Outcome>
  /// Takes that the server of the last step cannot be reached and says what is next. What it throws is the end.
  mutating func unreachable(_ error: LinkError) throws(Problem) -> Step<Outcome>
  /// How far the procedure has come.
  var progress: Progress { get }
  /// What is to be kept for a restart before the step that the procedure asked for last is done; nil: nothing.
  var record: DownloadRecord? { get }
  /// Gives up with `reason`, which the eUICC signs and the server is told; the end is `problem`. nil where there is
  /// nothing to give up.
  mutating func cancel(_ reason: CancelSessionReason, after problem: Problem) -> Step<Outcome>?
}

extension Procedure {
  public mutating func unreachable(_ error: LinkError) throws(Problem) -> Step<Outcome> { throw .link(error) }
  public var record: DownloadRecord? { nil }
  public mutating func cancel(_ reason: CancelSessionReason, after problem: Problem) -> Step<Outcome>? { nil }
}

/// What a procedure wants done.
public enum Step<Outcome: Sendable>: Sendable {
  /// Send this data object to the ISD-R by STORE DATA; the answer is ``Answer/card(_:)``.
  case card([UInt8])
  /// Send this to a server; the answer is ``Answer/server(status:body:)``.
  case server(ServerCall)
  /// Ask the person; the answer is ``Answer/person(_:)``.
  case ask(Question)
  /// Nothing: this is how it ended.
  case done(Outcome)
}

/// What came of a step.
public enum Answer: Sendable {
  /// Nothing yet: the procedure begins.
  case begin
  /// The data that the ISD-R answered with 9000.
  case card([UInt8])
  /// A server's HTTP status and body.
  case server(status: Int, body: [UInt8])
  /// What the person decided.
  case person(Decision)
}

/// A request to a server, whichever way it travels.
public struct ServerCall: Hashable, Sendable {
  /// Whom to ask.
  public let address: FQDN
  /// "/gsma/rsp2/es9plus/initiateAuthentication".
  public let path: String
  /// The request in the JSON binding.
  public let body: [UInt8]

  /// A call of `function` at `address`.
  init<Function: ServerFunction>(_ function: Function.Type, at address: FQDN, _ request: Function.Request) {
    (self.address, path, body) = (address, Function.path, JSONBinding.encode(request))
  }

  /// The call as a message with the headers that SGP.22 §6.2 asks for.
  public var message: Message {
    Message(
      host: address.description, path: path,
      headers: [
        "Content-Type": "application/json", AdminProtocol.headerName: AdminProtocol.current.description,
        "User-Agent": AdminProtocol.lpaUserAgent,
      ], body: body)
  }
}

/// What a person is asked before a profile is downloaded (SGP.22 §3.1.3), or handed on to another device (v3.1 §3.11.1).
public struct Question: Hashable, Sendable {
  /// What for.
  public enum Purpose: Hashable, Sendable {
    case download
    /// With what the operator says about it.
    case handingOn(message: String?)
  }

  /// The profile's description.
  public let metadata: StoreMetadataRequest
  /// Policy rules that bind the person once the profile is installed; to be told with their consequences.
  public let policyRules: [ProfilePolicyRule]
  /// Those of them to which the person must agree expressly, each by itself: the eUICC's table says so (SGP.22 §2.9.2.1,
  /// consentRequired).
  public let rulesToConsentTo: [ProfilePolicyRule]
  /// Whether the operator's confirmation code must be given.
  public let confirmationCodeRequired: Bool
  /// What the person decides about.
  public var purpose = Purpose.download
}

/// What a person decided.
public enum Decision: Hashable, Sendable {
  /// Go on, with the confirmation code if one was wanted.
  case accept(confirmationCode: Secret?)
  /// Not this profile.
  case reject
  /// Not now.
  case postpone
  /// No answer came in time.
  case timeout

  /// The reason that the eUICC signs, where the person did not accept.
  var reason: CancelSessionReason? {
    switch self {
    case .accept: nil
    case .reject: .endUserRejection
    case .postpone: .postponed
    case .timeout: .timeout
    }
  }
}

/// How far a procedure has come, for a bar on a screen.
public struct Progress: Hashable, Sendable {
  /// What is being done, in a few words.
  public let activity: String
  /// Parts done.
  public let done: Int
  /// Parts in all; at least 1.
  public let total: Int
}

// MARK: Typed steps and answers

extension Step {
  /// A call of a function of the eUICC.
  static func card<Function: CardFunction>(_ function: Function.Type, _ request: Function.Request) -> Step {
    .card(request.encoded)
  }

  /// A call of a function of a server.
  static func server<Function: ServerFunction>(
    _ function: Function.Type, at address: FQDN, _ request: Function.Request
  ) -> Step {
    .server(ServerCall(function, at: address, request))
  }
}

extension Answer {
  /// The eUICC's answer to `function`.
  func card<Function: CardFunction>(_ function: Function.Type) throws(Problem) -> Function.Response {
    guard case .card(let bytes) = self else { throw .outOfTurn }
    do { return try Function.Response(encoded: bytes) } catch { throw .cardMalformed("\(error)") }
  }

  /// A server's answer to `function`; its refusal is thrown.
  func server<Function: ServerFunction>(
    _ function: Function.Type, at address: FQDN
  ) throws(Problem) -> Function.Response {
    guard case .server(let status, let body) = self else { throw .outOfTurn }
    // SGP.22 §6.5.1: a function that was carried out, with success or not, is answered with 200; notifications 204.
    guard (200...299).contains(status) else { throw .serverFailed(address, status: status) }
    do {
      switch try JSONBinding.decodeAnswer(Function.Response.self, from: body) {
      case .success(let response): return response
      case .failure(let refusal): throw Problem.refused(address, refusal)
      }
    } catch let problem as Problem { throw problem } catch { throw .serverMalformed(address, "\(error)") }
  }
}
