import SGP22
import TLV

/// What a device keeps of a download under way, so that after a restart the profile is neither lost nor installed twice.
///
/// There is none before a server has begun a session: till then a download leaves nothing to be taken up. It is written
/// before each step that binds somebody: before the eUICC is asked to sign in a session, before the first
/// piece of the package goes to it, and before the server is told of a cancellation that ends the order.
public struct DownloadRecord: Codable, Hashable, Sendable {
  /// How far the download had come.
  public enum Stage: Codable, Hashable, Sendable {
    /// Server and eUICC know the session; nothing has been loaded.
    case inSession(transactionId: [UInt8])
    /// The eUICC may have installed the profile; `metadata` is the encoded StoreMetadataRequest that was consented to.
    case installing(transactionId: [UInt8], metadata: [UInt8])
    /// The download is ended for good, and the server does not know it yet; `response` is the encoded
    /// CancelSessionResponse that the eUICC signed.
    case cancelled(transactionId: [UInt8], response: [UInt8])
  }

  /// The SM-DP+.
  public let address: String
  /// The token: of an activation code, an event, or empty.
  public let matchingId: String
  /// The identifier that the activation code asks the server to have.
  public let oid: String?
  /// Whether the activation code announces a confirmation code.
  public let confirmationCodeRequired: Bool
  /// How far the download had come.
  public let stage: Stage

  package init(
    address: String, matchingId: String, oid: String?, confirmationCodeRequired: Bool, stage: Stage
  ) {
    (self.address, self.matchingId, self.oid) = (address, matchingId, oid)
    (self.confirmationCodeRequired, self.stage) = (confirmationCodeRequired, stage)
  }

  /// Whether the download was ended for good.
  var isCancelled: Bool {
    if case .cancelled = stage { return true }
    return false
  }

  /// The session.
  var transactionId: [UInt8] {
    switch stage {
    case .inSession(let transactionId), .installing(let transactionId, _), .cancelled(let transactionId, _):
      transactionId
    }
  }

  /// What the server is still to be told, and what the eUICC signed; nil where that is nothing or the record is damaged.
  var cancellation: (address: FQDN, request: ES9Plus.CancelSession.Request)? {
    guard case .cancelled(let transaction, let response) = stage, let transaction = TransactionId(transaction),
      let element = try? TLVElement(response),
      let response = try? Verbatim<ES10b.CancelSession.Response>(element), response.value.reason != nil,
      let address = FQDN(address)
    else { return nil }
    return (address, ES9Plus.CancelSession.Request(transactionId: transaction, cancelSessionResponse: response))
  }
}

extension ProfileDownload {
  /// The download that `record` tells of, from its beginning; nil where the record is damaged.
  init?(repeating record: DownloadRecord, device: DeviceInfo) {
    guard let address = FQDN(record.address) else { return nil }
    let oid = record.oid.flatMap { OID($0) }
    guard (oid == nil) == (record.oid == nil) else { return nil }
    self.init(
      address: address, matchingId: record.matchingId, oid: oid,
      wantsConfirmationCode: record.confirmationCodeRequired, device: device)
  }
}

extension ES10b.CancelSession.Response {
  /// What the eUICC signed; nil where it signed nothing.
  var reason: CancelSessionReason? {
    guard case .ok(let ok) = self else { return nil }
    return ok.euiccCancelSessionSigned.value.reason
  }
}
