import Bytes
import DeviceChange
import Identifiers
import ProfileMove
import SGP22
import Transport

/// A device's part in a move: asks the operator what is wanted of its profile, and lets the LPA do it.
final class MovingDevice {
  let handset: SimulatedHandset
  private let device: Move.Device
  private unowned let simulation: Simulation
  private let subscriber: SimulatedSubscriber
  private var ticket: String?
  private var isOver = false
  private var codes: [Secret?]
  private let consents: Bool
  private let allowed: BackupParts
  private var fetched: String?

  /// `allowed` is what the person lets go of the profile; `wrongCodes` are what the person enters before the right code.
  init(
    _ handset: SimulatedHandset, as device: Move.Device, subscriber: SimulatedSubscriber, wrongCodes: Int = 0,
    consents: Bool = true, allowed: BackupParts = .all, in simulation: Simulation
  ) {
    (self.handset, self.device, self.subscriber, self.simulation) = (handset, device, subscriber, simulation)
    codes = [Secret?](repeating: Secret(Array("none".utf8)), count: wrongCodes) + [nil]
    (self.consents, self.allowed) = (consents, allowed)
  }

  /// The person at the device takes part.
  func join(_ ticket: String) {
    self.ticket = ticket
    ask()
  }

  private func ask() {
    guard let ticket, !isOver else { return }
    call(MoveStatus.self, .init(ticket: ticket)) { [self] status in
      guard let status else { return }
      try obey(status, ticket)
    }
    simulation.timeline.after(.seconds(20)) { [self] in ask() }
  }

  private func obey(_ status: MoveStatus.Response, _ ticket: String) throws {
    if status.state == "AuthenticatePerson", device == .new, let code = codes.first, let right = subscriber.code {
      simulation.timeline.after(.seconds(2)) { [self] in
        call(MovePerson.self, .init(ticket: ticket, proof: .code(code ?? right))) { [self] _ in
          if codes.count > 1 { codes.removeFirst() }
        }
      }
    }
    switch status.wish {
    case .nothing: break
    case .consent:
      simulation.timeline.after(.seconds(3)) { [self] in
        call(MoveConsent.self, .init(ticket: ticket, consents: consents)) { _ in }
      }
    case .backUp:
      guard let request = try status.backupRequest.map({ try BackUpProfile.Request(encoded: $0) }),
        let answer = handset.backUp(request.allowing(allowed))
      else { break }
      call(MoveBackup.self, .init(ticket: ticket, answer: answer.encoded)) { _ in }
    case .install:
      guard fetched != status.activationCode, let text = status.activationCode else { break }
      fetched = text
      try handset.take(ActivationCode(text))
    case .disabled: try want(.disable)
    case .enabled: try want(.use)
    case .deleted: try want(.delete)
    }
    isOver = status.isOver
  }

  private func want(_ wish: SimulatedHandset.Wish) throws {
    guard handset.wish != wish else { return }
    try handset.want(wish)
  }

  private func call<Function: ServerFunction>(
    _ function: Function.Type, _ request: Function.Request, then: @escaping (Function.Response?) throws -> Void
  ) {
    let message = Message(
      host: SimulatedLedger.host, path: Function.path,
      headers: ["Content-Type": "application/json", AdminProtocol.headerName: AdminProtocol.current.description],
      body: JSONBinding.encode(request))
    simulation.network.call(message, from: handset.name) { result in
      guard case .success(let reply) = result, reply.status == 200 else { return }
      if case .success(let response) = try JSONBinding.decodeAnswer(Function.Response.self, from: reply.body) {
        try then(response)
      } else {
        try then(nil)
      }
    }
  }
}
