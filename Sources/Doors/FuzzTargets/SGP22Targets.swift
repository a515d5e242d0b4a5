import JSON
import SGP22
import TLV

extension FuzzTarget {
  static let json = FuzzTarget("json") { bytes in
    guard let object = try? JSONReader.object(bytes) else { return }
    let again = try? JSONReader.object(object.encoded)
    precondition(again == object, "an object survives its own bytes")
  }

  /// Bodies of ES9+, ES11, ES12 and ES2+.
  static let es9PlusJSON = FuzzTarget("es9plus-json") { bytes in
    func feed<Function: ServerFunction>(_ function: Function.Type) {
      if let (header, request) = try? JSONBinding.decode(Function.Request.self, from: bytes) {
        let again = try? JSONBinding.decode(Function.Request.self, from: JSONBinding.encode(request, header: header))
        precondition(again != nil, "a request survives its own bytes")
      }
      _ = try? JSONBinding.decodeAnswer(Function.Response.self, from: bytes)
    }
    feed(ES9Plus.InitiateAuthentication.self)
    feed(ES9Plus.AuthenticateClient.self)
    feed(ES9Plus.GetBoundProfilePackage.self)
    feed(ES9Plus.HandleNotification.self)
    feed(ES9Plus.CancelSession.self)
    feed(ES11.AuthenticateClient.self)
    feed(ES12.RegisterEvent.self)
    feed(ES12.DeleteEvent.self)
    feed(ES2Plus.DownloadOrder.self)
    feed(ES2Plus.ConfirmOrder.self)
    feed(ES2Plus.CancelOrder.self)
    feed(ES2Plus.ReleaseProfile.self)
    feed(ES2Plus.HandleDownloadProgressInfo.self)
  }

  /// The ASN.1 binding, which holds nearly every structure, and the eUICC's functions.
  static let sgp22 = FuzzTarget("sgp22") { bytes in
    func feed<Message: TLVMessage>(_ message: Message.Type) {
      guard let value = try? Message(encoded: bytes) else { return }
      precondition((try? Message(encoded: value.encoded)) != nil, "a message survives its own bytes")
    }
    feed(RemoteProfileProvisioningRequest.self)
    feed(RemoteProfileProvisioningResponse.self)
    feed(ES10b.AuthenticateServer.Request.self)
    feed(ES10b.PrepareDownload.Request.self)
    feed(ES10b.RetrieveNotificationsList.Response.self)
    feed(ES10c.GetProfilesInfo.Request.self)
    feed(ES10c.GetProfilesInfo.Response.self)
    feed(ES10b.GetRAT.Response.self)
    feed(BoundProfilePackage.self)
    feed(ProfileInstallationResult.self)
    feed(StoreMetadataRequest.self)
    feed(EUICCInfo2.self)
  }
}
