import Bytes
import CircleOfTrust
import Foundation
import Keys
import Transport

/// What a front proxy that ends mutual TLS hands on: the client's certificate, with a secret that only the proxy and this
/// listener know. Every program of the machine can reach a loopback address, so a header alone proves nothing.
struct FrontDoor {
  static let certificateHeader = "X-Simurgh-Client-Certificate"
  static let secretHeader = "X-Simurgh-Front"

  let secret: Secret
  /// Whose certificates are let in, in DER.
  let accepted: Set<[UInt8]>

  /// The secret in `file`, which its owner alone may read.
  static func secret(in file: String) throws -> Secret {
    guard FileManager.default.fileExists(atPath: file) else {
      throw Complaint(
        .noInput, "There is no secret of a front proxy in \(file).",
        remedy: "Make it with: simurgh smdp-plus front --mutual")
    }
    let text = try InputFile.text(file)
    let mode = (try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int) ?? 0
    let bytes = try Complaint.naming(file) { try [UInt8](hex: text.filter { !$0.isWhitespace }) }
    guard bytes.count >= 32, mode & 0o077 == 0 else {
      throw Complaint(.configuration, "\(file) is too short or others may read it.", remedy: "chmod 600 \(file)")
    }
    return Secret(bytes)
  }

  /// Makes a secret in `file` where there is none.
  static func makeSecret(in file: String, random: any RandomSource) throws -> Secret {
    if !FileManager.default.fileExists(atPath: file) {
      let made = FileManager.default.createFile(
        atPath: file, contents: Data("\(random.bytes(32).hex)\n".utf8), attributes: [.posixPermissions: 0o600])
      guard made else { throw Complaint(.noPermission, "\(file) cannot be written.") }
    }
    return try secret(in: file)
  }

  /// Lets in what comes from the proxy with a certificate that is accepted, and takes the proxy's headers away.
  func guarding(_ handler: @escaping MessageHandler) -> MessageHandler {
    { message in
      var message = message
      let (shown, text) = (message.headers[Self.secretHeader], message.headers[Self.certificateHeader])
      (message.headers[Self.secretHeader], message.headers[Self.certificateHeader]) = (nil, nil)
      guard let shown = shown.flatMap({ try? [UInt8](hex: $0) }), equalInConstantTime(shown, secret.bytes),
        let certificate = text.flatMap(Self.certificate), accepted.contains(certificate)
      else { return Reply(status: 403) }
      message.peerCertificate = certificate
      return await handler(message)
    }
  }

  /// nginx's $ssl_client_escaped_cert: PEM, percent-encoded.
  private static func certificate(_ text: String) -> [UInt8]? {
    guard let pem = text.removingPercentEncoding else { return nil }
    return (try? PEM.blocks(in: pem))?.first { $0.label == "CERTIFICATE" }?.bytes
  }
}
