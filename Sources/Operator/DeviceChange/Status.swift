import Bytes
import Identifiers
import ProfileMove
import SGP22
import Stations
import Store

extension Desk {
  /// What a device is told. What is wanted of its profiles follows from where the move stands, and from nothing else: so
  /// the undo of an installation, and of disabling, is this answer, given as often as the device asks.
  public func status(_ request: MoveStatus.Request, in reader: any Reader) throws -> Decision<MoveStatus.Response> {
    let (move, device) = try find(request.ticket, in: reader)
    return Decision(.success(try status(of: move, for: device, in: reader)), correlation: move.id, changes: [])
  }

  /// The move and the device that a ticket names; nothing is told apart for one that names none.
  func find(_ ticket: String, in reader: any Reader) throws -> (move: Move, device: Move.Device) {
    let unknown = Refusal.moveUnknown.because("an unknown ticket") as Denial
    guard let (id, device) = MoveName.parts(of: ticket) else { throw unknown }
    let move: Move
    do { move = try MoveTable.find(id, in: reader) } catch is MoveError { throw unknown }
    let right = try MoveSecret(move, vault: vault).ticket(device)
    guard equalInConstantTime(Array(ticket.utf8), Array(right.utf8)) else { throw unknown }
    return (move, device)
  }

  func status(of move: Move, for device: Move.Device, in reader: any Reader) throws -> MoveStatus.Response {
    guard let act = try Steps.act(MoveSteps.plan.name, subject: move.id, in: reader) else {
      throw StoreError.unexpected("move \(move.id) has lost its act")
    }
    let isForward = act.state == .forward || act.state == .done
    let data = try movedData(move.id, in: reader)
    let wish = isForward ? wish(move, act.step, device, data) : undoing(move, device)
    return MoveStatus.Response(
      state: move.state == .underWay && isForward ? act.step : move.state.description,
      sentence: sentence(move, act, isForward: isForward) + told(data, move), wish: wish,
      iccid: device == .old ? move.iccid : move.newICCID,
      activationCode: wish == .install ? move.activationCode : nil,
      backupRequest: wish == .backUp ? data.request : nil, isOver: move.state != .underWay)
  }

  private func wish(_ move: Move, _ step: String, _ device: Move.Device, _ data: MovedData) -> MoveStatus.Wish {
    switch (step, device) {
    case ("Consent", _) where move.consent(at: device) == nil: .consent
    case ("Backup", .old) where data.request != nil && data.answer == nil: .backUp
    case ("Installation", .new), ("DisableOld", .new), ("CommitKeys", .new): .install
    case ("DisableOld", .old), ("CommitKeys", .old): .disabled
    case (_, .old) where move.state == .moved: .deleted
    case (_, .new) where move.state == .moved: .enabled
    default: .nothing
    }
  }

  /// D4: what a device does to make a move undone that is being taken back, or was.
  private func undoing(_ move: Move, _ device: Move.Device) -> MoveStatus.Wish {
    switch device {
    case .old: move.installedAt == nil ? .nothing : .enabled
    case .new: move.newICCID == nil ? .nothing : .deleted
    }
  }

  private func sentence(_ move: Move, _ act: Act, isForward: Bool) -> String {
    switch move.state {
    case .moved:
      return move.deletedAt == nil
        ? "The profile has moved. The old one is dead already, and is deleted when its device is reached."
        : "The profile has moved, and the old one is deleted."
    case .cancelled, .failed:
      return "The profile has not moved: \(move.ending ?? "it was taken back"). The old one works as before."
    case .underWay where !isForward: return "The move is being taken back. The old profile works as before."
    case .underWay: break
    }
    return switch act.step {
    case "SendCode", "AuthenticatePerson": "Enter the code that your operator has sent to you."
    case "Consent": "The persons at both devices are asked whether the profile may move."
    case "WeighRisk", "CoolingOff": "The move rests for a while, so that the subscriber may object."
    case "SecondApproval": "The operator looks at the request once more."
    case "RequestBackup", "Backup": "What is in the old profile is copied for the new one."
    case "PrepareKeys", "OrderProfile": "The new profile is being made."
    case "Installation": "The new profile is ready for its device. The old one works until it is there."
    case "DisableOld": "The new profile is installed. The old one is switched off now."
    default: "The network is changing to the new profile."
    }
  }

  /// What did not come along, once there is something to tell; short enough for a device's screen.
  private func told(_ data: MovedData, _ move: Move) -> String {
    guard move.newICCID != nil, !data.leftOut.isEmpty, move.state == .moved || move.state == .underWay else {
      return ""
    }
    let parts = data.leftOut.prefix(3).map { String($0.prefix(80)) }.joined(separator: "; ")
    return " Not taken along: \(parts)\(data.leftOut.count > 3 ? " and more" : "")."
  }
}
