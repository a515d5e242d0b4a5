import Foundation
import Identifiers
import JSON

extension ES2Plus {
  /// SGP.22 §5.3.5: the SM-DP+ tells the operator how a download goes.
  public enum HandleDownloadProgressInfo: ServerFunction {
    public static let path = "/gsma/rsp2/es2plus/handleDownloadProgressInfo"
    public static let isNotification = true
    public typealias Response = NoFields

    /// Where in the download it stands.
    public enum NotificationPoint: Int, Sendable, CaseIterable {
      case eligibilityAndRetryLimitCheck = 1
      case confirmationFailure, bppDownload, bppInstallation
    }

    /// `{ eid?, iccid, profileType, timestamp, notificationPointId, notificationPointStatus, resultData? }`
    public struct Request: JSONMessage, Hashable {
      /// The eUICC, where it is known.
      public let eid: EID?
      /// The profile.
      public let iccid: ICCID
      /// Its kind.
      public let profileType: String
      /// When, to the second.
      public let timestamp: Instant
      /// At which point.
      public let notificationPoint: NotificationPoint
      /// How it went there.
      public let notificationPointStatus: FunctionExecutionStatus
      /// The eUICC's own words: the data object of the installation result.
      public let resultData: [UInt8]?

      /// All fields.
      public init(
        eid: EID?, iccid: ICCID, profileType: String, timestamp: Instant, notificationPoint: NotificationPoint,
        notificationPointStatus: FunctionExecutionStatus, resultData: [UInt8]? = nil
      ) {
        (self.eid, self.iccid, self.profileType, self.timestamp) = (eid, iccid, profileType, timestamp)
        (self.notificationPoint, self.notificationPointStatus) = (notificationPoint, notificationPointStatus)
        self.resultData = resultData
      }

      public init(json: JSONObject) throws(JSONError) {
        eid = try json.eidIfPresent()
        iccid = try json.iccid()
        profileType = try json.text("profileType", atMost: 256)
        let text = try json.text("timestamp", atMost: 64)
        guard let date = try? Date(text, strategy: .iso8601) else {
          throw .invalid("timestamp", "a time like 2026-01-31T12:00:00Z is wanted")
        }
        timestamp = Instant(seconds: Int64(date.timeIntervalSince1970.rounded(.down)))
        guard let point = NotificationPoint(rawValue: try json.integer("notificationPointId")) else {
          throw .invalid("notificationPointId", "a number from 1 to 4 is wanted")
        }
        notificationPoint = point
        notificationPointStatus = try FunctionExecutionStatus(json: json.object("notificationPointStatus"))
        resultData = try json.bytesIfPresent("resultData")
      }

      public var json: JSONObject {
        var json = JSONObject()
        json.set(eid)
        json.set(iccid)
        json.set("profileType", profileType)
        json.set("timestamp", timestamp.description)
        json["notificationPointId"] = .number(String(notificationPoint.rawValue))
        json.set("notificationPointStatus", notificationPointStatus.json)
        json.set("resultData", base64: resultData)
        return json
      }
    }
  }
}
