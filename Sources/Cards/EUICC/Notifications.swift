import APDU
import Bytes
import CircleOfTrust
import Identifiers
import SGP22
import SecureElement
import TLV

/// A notification as the card's memory keeps it.
enum StoredNotification: TLVMessage {
  /// An installation result, signed when it came about.
  case installation(Verbatim<ProfileInstallationResult>)
  /// Another event, which is signed under an identity when somebody asks for it.
  case event(Verbatim<NotificationMetadata>, ciPKId: KeyIdentifier)

  static let tag = TLVTag.sequence

  init(_ element: TLVElement) throws(TLVError) {
    var reader = try element.reader()
    if reader.nextTag == ProfileInstallationResult.tag {
      self = .installation(try reader.read(ProfileInstallationResult.tag))
    } else {
      self = .event(try reader.read(NotificationMetadata.tag), ciPKId: try reader.read())
    }
    try reader.finish()
  }

  func encodeContent(to writer: inout TLVWriter) {
    switch self {
    case .installation(let result): writer.append(encoded: result.encoded)
    case .event(let metadata, let ciPKId):
      writer.append(encoded: metadata.encoded)
      writer.write(ciPKId)
    }
  }

  var metadata: NotificationMetadata {
    switch self {
    case .installation(let result): result.value.profileInstallationResultData.value.notificationMetadata
    case .event(let metadata, _): metadata.value
    }
  }
}

/// The list of notifications (SGP.22 §3.5, §5.7.9–§5.7.11).
struct Notifications {
  private let records: CardRecords

  init(_ records: CardRecords) { self.records = records }

  /// SGP.22 §3.5: one notification for each address that is configured for the event; seqNumber goes up with each.
  func add(_ event: NotificationEvent, of metadata: StoreMetadataRequest, ciPKId: KeyIdentifier) {
    for entry in metadata.notificationConfigurationInfo ?? []
    where entry.profileManagementOperation.contains(event) {
      let seqNumber = records.nextSeqNumber
      records.nextSeqNumber = seqNumber + 1
      let envelope = NotificationMetadata(
        seqNumber: seqNumber, event: event, notificationAddress: entry.notificationAddress, iccid: metadata.iccid)
      records.write(StoredNotification.event(Verbatim(envelope), ciPKId: ciPKId), seqNumber: seqNumber)
    }
  }

  /// One for each address of an installed profile.
  func add(_ event: NotificationEvent, of profile: InstalledProfile) {
    add(event, of: profile.metadata, ciPKId: profile.ciPKId)
  }

  /// Those of the given events; nil: all.
  func list(_ events: NamedBits<NotificationEvent>?) -> [StoredNotification] {
    records.notifications.filter { notification in
      guard let events else { return true }
      return notification.metadata.profileManagementOperation.named.contains(where: events.contains)
    }
  }
}

extension ISDR {
  /// SGP.22 §5.7.9.
  func listNotification(
    _ request: ES10b.ListNotification.Request, in exchange: Exchange
  ) throws(StatusWordError) -> ES10b.ListNotification.Response {
    .ok(Notifications(CardRecords(exchange.memory)).list(request.profileManagementOperation).map(\.metadata))
  }

  /// SGP.22 §5.7.10.
  func retrieveNotificationsList(
    _ request: ES10b.RetrieveNotificationsList.Request, in exchange: Exchange
  ) throws(StatusWordError) -> ES10b.RetrieveNotificationsList.Response {
    let records = CardRecords(exchange.memory)
    let wanted: [StoredNotification] =
      switch request.searchCriteria {
      case .seqNumber(let number): records.notifications.filter { $0.metadata.seqNumber == number }
      case .profileManagementOperation(let events): Notifications(records).list(events)
      case nil: records.notifications
      }
    guard !wanted.isEmpty else { return .error(.noResultAvailable) }
    let trust = try CardTrust(records, circles)
    var list: [PendingNotification] = []
    for notification in wanted { list.append(try signed(notification, trust)) }
    return .ok(list)
  }

  private func signed(_ notification: StoredNotification, _ trust: CardTrust) throws(StatusWordError)
    -> PendingNotification
  {
    switch notification {
    case .installation(let result): return .profileInstallationResult(result)
    case .event(let metadata, let ciPKId):
      guard let identity = try trust.identity(ciPKId) else { throw StatusWordError(.technicalProblem) }
      let signature = try sign(metadata.encoded, under: identity, eid: trust.constants.eid)
      return .otherSignedNotification(
        Verbatim(
          OtherSignedNotification(
            tbsOtherNotification: metadata, euiccNotificationSignature: signature,
            euiccCertificate: identity.euiccCertificate, eumCertificate: identity.eumCertificate)))
    }
  }

  /// SGP.22 §5.7.11.
  func removeNotificationFromList(
    _ request: ES10b.RemoveNotificationFromList.Request, in exchange: Exchange
  ) throws(StatusWordError) -> ES10b.RemoveNotificationFromList.Response {
    let isThere = CardRecords(exchange.memory).removeNotification(seqNumber: request.seqNumber)
    return .init(isThere ? .ok : .nothingToDelete)
  }
}
