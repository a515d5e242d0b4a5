import APDU
import Bytes
import HandsetRegistration
import Keys
import SecureElement
import SecureMessages
import TLV

// Commands 8, 9 and 12: the ID.
extension Module {
  /// Command 8: a carrier's ID for this module, in answer to its RDM, which is void afterwards, also on failure. The
  /// answer is the module's receipt. The old ID stays whole until the new one is.
  func idWrite(_ call: ModuleCall) throws(StatusWordError) -> Response {
    let answered = challenge
    challenge = nil
    guard call.command.p1 == 0, let variant = WriteVariant(rawValue: call.command.p2),
      variant == .carrier || call.kind == .handset
    else { throw StatusWordError(.wrongP1P2) }
    guard let answered else { throw StatusWordError(.conditionsOfUse) }
    let (sealed, batch) = try sealedInformation(call, variant)
    let signed: Signed<PersonalInformation>
    do {
      signed = try sealed.opened(from: sealed.claimedSender, by: call.own, answering: answered)
    } catch { throw StatusWordError(.securityStatus) }
    let (id, carrier) = try verified(signed, of: batch, call, answering: answered)
    // A terminal's ID_A is a dealer's, and no subscriber's.
    guard id.moduleKey == call.own.key.publicKey, id.information.msi == call.memory.claims.number,
      (id.information.imsi == nil) == (call.kind == .terminal)
    else {
      throw StatusWordError(.securityStatus)
    }
    do {
      let receipt = try Signed(
        WriteReceipt(imsi: id.information.imsi), by: call.own, to: carrier.party, answering: id.receiptChallenge)
      let oldKeys = try call.records.personalInformation?.keys(place: place(call), vault: vault)
      call.records.personalInformation = try StoredInformation(
        id.information, keys: id.keys, receipt: receipt, place: place(call), vault: vault,
        random: call.exchange.random)
      // Only other keys have seen no sequence number yet.
      if id.keys != oldKeys { call.records.sequenceNumbers = SequenceNumberArray() }
      reader = nil
      return Response(receipt.encoded)
    } catch { throw StatusWordError(.technicalProblem) }
  }

  /// The ID in the data field; of a batch's also who vouches for the batch's key.
  private func sealedInformation(_ call: ModuleCall, _ variant: WriteVariant) throws(StatusWordError) -> (
    Sealed<Signed<PersonalInformation>>, Signed<BatchKey>?
  ) {
    guard variant == .batch else { return (try call.message(), nil) }
    var reader = TLVReader(call.command.data)
    guard let batch = try? reader.read(Signed<BatchKey>.self),
      let sealed = try? Sealed<Signed<PersonalInformation>>(encoded: Array(reader.remaining))
    else { throw StatusWordError(.wrongData) }
    return (sealed, batch)
  }

  /// What a carrier of the module's signed, or a batch's key that such a carrier certified; with the carrier.
  private func verified(
    _ signed: Signed<PersonalInformation>, of batch: Signed<BatchKey>?, _ call: ModuleCall, answering rdm: Challenge
  ) throws(StatusWordError) -> (body: PersonalInformation, signer: KnownParty) {
    guard let batch else { return try call.verified(signed, answering: rdm, by: call.carrierKeys) }
    let (body, carrier) = try call.verified(batch, by: call.carrierKeys.map(\.known))
    guard let known = body.known(of: carrier.party),
      let id = try? signed.verified(from: known, to: call.own.party, answering: rdm)
    else { throw StatusWordError(.securityStatus) }
    return (id, carrier)
  }

  /// Command 9: the ID without its keys, signed by the module and sealed to a registered model that proves that it has
  /// its private key. In the variant of Table 4, a card's, the model's approval comes with the command, and no key need
  /// be stored.
  func idRead(_ call: ModuleCall) throws(StatusWordError) -> Response {
    let answered = possessionChallenge
    possessionChallenge = nil
    guard call.command.p1 == 0, let variant = ReadVariant(rawValue: call.command.p2),
      variant == .registered || call.kind == .card
    else { throw StatusWordError(.wrongP1P2) }
    var (models, request) = (call.records.modelKeys, call.command.data[...])
    if variant == .approvalIncluded {
      let (approval, rest) = try leadingApproval(call)
      (models, request) = ([try self.approval(approval, call, by: call.carrierKeys)], rest)
    }
    guard let signed = try? Signed<ReadRequest>(encoded: request) else { throw StatusWordError(.wrongData) }
    let key = signed.claimedBody.key
    guard models.contains(where: { $0.key == key }), !call.isWithdrawn(key) else {
      throw StatusWordError(.referencedDataNotFound)
    }
    guard let answered else { throw StatusWordError(.conditionsOfUse) }
    let known = KnownParty(.model(key), key: key)
    guard let wanted = try? signed.verified(from: known, to: call.own.party, answering: answered) else {
      throw StatusWordError(.securityStatus)
    }
    guard let id = call.records.personalInformation else { throw StatusWordError(.recordNotFound) }
    let reading = IDReading(information: id.information, receipt: id.receipt)
    do {
      let answer = try Signed(reading, by: call.own, to: known.party, answering: wanted.challenge)
      let sealed = try Sealed(answer, from: call.own.party, to: known, answering: wanted.challenge)
      reader = (key, call.exchange.channelIndex)
      return Response(sealed.encoded)
    } catch { throw StatusWordError(.technicalProblem) }
  }

  /// The approval at the beginning of the data field, and what follows it.
  private func leadingApproval(_ call: ModuleCall) throws(StatusWordError) -> (Signed<ModelApproval>, ArraySlice<UInt8>)
  {
    var reader = TLVReader(call.command.data)
    guard let approval = try? reader.read(Signed<ModelApproval>.self) else { throw StatusWordError(.wrongData) }
    return (approval, reader.remaining)
  }

  /// Command 12: what the module computes with keys that never leave it. No computation takes a key, and none signs or
  /// opens bytes of the caller's choice.
  func compute(_ call: ModuleCall) throws(StatusWordError) -> Response {
    guard let computation = Computation(rawValue: call.command.p1), call.command.p2 == 0 else {
      throw StatusWordError(.wrongP1P2)
    }
    switch computation {
    case .authenticate: return try authenticate(call)
    case .presence: return try presence(call)
    case .terminalProof: return try terminalProof(call)
    }
  }

  /// P1 02, in a terminal's module: data as for P1 01; the answer is what ID_A's key makes of them. Only on a channel on
  /// which the terminal has read ID_A since there is power.
  private func terminalProof(_ call: ModuleCall) throws(StatusWordError) -> Response {
    guard call.kind == .terminal else { throw StatusWordError(.wrongP1P2) }
    guard reader?.channel == call.exchange.channelIndex, let id = call.records.personalInformation else {
      throw StatusWordError(.conditionsOfUse)
    }
    let (carrier, challenge) = try carrierChallenge(call)
    do {
      return Response(
        try id.keys(place: place(call), vault: vault).terminalProof(for: carrier, answering: challenge))
    } catch { throw StatusWordError(.technicalProblem) }
  }

  /// The data field of P1 01 and 02: a carrier's name (80), whose key the module has, and its challenge (81).
  private func carrierChallenge(_ call: ModuleCall) throws(StatusWordError) -> (carrier: Party, challenge: Challenge) {
    var reader = TLVReader(call.command.data)
    guard let carrier = try? reader.read(0x80, as: Party.self), let number = try? reader.read(0x81, as: Challenge.self),
      reader.isAtEnd
    else { throw StatusWordError(.wrongData) }
    guard call.carrierKeys.contains(where: { $0.carrier == carrier }) else {
      throw StatusWordError(.referencedDataNotFound)
    }
    return (carrier, number)
  }

  /// P1 01: data are the carrier's name (80) and its challenge (81); the answer is signed.
  private func presence(_ call: ModuleCall) throws(StatusWordError) -> Response {
    let (carrier, number) = try carrierChallenge(call)
    let body = ModulePresence(number: call.memory.claims.number)
    guard let signed = try? Signed(body, by: call.own, to: carrier, answering: number) else {
      throw StatusWordError(.technicalProblem)
    }
    return Response(signed.encoded)
  }

  /// P1 00: RAND and AUTN, each behind its length; DB with RES, CK and IK, DC with AUTS, or 9862, as a USIM answers
  /// (TS 31.102 §7.1.2.1). Only on a channel on which a model that is not withdrawn has read the ID since
  /// there is power.
  private func authenticate(_ call: ModuleCall) throws(StatusWordError) -> Response {
    guard call.kind != .terminal else { throw StatusWordError(.wrongP1P2) }
    guard reader?.channel == call.exchange.channelIndex, let id = call.records.personalInformation else {
      throw StatusWordError(.conditionsOfUse)
    }
    let data = call.command.data
    guard data.count == 34, data[0] == 16, data[17] == 16, let token = AuthenticationToken(bytes: data[18...]) else {
      throw StatusWordError(.wrongData)
    }
    let rand = Array(data[1..<17])
    do {
      let algorithm = try id.keys(place: place(call), vault: vault).makeAlgorithm()
      let response = try algorithm.f2345(rand: rand)
      guard let sqn = try algorithm.sequenceNumber(in: token, rand: rand, response: response) else {
        throw StatusWordError(.wrongMAC)
      }
      var numbers = call.records.sequenceNumbers
      guard numbers.accept(sqn) == .fresh else {
        let auts = try algorithm.resynchronisationToken(rand: rand, sqnMS: numbers.sqnMS).bytes
        return Response([0xDC, UInt8(clamping: auts.count)] + auts)
      }
      // Durable before the answer leaves the module: the exchange commits in between.
      call.records.sequenceNumbers = numbers
      let fields = [response.res, response.ck.bytes, response.ik.bytes]
      return Response([0xDB] + fields.flatMap { [UInt8(clamping: $0.count)] + $0 })
    } catch let error as StatusWordError { throw error } catch { throw StatusWordError(.technicalProblem) }
  }

  private func place(_ call: ModuleCall) -> String { Places(call.memory.claims.number).authenticationKeys }
}
