import Bytes
import Identifiers
import JSON
import SGP22

/// Somebody outside the operator asks for a move (step 505): its user, or the old device for them. Who they are is found
/// out afterwards, by what the operator sends to the subscriber.
public enum MoveStart: ServerFunction {
  public static let path = "/simurgh/profilemove/start"

  /// `{ iccid, oldEid, newEid, isOldAtHand, word }`
  public struct Request: JSONMessage, Hashable {
    /// The profile.
    public let iccid: ICCID
    /// Where it is.
    public let oldEID: EID
    /// Where it shall be.
    public let newEID: EID
    /// Whether the person has the old device.
    public let isOldAtHand: Bool
    /// What the one who asks has made up: who asks again with it gets the same answer, and nobody else does.
    public let word: Secret

    /// All fields; the word has 32 to 64 characters.
    public init(iccid: ICCID, oldEID: EID, newEID: EID, isOldAtHand: Bool, word: Secret) {
      (self.iccid, self.oldEID, self.newEID) = (iccid, oldEID, newEID)
      (self.isOldAtHand, self.word) = (isOldAtHand, word)
    }

    public init(json: JSONObject) throws(JSONError) {
      iccid = try json.iccid()
      oldEID = try Self.eid("oldEid", in: json)
      newEID = try Self.eid("newEid", in: json)
      guard oldEID != newEID else { throw .invalid("newEid", "a profile moves to another eUICC than its own") }
      isOldAtHand = try json.bool("isOldAtHand")
      word = Secret(Array(try json.text("word", atMost: MoveLimit.word).utf8))
      guard word.bytes.count >= 32 else { throw .invalid("word", "32 to 64 characters are wanted") }
    }

    private static func eid(_ name: String, in json: JSONObject) throws(JSONError) -> EID {
      let text = try json.text(name, atMost: 32)
      do { return try EID(text) } catch { throw .invalid(name, "\(error)") }
    }

    public var json: JSONObject {
      var json = JSONObject()
      json.set(iccid)
      json.set("oldEid", oldEID.digits)
      json.set("newEid", newEID.digits)
      json["isOldAtHand"] = .bool(isOldAtHand)
      json.set("word", String(decoding: word.bytes, as: UTF8.self))
      return json
    }
  }

  /// `{ oldTicket, newTicket }`
  public struct Response: JSONMessage, Hashable {
    /// What the old device takes part by.
    public let oldTicket: String
    /// What the new device takes part by.
    public let newTicket: String

    /// Both tickets.
    public init(oldTicket: String, newTicket: String) { (self.oldTicket, self.newTicket) = (oldTicket, newTicket) }

    public init(json: JSONObject) throws(JSONError) {
      oldTicket = try json.text("oldTicket", atMost: MoveLimit.ticket)
      newTicket = try json.text("newTicket", atMost: MoveLimit.ticket)
    }

    public var json: JSONObject {
      var json = JSONObject()
      json.set("oldTicket", oldTicket)
      json.set("newTicket", newTicket)
      return json
    }
  }
}

/// A person with one of both tickets wants the move to be taken back.
public enum MoveCancel: ServerFunction {
  public static let path = "/simurgh/profilemove/cancel"
  public typealias Request = MoveStatus.Request
  public typealias Response = MoveStatus.Response
}
