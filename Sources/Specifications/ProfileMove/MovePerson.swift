import Bytes
import JSON
import SGP22

/// The person shows who they are (step 510).
public enum MovePerson: ServerFunction {
  public static let path = "/simurgh/profilemove/person"
  public typealias Response = MoveStatus.Response

  /// By what.
  public enum Proof: Sendable, Hashable {
    /// What the person entered: the code that the operator sent to them.
    case code(Secret)
    /// A signature over ``approval(of:)`` by the key that the operator knows to be in the person's device.
    case signature([UInt8])
  }

  /// What a device's key signs: for one device of one move, and for nothing else.
  public static func approval(of ticket: String) -> [UInt8] { Array("D.PersonApproval \(ticket)".utf8) }

  /// `{ ticket, code | signature }`
  public struct Request: JSONMessage, Hashable {
    /// The device's.
    public let ticket: String
    /// Who it is.
    public let proof: Proof

    /// Both fields.
    public init(ticket: String, proof: Proof) { (self.ticket, self.proof) = (ticket, proof) }

    public init(json: JSONObject) throws(JSONError) {
      ticket = try json.text("ticket", atMost: MoveLimit.ticket)
      if let signature = try json.bytesIfPresent("signature") {
        guard signature.count == 64 else { throw .invalid("signature", "64 bytes are wanted") }
        proof = .signature(signature)
      } else {
        proof = .code(Secret(Array(try json.text("code", atMost: MoveLimit.word).utf8)))
      }
    }

    public var json: JSONObject {
      var json = JSONObject()
      json.set("ticket", ticket)
      switch proof {
      case .code(let code): json.set("code", String(decoding: code.bytes, as: UTF8.self))
      case .signature(let signature): json.set("signature", base64: signature)
      }
      return json
    }
  }
}
