import Bytes
import HandsetRegistration
import Identifiers
import RegistrationDevice
import SecureMessages

extension Handset {
  /// A new registration at an off-line dealer's terminal (A5): the ID comes out of a batch, signed for this module's RDM with
  /// the batch's key. The network takes it when the carrier has reconciled the batch.
  public func registerOffline(over line: any RegistrationLine, applicant: any Applicant) throws -> PublicInformation {
    isRegistering = true
    defer { isRegistering = false }
    let (module, model) = (try module(), try equipment.keys.model())
    // Command 10; the number out of the batch instead of the carrier's answer.
    let rdm = try module.challenge(.carrier)
    var offer: OfflineOffer = try line.ask(RegistrationStart(rdm: rdm, certificate: module.certificate))
    // Command 11 with the approval of the model: "the certified key of the carrier that approved it".
    guard let approval = offer.approvals.first(where: { $0.claimedBody.key == model.key.publicKey }) else {
      throw DeviceError.refused(.unknownModel)
    }
    guard let carrier = try module.carrierKey(.approval, approval.encoded, by: equipment.authorities, clock) else {
      throw DeviceError.foreignNetwork
    }
    let (keyed, services) = try applicant.application(for: .new)
    guard let creditCard = CreditCardNumber(keyed) else { throw DeviceError.creditCardNumber }
    while try !applicant.accepts(offer.number) { offer = try line.ask(OfflineRefusal(name: offer.name)) }
    // The application is for the carrier, when it reconciles the batch.
    let application = OfflineApplication(
      modelKey: model.key.publicKey, creditCard: creditCard, services: services, number: offer.number)
    let signed = try Signed(application, by: model, to: carrier.party, answering: offer.name)
    let delivered: OfflineDelivered = try line.ask(
      OfflineRequest(
        name: offer.name, rdm: rdm, certificate: module.certificate, services: services,
        application: Sealed(signed, from: model.party, to: carrier, answering: offer.name)))
    // Commands 6 and 8, the latter with the batch's key.
    _ = try module.send(.modelKeyRegistration, approval.encoded)
    let receipt = try Signed<WriteReceipt>(
      encoded: module.send(
        .idWrite, p2: WriteVariant.batch.rawValue, offer.certificate.encoded + delivered.information.encoded))
    isIDWritten = module.isBuiltIn
    try line.deliver(receipt)
    guard case .ready(let information, _) = powerOn() else { throw DeviceError.notAuthentic }
    return information
  }
}
