import Bytes
import SGP22
import Stations
import TLV
import Transport

/// Requests as they may be recorded: without the secrets that two of them hold.
enum Masking {
  /// What is recorded of `message`, which carries `request`, if it could be read.
  static func recorded(_ request: (some JSONMessage)?, of message: Message) -> [UInt8] {
    switch (message.path, request) {
    case (ES2Plus.ConfirmOrder.path, let request as ES2Plus.ConfirmOrder.Request): masked(request)
    case (ES9Plus.GetBoundProfilePackage.path, let request as ES9Plus.GetBoundProfilePackage.Request),
      (HTTPRules.asn1Path, let request as ES9Plus.GetBoundProfilePackage.Request):
      masked(request) ?? message.body
    // What cannot be read may hold a secret anywhere.
    case (ES2Plus.ConfirmOrder.path, _), (ES9Plus.GetBoundProfilePackage.path, _): Array("‹unreadable›".utf8)
    default: message.body
    }
  }

  /// The request without the confirmation code.
  private static func masked(_ request: ES2Plus.ConfirmOrder.Request) -> [UInt8] {
    JSONBinding.encode(
      ES2Plus.ConfirmOrder.Request(
        iccid: request.iccid, eid: request.eid, matchingId: request.matchingId,
        confirmationCode: request.confirmationCode.map { Secret(Array("\($0)".utf8)) },
        smdsAddress: request.smdsAddress, releaseFlag: request.releaseFlag))
  }

  /// The request without hashCc, from which a code of a few digits is soon found, and without the signature over it, by
  /// which a guess could be tried; nil where it has none.
  private static func masked(_ request: ES9Plus.GetBoundProfilePackage.Request) -> [UInt8]? {
    guard case .ok(let ok) = request.prepareDownloadResponse.value, ok.euiccSigned2.value.hashCc != nil else {
      return nil
    }
    let signed = EUICCSigned2(
      transactionId: ok.euiccSigned2.value.transactionId, euiccOtpk: ok.euiccSigned2.value.euiccOtpk,
      hashCc: [UInt8](repeating: 0, count: 32))
    return JSONBinding.encode(
      ES9Plus.GetBoundProfilePackage.Request(
        transactionId: request.transactionId,
        prepareDownloadResponse: Verbatim(
          .ok(
            PrepareDownloadResponseOk(
              euiccSigned2: Verbatim(signed, tag: .sequence), euiccSignature2: [UInt8](repeating: 0, count: 64))))))
  }
}
