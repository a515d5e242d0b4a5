import APDU
import Bytes
import HandsetRegistration
import SecureMessages

// Commands 1, 3, 4, 5 and 11: the carriers whose keys the module holds.
extension Module {
  /// How many carriers a handset's module holds; terminals' modules and cards hold exactly one.
  static let carrierLimit = 16

  /// Command 1: supervisor mode, for the one command that follows. Three wrong passwords end it for good.
  func supervisorMode(_ call: ModuleCall) throws(StatusWordError) -> Response {
    try call.checkNoParameters()
    guard case .common(_, let password) = call.memory.load else { throw StatusWordError(.instructionNotSupported) }
    let tries = call.records.passwordTriesLeft
    guard tries > 0 else { throw StatusWordError(.blocked) }
    // The try is spent, durably, before the comparison: a cut of power gives none back.
    call.records.passwordTriesLeft = tries - 1
    try call.exchange.memory.commit()
    guard equalInConstantTime(call.command.data, password.bytes) else {
      throw StatusWordError(.verificationFailed(tries: tries - 1))
    }
    call.records.passwordTriesLeft = Records.passwordTries
    supervised = (call.exchange.channelIndex, call.exchange.endedCommands + 1)
    return Response()
  }

  /// Command 3: keeps E(KD_COB, KE_C), for others to be given the key.
  func signatureDataWrite(_ call: ModuleCall) throws(StatusWordError) -> Response {
    try call.checkNoParameters()
    _ = try certifiedCarrierKey(call)
    call.records.signatureData = call.command.data
    return Response()
  }

  /// Command 4: "decryption is performed using the common public key KE_COB held in the ROM and KE_Cj is written into
  /// the EEPROM … added to the bottom of the contents of the table".
  func carrierKeyWrite(_ call: ModuleCall) throws(StatusWordError) -> Response {
    try call.checkNoParameters()
    let new = try certifiedCarrierKey(call)
    var keys = call.records.carrierKeys
    // A key that is there already stays in its place; its statement may have another term.
    if let index = keys.firstIndex(where: { $0.claimedBody == new.claimedBody }) {
      keys[index] = new
      call.records.carrierKeys = keys
      return Response()
    }
    guard keys.count < (call.kind == .handset ? Self.carrierLimit : 1) else {
      throw StatusWordError(.notEnoughMemory)
    }
    keys.append(new)
    call.records.carrierKeys = keys
    return Response()
  }

  /// The carrier key that the data field brings, with the consortium's statement; in supervisor mode only.
  private func certifiedCarrierKey(_ call: ModuleCall) throws(StatusWordError) -> Signed<CarrierKey> {
    guard call.isSupervised, case .common(let consortiumKey, _) = call.memory.load else {
      throw StatusWordError(.conditionsOfUse)
    }
    // A degenerate key (0 and 1 in the document's RSA; off the curve, or its identity, today) is not even read: 6A80.
    let statement: Signed<CarrierKey> = try call.message()
    _ = try call.verified(statement, by: [KnownParty(.consortium, key: consortiumKey)])
    // The consortium made it then, so it is later now: an older statement that was over by then counts no more.
    if let made = statement.claimedTerm?.notBefore { call.records.see(made, of: .consortium) }
    return statement
  }

  /// Command 5: E(KD_COB, KE_C) as command 3 brought it.
  func signatureDataRead(_ call: ModuleCall) throws(StatusWordError) -> Response {
    try call.checkNoParameters()
    guard let data = call.records.signatureData else { throw StatusWordError(.referencedDataNotFound) }
    return Response(data)
  }

  /// Command 11: the certified key of carrier number P1, from 1, to a caller who shows something that it signed; 6982
  /// where that is another's (the caller tries the next), 6A88 behind the last. RDM stays.
  func carrierKeyRead(_ call: ModuleCall) throws(StatusWordError) -> Response {
    guard let proof = CarrierKeyProof(rawValue: call.command.p2) else { throw StatusWordError(.wrongP1P2) }
    let (statements, index) = (call.carrierStatements, Int(call.command.p1) - 1)
    guard statements.indices.contains(index) else { throw StatusWordError(.referencedDataNotFound) }
    let key = statements[index].claimedBody
    switch proof {
    case .answer:
      let message: Signed<CarrierAnswer> = try call.message()
      guard message.claimedSender == key.carrier else { throw StatusWordError(.securityStatus) }
      let answer = try call.verified(message, answering: challenge, by: [key]).body
      call.records.see(answer.time, of: key.carrier)
    case .approval:
      let message: Signed<ModelApproval> = try call.message()
      guard message.claimedSender == key.carrier else { throw StatusWordError(.securityStatus) }
      _ = try approval(message, call, by: [key])
    }
    return Response(statements[index].encoded)
  }
}
