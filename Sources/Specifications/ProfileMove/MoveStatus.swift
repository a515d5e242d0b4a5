import Identifiers
import JSON
import SGP22

/// What a device is told of a move that it takes part in, and what it is to do. A device asks again and again: it is told
/// what is wanted of its profiles, not what to do next, so an answer that is lost or comes twice does no harm.
public enum MoveStatus: ServerFunction {
  public static let path = "/simurgh/profilemove/status"

  /// `{ ticket }`
  public struct Request: JSONMessage, Hashable {
    /// Names the move and the device's part in it; nobody else knows it.
    public let ticket: String

    /// Its one field.
    public init(ticket: String) { self.ticket = ticket }

    public init(json: JSONObject) throws(JSONError) { ticket = try json.text("ticket", atMost: MoveLimit.ticket) }

    public var json: JSONObject {
      var json = JSONObject()
      json.set("ticket", ticket)
      return json
    }
  }

  /// What is wanted of a profile on the device that asks.
  public enum Wish: String, Sendable, CaseIterable {
    /// The person is asked whether the profile may move.
    case consent
    /// A backup of it is asked for: ``MoveBackup`` brings it.
    case backUp
    /// It is downloaded by the activation code, and enabled.
    case install
    case disabled
    case enabled
    case deleted
    /// Nothing for now.
    case nothing
  }

  /// `{ state, sentence, wish, iccid, activationCode?, backupRequest?, isOver }`
  public struct Response: JSONMessage, Hashable {
    /// How the move stands, in a word: the step's name, or its end.
    public let state: String
    /// The same for a person.
    public let sentence: String
    /// What is wanted.
    public let wish: Wish
    /// Of which profile.
    public let iccid: ICCID?
    /// For ``Wish/install``.
    public let activationCode: String?
    /// For ``Wish/backUp``: ``BackUpProfile/Request``, for the secure element.
    public let backupRequest: [UInt8]?
    /// Whether nothing more will be wanted once the wish is fulfilled.
    public let isOver: Bool

    /// All fields.
    public init(
      state: String, sentence: String, wish: Wish, iccid: ICCID?, activationCode: String? = nil,
      backupRequest: [UInt8]? = nil,
      isOver: Bool
    ) {
      (self.state, self.sentence, self.wish, self.iccid) = (state, sentence, wish, iccid)
      (self.activationCode, self.backupRequest, self.isOver) = (activationCode, backupRequest, isOver)
    }

    public init(json: JSONObject) throws(JSONError) {
      state = try json.text("state", atMost: MoveLimit.word)
      sentence = try json.text("sentence", atMost: MoveLimit.sentence)
      guard let wish = Wish(rawValue: try json.text("wish", atMost: MoveLimit.word)) else {
        throw .invalid("wish", "no wish that this device knows")
      }
      self.wish = wish
      iccid = try json.iccidIfPresent()
      activationCode = try json.textIfPresent("activationCode", atMost: MoveLimit.sentence)
      backupRequest = try json.bytesIfPresent("backupRequest")
      isOver = try json.bool("isOver")
      guard (wish == .install) == (activationCode != nil) else {
        throw .invalid("activationCode", "it goes with the wish to install")
      }
      guard (wish == .backUp) == (backupRequest != nil) else {
        throw .invalid("backupRequest", "it goes with the wish for a backup")
      }
    }

    public var json: JSONObject {
      var json = JSONObject()
      json.set("state", state)
      json.set("sentence", sentence)
      json.set("wish", wish.rawValue)
      json.set(iccid)
      json.set("activationCode", activationCode)
      json.set("backupRequest", base64: backupRequest)
      json["isOver"] = .bool(isOver)
      return json
    }
  }
}

/// How long texts of a move's messages may be, in bytes.
enum MoveLimit {
  static let ticket = 64
  static let word = 64
  static let sentence = 512
}
