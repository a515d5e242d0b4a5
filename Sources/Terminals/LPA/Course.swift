import SGP22
import Transport

/// A procedure under way: what a device has to do, one task after the other, until it ends. A value without input and
/// output: a device, a test and a simulation drive the same thing.
///
/// It asks a server again where an answer is lost, has the record of a download kept ahead of each step that changes
/// it, and gives a download up that breaks off.
public struct Course<P: Procedure>: Sendable {
  /// What is to be done now; what came of it is told to ``Course/next(_:)``.
  public enum Task: Sendable {
    /// Keep this record durably, or forget it where it is nil: ``Event/done``.
    case keep(DownloadRecord?)
    /// Send this data object to the ISD-R: ``Event/answer(_:)``, or ``Event/failed(_:)``.
    case card([UInt8])
    /// Send this to a server: ``Event/answer(_:)``, or ``Event/unreachable(_:)``.
    case server(ServerCall)
    /// Ask the person: ``Event/answer(_:)``.
    case ask(Question)
    /// Wait: ``Event/done``.
    case pause(Duration)
    /// Nothing more.
    case end(Result<P.Outcome, Problem>)
  }

  /// What came of a task.
  public enum Event: Sendable {
    /// It is done; or nothing has been done yet, and the course begins.
    case done
    /// The answer.
    case answer(Answer)
    /// The card gave none.
    case failed(Problem)
    /// The server gave none.
    case unreachable(LinkError)
  }

  /// How long to wait before a server is asked again: the tries that follow the first.
  public static var backOff: [Duration] { [.milliseconds(200), .seconds(1), .seconds(3)] }

  private var procedure: P
  /// The step under way, or to be done next.
  private var step: Step<P.Outcome>?
  private var kept: DownloadRecord?
  private var pauses = Self.backOff[...]
  /// Why the download is being given up.
  private var problem: Problem?
  private var ending: Result<P.Outcome, Problem>?

  /// The course of `procedure`; it begins with ``Event/done``.
  public init(_ procedure: P) { self.procedure = procedure }

  /// How far the procedure has come.
  public var progress: Progress { procedure.progress }

  /// Takes what came of the last task and says what is next.
  public mutating func next(_ event: Event) -> Task {
    switch event {
    case .done:
      if let ending { return .end(ending) }
      guard let step else { return move { procedure throws(Problem) in try procedure.next(.begin) } }
      return task(step)
    case .answer(let answer):
      // Bad gateway, unavailable, gateway time-out: the server behind is being restarted.
      if case .server(502...504, _) = answer, let pause = pauses.popFirst() { return .pause(pause) }
      return move { procedure throws(Problem) in try procedure.next(answer) }
    case .failed(let problem): return fail(problem)
    case .unreachable(let error):
      // Servers give a repeated request the same reply.
      if error.kind != .untrusted, error.kind != .malformed, let pause = pauses.popFirst() { return .pause(pause) }
      return move { procedure throws(Problem) in try procedure.unreachable(error) }
    }
  }

  private mutating func move(_ next: (inout P) throws(Problem) -> Step<P.Outcome>) -> Task {
    do throws(Problem) { return begin(try next(&procedure)) } catch { return fail(error) }
  }

  private mutating func begin(_ step: Step<P.Outcome>) -> Task {
    (self.step, pauses) = (step, Self.backOff[...])
    let record = procedure.record
    guard problem == nil, record != kept else { return task(step) }
    kept = record
    return .keep(record)
  }

  private mutating func task(_ step: Step<P.Outcome>) -> Task {
    switch step {
    case .card(let object): return .card(object)
    case .server(let call): return .server(call)
    case .ask(let question): return .ask(question)
    case .done(let outcome): return end(problem.map { .failure($0) } ?? .success(outcome), forgetting: problem == nil)
    }
  }

  /// The server or the card was lost in the middle: the eUICC forgets the session, and the server learns of it if it can.
  private mutating func fail(_ error: Problem) -> Task {
    if let problem { return end(.failure(problem), forgetting: !leavesOpen(problem)) }
    if let reason = reason(for: error), let step = procedure.cancel(reason, after: error) {
      problem = error
      return begin(step)
    }
    return end(.failure(error), forgetting: !leavesOpen(error))
  }

  /// Whether the record is worth taking up: the last step may have been done all the same, or the server has not taken
  /// yet what the eUICC signed.
  private func leavesOpen(_ problem: Problem) -> Bool {
    if case .cancelled? = procedure.record?.stage { return true }
    return problem.leavesOpen
  }

  private func reason(for problem: Problem) -> CancelSessionReason? {
    switch problem {
    case .link: return .timeout
    case .cardStatus, .cardMalformed:
      // §3.1.3: pieces of the package that the eUICC does not take end the order; anything earlier may be tried again.
      if case .installing? = procedure.record?.stage { return .loadBppExecutionError }
      return .timeout
    default: return nil
    }
  }

  private mutating func end(_ result: Result<P.Outcome, Problem>, forgetting: Bool) -> Task {
    ending = result
    guard forgetting, kept != nil else { return .end(result) }
    return .keep(nil)
  }
}
