import JSON
import TLV

extension ES9Plus {
  /// SGP.22 §5.6.4: the device delivers a notification of the eUICC.
  public enum HandleNotification: ServerFunction {
    public static let path = "/gsma/rsp2/es9plus/handleNotification"
    public static let isNotification = true
    public typealias Response = NoFields

    /// ```
    /// HandleNotification ::= [61] SEQUENCE { pendingNotification PendingNotification, ... }   -- BF3D { A0 }
    /// ```
    public struct Request: TLVMessage, TLVSequence, JSONMessage, Hashable {
      /// The notification as the eUICC signed it.
      public let pendingNotification: PendingNotification

      /// Its one field.
      public init(pendingNotification: PendingNotification) { self.pendingNotification = pendingNotification }

      public static let tag: TLVTag = 0xBF3D
      public static let isExtensible = true

      public init(fields reader: inout TLVReader) throws(TLVError) {
        pendingNotification = try PendingNotification(encoded: reader.element(0xA0).content)
      }

      public func encodeFields(to writer: inout TLVWriter) {
        writer.write(0xA0, bytes: pendingNotification.encoded)
      }

      public init(json: JSONObject) throws(JSONError) {
        let bytes = try json.bytes("pendingNotification")
        do { pendingNotification = try PendingNotification(encoded: bytes) } catch {
          throw .invalid("pendingNotification", "\(error)")
        }
      }

      public var json: JSONObject {
        var json = JSONObject()
        json.set("pendingNotification", base64: pendingNotification.encoded)
        return json
      }
    }
  }
}
