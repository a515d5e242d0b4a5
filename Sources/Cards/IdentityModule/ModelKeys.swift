import APDU
import Bytes
import HandsetRegistration
import SecureMessages

// Commands 6, 7 and 10: the models that may read the ID, and the module's challenges.
extension Module {
  /// How many models a card holds; a handset's and a terminal's module hold their own.
  static let modelLimit = 32
  /// How many models can be withdrawn from a card.
  static let withdrawalLimit = 64

  /// Command 6: "if the entered KE_Cj matches one of the stored KE_Cj's, … the resulting KE_MSNi is stored".
  func modelKeyRegistration(_ call: ModuleCall) throws(StatusWordError) -> Response {
    try call.checkNoParameters()
    let approval = try self.approval(call.message(), call, by: call.carrierKeys)
    var models = call.records.modelKeys
    // Fig. 47: if it is stored already, the write step is skipped.
    if models.contains(approval) { return Response() }
    // What is registered can be withdrawn: each model has a mark kept free for it.
    guard models.count < (call.kind == .card ? Self.modelLimit : 1),
      models.count + call.records.withdrawnModels.count < Self.withdrawalLimit
    else { throw StatusWordError(.notEnoughMemory) }
    models.append(approval)
    call.records.modelKeys = models
    return Response()
  }

  /// A model that one of `carriers` approves for what reads modules of this kind, and that was not withdrawn.
  func approval(
    _ statement: Signed<ModelApproval>, _ call: ModuleCall, by carriers: [CarrierKey]
  ) throws(StatusWordError) -> ModelApproval {
    let approval = try call.verified(statement, by: carriers.map(\.known)).body
    guard approval.role == call.kind.readers else { throw StatusWordError(.securityStatus) }
    guard !call.isWithdrawn(approval.key) else { throw StatusWordError(.conditionsOfUse) }
    return approval
  }

  /// Command 7: the model is erased, the table closed up, and a mark stays that commands 6, 9 and 11 honour.
  func modelKeyErase(_ call: ModuleCall) throws(StatusWordError) -> Response {
    // RDM serves once, also where the command fails.
    let answered = challenge
    challenge = nil
    try call.checkNoParameters()
    let statement: Signed<ModelWithdrawal> = try call.message()
    let withdrawal = try call.verified(statement, answering: answered, by: call.carrierKeys).body
    let models = call.records.modelKeys.filter { $0.key != withdrawal.key }
    call.records.modelKeys = models
    if !call.isWithdrawn(withdrawal.key) {
      let withdrawn = call.records.withdrawnModels
      guard models.count + withdrawn.count < Self.withdrawalLimit else { throw StatusWordError(.notEnoughMemory) }
      call.records.withdrawnModels = withdrawn + [withdrawal]
    }
    if reader?.model == withdrawal.key { reader = nil }
    return Response()
  }

  /// Command 10: a new number each time, in RAM until it is used, the next one is asked for, or power goes.
  func challenge(_ call: ModuleCall) throws(StatusWordError) -> Response {
    guard let slot = ChallengeSlot(rawValue: call.command.p1), call.command.p2 == 0, call.command.data.isEmpty else {
      throw StatusWordError(.wrongP1P2)
    }
    let number = Challenge(random: call.exchange.random)
    switch slot {
    case .carrier: challenge = number
    case .possession: possessionChallenge = number
    }
    return Response(number.bytes)
  }
}
