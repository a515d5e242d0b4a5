import Bytes
import Identifiers
import JSON
import Keys
import Store
import Transport

extension JSONObject {
  /// Bytes in hexadecimal digits that must be there.
  func hex(_ name: String) throws(JSONError) -> [UInt8] {
    guard let bytes = try? [UInt8](hex: text(name)) else { throw .invalid(name, "hexadecimal digits are wanted") }
    return bytes
  }

  /// A secret in hexadecimal digits; nil where it is absent.
  fileprivate func secret(_ name: String) throws(JSONError) -> Secret? {
    self[name] == nil ? nil : Secret(try hex(name))
  }
}

extension Subscriber {
  /// A subscriber as the interface takes one: k with opc or op for Milenage, topc for TUAK; amf, seq, indexBits and
  /// generation ("counted", "timed") where they are not the usual ones.
  public init(json: JSONObject, imsi: IMSI) throws {
    guard let k = try json.secret("k") else { throw JSONError.missing("k") }
    let algorithm: Credentials.Algorithm
    switch (try json.secret("opc"), try json.secret("op"), try json.secret("topc")) {
    case (let opc?, nil, nil): algorithm = .milenage(opc: opc)
    case (nil, let op?, nil): algorithm = .milenage(opc: try Milenage.opc(k: k, op: op))
    case (nil, nil, let topc?): algorithm = .tuak(topc: topc)
    default: throw JSONError.invalid("opc", "one of opc, op and topc is wanted")
    }
    let bits = try json["indexBits"] == nil ? SequenceNumberArray.Policy.standard.indexBits : json.integer("indexBits")
    guard
      let policy = SequenceNumberArray.Policy(
        indexBits: bits, delta: SequenceNumberArray.Policy.standard.delta, ageLimit: nil)
    else { throw JSONError.invalid("indexBits", "0 to 8 are possible") }
    guard let seq = UInt64(exactly: try json["seq"] == nil ? 0 : json.integer("seq")) else {
      throw JSONError.invalid("seq", "it is not negative")
    }
    let generation: Generation
    switch try json.textIfPresent("generation") {
    case nil, "counted": generation = .counted
    case "timed": generation = .timed
    default: throw JSONError.invalid("generation", "counted or timed is wanted")
    }
    self = try Subscriber(
      imsi: imsi, credentials: Credentials(k: k, algorithm: algorithm),
      amf: json["amf"] == nil ? [0x80, 0x00] : json.hex("amf"), policy: policy, seq: seq, generation: generation)
  }
}

extension SubscriberSummary {
  /// The summary as the interface tells it.
  public var json: JSONObject {
    var object = JSONObject()
    object.set("imsi", imsi.digits)
    object.set("standing", "\(standing)")
    if !bars.isEmpty { object["bars"] = .array(bars.map { .string("\($0)") }) }
    if let number { object.set("msisdn", number.digits) }
    object["keys"] = .array(
      keys.map { set in
        var keys = JSONObject()
        keys.set("change", set.change)
        keys.set("state", "\(set.state)")
        keys.set("algorithm", set.algorithm)
        keys.set("amf", set.amf.hex)
        keys["indexBits"] = .number(String(set.indexBits))
        keys["seq"] = .number(String(set.seq))
        keys.set("generation", "\(set.generation)")
        return .object(keys)
      })
    return object
  }
}

extension Quintuplet {
  /// The vector in hexadecimal digits.
  public var json: JSONObject {
    var object = JSONObject()
    for (name, bytes) in [
      ("rand", rand), ("xres", xres), ("ck", ck.bytes), ("ik", ik.bytes), ("autn", autn.bytes),
    ] { object.set(name, bytes.hex) }
    return object
  }
}

extension Triplet {
  /// The vector in hexadecimal digits.
  public var json: JSONObject {
    var object = JSONObject()
    for (name, bytes) in [("rand", rand), ("sres", sres), ("kc", kc.bytes)] { object.set(name, bytes.hex) }
    return object
  }
}

/// Why a request over HTTP is refused, as the wire tells it.
struct HTTPRefusal: Error {
  let status: Int
  let error: String
  let message: String

  static let unauthorised = HTTPRefusal(401, "unauthorised", "a known token or certificate is wanted")
  static let forbidden = HTTPRefusal(403, "forbidden", "this client may not do that")
  static let notFound = HTTPRefusal(404, "notFound", "there is no such resource or method")

  private init(_ status: Int, _ error: String, _ message: String) {
    (self.status, self.error, self.message) = (status, error, message)
  }

  init(_ error: any Error) {
    switch error {
    case let error as HTTPRefusal: self = error
    case let error as JSONError: self.init(400, "malformed", error.description)
    case let error as KeyError: self.init(400, "unfitKey", error.description)
    case let error as AuCError: self.init(Self.status(of: error), Self.name(of: error), error.description)
    case let error as StoreError where error.isTemporary:
      self.init(503, "temporarilyUnavailable", "the same request may be sent again in a moment")
    // What went wrong inside is not the peer's to know.
    default: self.init(500, "failed", "the authentication centre failed; its log tells why")
    }
  }

  private static func status(of error: AuCError) -> Int {
    switch error {
    case .unknownSubscriber, .unknownChange: 404
    case .barred: 403
    case .closed: 410
    case .wrongCount, .wrongNodeName, .wrongSubscriber: 400
    case .key: 500
    default: 409
    }
  }

  /// The name of the enumeration's case.
  private static func name(of error: AuCError) -> String {
    Mirror(reflecting: error).children.first?.label ?? "\(error)"
  }

  var reply: Reply {
    var object = JSONObject()
    object.set("error", error)
    object.set("message", message)
    var reply = Reply(status: status, headers: ["Content-Type": "application/json"], body: object.encoded)
    if status == 401 { reply.headers["WWW-Authenticate"] = "Bearer" }
    return reply
  }
}
