import ArgumentParser
import SGP22
import Stations
import Synchronization
import Transport

/// A fault that a server injects on demand, so that an LPA can be tested against it. FUNCTION is the last part of the
/// function's path, such as getBoundProfilePackage; without N it is the first call.
///
/// | Fault | What happens |
/// |---|---|
/// | `lost-answer:FUNCTION[:N]` | the function is done, and the connection ends without an answer |
/// | `http-STATUS:FUNCTION[:N]` | the function is not done; the answer is this status of HTTP, without contents |
/// | `slow-SECONDS:FUNCTION[:N]` | the function is done, and its answer comes late |
struct ServerFault: ExpressibleByArgument, Hashable {
  enum Kind: Hashable {
    case lostAnswer
    case status(Int)
    case slow(seconds: Int)
  }

  let kind: Kind
  let function: String
  let call: Int

  init?(argument: String) {
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard (2...3).contains(parts.count), Self.functions.contains(parts[1]) else { return nil }
    let words = parts[0].split(separator: "-").map(String.init)
    switch (words.first, words.count == 2 ? Int(words[1]) : nil) {
    case ("lost", _) where parts[0] == "lost-answer": kind = .lostAnswer
    case ("http", let status?) where (200...599).contains(status): kind = .status(status)
    case ("slow", let seconds?) where (1...600).contains(seconds): kind = .slow(seconds: seconds)
    default: return nil
    }
    function = parts[1]
    guard let call = parts.count == 3 ? Int(parts[2]) : 1, call > 0 else { return nil }
    self.call = call
  }

  /// What is served: the last part of each path.
  private static let functions: Set<String> = {
    let paths = [
      ES9Plus.InitiateAuthentication.path, ES9Plus.AuthenticateClient.path, ES9Plus.GetBoundProfilePackage.path,
      ES9Plus.CancelSession.path, ES9Plus.HandleNotification.path, HTTPRules.asn1Path,
      ES2Plus.DownloadOrder.path, ES2Plus.ConfirmOrder.path, ES2Plus.CancelOrder.path, ES2Plus.ReleaseProfile.path,
    ]
    return Set(paths.compactMap { $0.split(separator: "/").last.map(String.init) })
  }()

  static var allValueStrings: [String] {
    ["lost-answer:FUNCTION[:N]", "http-STATUS:FUNCTION[:N]", "slow-SECONDS:FUNCTION[:N]"]
  }
}

/// Counts the calls of each function, on whichever listener they come, and does what the faults say.
final class ServerFaults: Sendable {
  private let faults: [ServerFault]
  private let calls = Mutex<[String: Int]>([:])

  init(_ faults: [ServerFault]) { self.faults = faults }

  /// `handler` with the faults.
  func around(_ handler: @escaping MessageHandler) -> MessageHandler {
    guard !faults.isEmpty else { return handler }
    return { [self] message in
      let fault = due(String(message.path.split(separator: "/").last ?? ""))
      if case .status(let status)? = fault?.kind { return Reply(status: status) }
      let reply = await handler(message)
      switch fault?.kind {
      case .lostAnswer: return .lost
      case .slow(let seconds):
        try? await Task.sleep(for: .seconds(seconds))
        return reply
      case .status, nil: return reply
      }
    }
  }

  private func due(_ function: String) -> ServerFault? {
    let number = calls.withLock { calls in
      calls[function, default: 0] += 1
      return calls[function]
    }
    return faults.first { $0.function == function && $0.call == number }
  }
}
