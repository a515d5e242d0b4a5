import GSUP
import GlobalPlatform
import HandsetRegistration
import OfflineCard
import SecureMessages
import TLV

extension FuzzTarget {
  /// What a message reads it writes, and reads again.
  static func feed<Words: TLVSequence>(_ type: Words.Type, _ bytes: [UInt8]) {
    guard let element = try? TLVElement(bytes), let words = try? Words(element) else { return }
    var writer = TLVWriter()
    words.encodeFields(to: &writer)
    var reader = TLVReader(writer.bytes)
    precondition((try? Words(fields: &reader)) != nil, "\(type) survives its own bytes")
  }

  /// What modules, terminals and carriers say in handset registration, whoever it comes from.
  static let handsetRegistration = FuzzTarget("handset-registration") { bytes in
    let messages: [any TLVSequence.Type] = [
      RegistrationStart.self, RegistrationStarted.self, SealedRequest<NumberRequest>.self, NumberOffered.self,
      SealedRequest<InformationRequest>.self, InformationDelivered.self, ReceiptDelivery.self,
      RegistrationCompleted.self, RegistrationRefused.self,
    ]
    let bodies: [any TLVSequence.Type] = [
      CarrierAnswer.self, ModelWithdrawal.self, ReadRequest.self, ModulePresence.self, WriteReceipt.self,
      PersonalInformation.self, IDReading.self, NumberRequest.self, NumberOffer.self, InformationRequest.self,
      CarrierKey.self, ModelApproval.self, ModuleCertificate.self, Signed<ModuleCertificate>.self,
      Sealed<Signed<PersonalInformation>>.self,
    ]
    for type in messages + bodies { feed(type, bytes) }
  }

  /// What payment cards, terminals and the charging centre say.
  static let offlineCard = FuzzTarget("offline-card") { bytes in
    let messages: [any TLVSequence.Type] = [
      OpeningChallenge.self, TerminalHello.self, CardHello.self, BeginService.self, ServiceStep.self,
      CardClearance.self, CardIssue.self, UploadRequest.self, NewsRequest.self, CentreAnswer<News>.self,
    ]
    let bodies: [any TLVSequence.Type] = [
      TerminalAuthentication.self, CardAuthentication.self, PINRegistration.self, SettingNumberSignature.self,
      OfflineCard.CardCertificate.self, TerminalCertificate.self, CentreCertificate.self, Clearance.self,
      UsageRecord.self, UsageUpload.self, UploadReceipt.self, News.self, BlackListUpdate.self,
    ]
    for type in messages + bodies { feed(type, bytes) }
  }

  /// What GlobalPlatform cards and their hosts say; the first two bytes are P1 and P2 where a command has them.
  static let globalPlatform = FuzzTarget("global-platform") { bytes in
    guard bytes.count >= 2 else { return }
    let (p1, p2, data) = (bytes[0], bytes[1], Array(bytes.dropFirst(2)))
    _ = try? Install(p1: p1, data: data)
    _ = try? Delete(p2: p2, data: data)
    _ = try? PutKey(p1: p1, p2: p2, data: data)
    _ = try? ContentParameters(bytes: data)
    _ = try? LoadFile(bytes: data)
    _ = try? Receipt.read(data)
    _ = try? Registry.entries(data)
    for type in [
      DataPackage.self, DataPackage.File.self, TokenReference.self, GlobalPlatform.CardCertificate.self,
      LoadFile.DAPBlock.self,
    ] as [any TLVSequence.Type] { feed(type, data) }
  }

  /// Frames of a core network: GSUP, CTRL and the multiplex's own messages.
  static let gsup = FuzzTarget("gsup") { bytes in
    if let frame = IPAFrame(bytes: bytes) {
      precondition(frame.bytes == bytes, "a frame is written as it was read")
      _ = IPAConnectionMessage(payload: frame.payload)
      _ = ControlMessage(payload: frame.payload)
    }
    guard let message = GSUPMessage(bytes: bytes) else { return }
    precondition(message.bytes == bytes, "a message is written as it was read")
    _ = message.imsi
    for element in message.elements { _ = GSUPMessage.Element.list(element.value) }
  }
}
