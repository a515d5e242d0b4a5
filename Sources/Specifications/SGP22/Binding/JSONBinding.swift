import JSON

/// Bodies of the JSON binding (SGP.22 §6.5.1).
public enum JSONBinding {
  /// The largest body that is read: a profile package of 2 MiB in base 64.
  public static let bodyLimit = 3 << 20

  /// The header of a request on ES2+ and ES12 (§6.5.1.3).
  public struct RequestHeader: Sendable, Hashable {
    /// Who calls.
    public var functionRequesterIdentifier: String
    /// Which call: a repetition bears the same.
    public var functionCallIdentifier: String

    /// Both fields.
    public init(functionRequesterIdentifier: String, functionCallIdentifier: String) {
      self.functionRequesterIdentifier = functionRequesterIdentifier
      self.functionCallIdentifier = functionCallIdentifier
    }

    init(json: JSONObject) throws(JSONError) {
      functionRequesterIdentifier = try json.text("functionRequesterIdentifier", atMost: 256)
      functionCallIdentifier = try json.text("functionCallIdentifier", atMost: 256)
      guard !functionRequesterIdentifier.isEmpty, !functionCallIdentifier.isEmpty else {
        throw .invalid("header", "an identifier is empty")
      }
    }

    var json: JSONObject {
      var json = JSONObject()
      json.set("functionRequesterIdentifier", functionRequesterIdentifier)
      json.set("functionCallIdentifier", functionCallIdentifier)
      return json
    }
  }

  // MARK: Requests

  /// A request's body.
  public static func encode(_ request: some JSONMessage, header: RequestHeader? = nil) -> [UInt8] {
    var body = JSONObject()
    body.set("header", header?.json)
    for member in request.json.members { body[member.name] = member.value }
    return body.encoded
  }

  /// The request that a body carries; its header is there on ES2+ and ES12.
  public static func decode<Request: JSONMessage>(
    _ type: Request.Type = Request.self, from body: [UInt8]
  ) throws(JSONError) -> (header: RequestHeader?, request: Request) {
    let json = try object(body)
    let header = try json.objectIfPresent("header").map { header throws(JSONError) in try RequestHeader(json: header) }
    return (header, try Request(json: json))
  }

  // MARK: Answers

  /// An answer's body.
  public static func encode(_ answer: Result<some JSONMessage, Refusal>) -> [UInt8] {
    var header = JSONObject()
    var body = JSONObject()
    switch answer {
    case .success(let response):
      header.set("functionExecutionStatus", FunctionExecutionStatus.executedSuccess.json)
      body.set("header", header)
      for member in response.json.members { body[member.name] = member.value }
    case .failure(let refusal):
      header.set("functionExecutionStatus", FunctionExecutionStatus.failed(refusal).json)
      body.set("header", header)
    }
    return body.encoded
  }

  /// The answer that a body carries.
  public static func decodeAnswer<Response: JSONMessage>(
    _ type: Response.Type = Response.self, from body: [UInt8]
  ) throws(JSONError) -> Result<Response, Refusal> {
    let json = try object(body)
    let status = try FunctionExecutionStatus(json: json.object("header").object("functionExecutionStatus"))
    switch status {
    case .executedSuccess, .executedWithWarning: return .success(try Response(json: json))
    case .failed(let refusal), .expired(let refusal): return .failure(refusal)
    }
  }

  private static func object(_ body: [UInt8]) throws(JSONError) -> JSONObject {
    guard body.count <= bodyLimit else { throw .malformed("the body is too large", offset: bodyLimit) }
    return try JSONReader.object(body)
  }
}

/// How a function ended (SGP.22 §6.5.1.4).
public enum FunctionExecutionStatus: Sendable, Hashable {
  case executedSuccess
  case executedWithWarning
  case failed(Refusal)
  case expired(Refusal)

  /// `{ "status", "statusCodeData": { "subjectCode", "reasonCode", "subjectIdentifier"?, "message"? } }`
  init(json: JSONObject) throws(JSONError) {
    func refusal() throws(JSONError) -> Refusal {
      guard let data = try json.objectIfPresent("statusCodeData") else { return .providerFailed }
      return Refusal(
        subject: try data.text("subjectCode", atMost: 32), reason: try data.text("reasonCode", atMost: 32),
        subjectIdentifier: try data.textIfPresent("subjectIdentifier"), message: try data.textIfPresent("message"))
    }
    switch try json.text("status") {
    case "Executed-Success": self = .executedSuccess
    case "Executed-WithWarning": self = .executedWithWarning
    case "Failed": self = .failed(try refusal())
    case "Expired": self = .expired(try refusal())
    default: throw .invalid("status", "the status is unknown")
    }
  }

  var json: JSONObject {
    var json = JSONObject()
    func data(_ refusal: Refusal) -> JSONObject {
      var data = JSONObject()
      data.set("subjectCode", refusal.subjectCode)
      data.set("reasonCode", refusal.reasonCode)
      data.set("subjectIdentifier", refusal.subjectIdentifier)
      data.set("message", refusal.message)
      return data
    }
    switch self {
    case .executedSuccess: json.set("status", "Executed-Success")
    case .executedWithWarning: json.set("status", "Executed-WithWarning")
    case .failed(let refusal):
      json.set("status", "Failed")
      json.set("statusCodeData", data(refusal))
    case .expired(let refusal):
      json.set("status", "Expired")
      json.set("statusCodeData", data(refusal))
    }
    return json
  }
}
