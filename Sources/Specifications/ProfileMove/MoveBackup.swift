import JSON
import SGP22

/// Steps 540 and 545: the old device brings the backup that its secure element has made, or says that there is none.
public enum MoveBackup: ServerFunction {
  public static let path = "/simurgh/profilemove/backup"
  public typealias Response = MoveStatus.Response

  /// `{ ticket, answer }`
  public struct Request: JSONMessage, Hashable {
    /// The device's.
    public let ticket: String
    /// ``BackUpProfile/Response``, as the secure element gave it.
    public let answer: [UInt8]

    /// The most bytes of an answer: what a backup may have, with certificates and names.
    public static let limit = ProfileBackup.limit + 16 * 1024

    /// Both fields.
    public init(ticket: String, answer: [UInt8]) { (self.ticket, self.answer) = (ticket, answer) }

    public init(json: JSONObject) throws(JSONError) {
      ticket = try json.text("ticket", atMost: MoveLimit.ticket)
      answer = try json.bytes("answer")
      guard answer.count <= Self.limit else { throw .invalid("answer", "at most \(Self.limit) bytes are taken") }
    }

    public var json: JSONObject {
      var json = JSONObject()
      json.set("ticket", ticket)
      json.set("answer", base64: answer)
      return json
    }
  }
}
