import SGP22
import Transport

/// SGP.22 §6.2: what HTTP carries for every function.
public enum HTTPRules {
  /// The largest body that is read. The longest message of ES9+ is an installation result with its EUICCResponse.
  public static let bodyLimit = 64 * 1024
  /// SGP.22 §6.6: the one path of the ASN.1 binding.
  public static let asn1Path = "/gsma/rsp2/asn1"
  /// SGP.22 §6.6: its content type.
  public static let asn1ContentType = "application/x-gsma-rsp-asn1"
  /// SGP.22 §6.5: the JSON binding's content type.
  public static let jsonContentType = "application/json;charset=UTF-8"

  /// Whether `message` may be read.
  static func check(_ message: Message) throws(Denial) {
    guard message.method == "POST" else { throw Refusal.formatInvalid.because("method \(message.method)") }
    guard message.body.count <= bodyLimit else {
      throw Refusal.formatInvalid.because("the body has \(message.body.count) bytes")
    }
    // SGP.22 §6.2: X-Admin-Protocol names the version of the specification; both generations are understood here.
    if let value = message.headers[AdminProtocol.headerName] {
      guard let spoken = AdminProtocol(value), (2...3).contains(spoken.version.major) else {
        throw Refusal.protocolVersionUnsupported.because("\(AdminProtocol.headerName): \(value)")
      }
    }
  }

  /// The request of the ASN.1 binding in `message`.
  public static func asn1Request(in message: Message) throws(Denial) -> RemoteProfileProvisioningRequest {
    try check(message)
    do { return try RemoteProfileProvisioningRequest(encoded: message.body) } catch {
      throw Refusal.formatInvalid.because("\(error)")
    }
  }

  /// An answer without a body; it names the version that is spoken, as every answer does.
  public static func reply(_ status: Int) -> Reply {
    Reply(status: status, headers: [AdminProtocol.headerName: AdminProtocol.current.description])
  }

  /// An answer with a JSON body.
  public static func json(_ body: [UInt8]) -> Reply { reply(body, jsonContentType) }

  /// An answer in the ASN.1 binding.
  static func asn1(_ body: [UInt8]) -> Reply { reply(body, asn1ContentType) }

  private static func reply(_ body: [UInt8], _ contentType: String) -> Reply {
    var reply = reply(200)
    reply.headers["Content-Type"] = contentType
    reply.body = body
    return reply
  }
}
