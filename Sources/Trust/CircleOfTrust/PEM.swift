import Foundation
import Keys

/// A block of the text form of keys and certificates (RFC 7468).
public struct PEM: Hashable, Sendable {
  /// What stands behind BEGIN: "CERTIFICATE".
  public let label: String
  /// The content.
  public let bytes: [UInt8]

  /// A block of `bytes`.
  public init(_ label: String, _ bytes: [UInt8]) { (self.label, self.bytes) = (label, bytes) }

  /// The block as text: lines of 64 characters, a line break at the end.
  public var text: String {
    let base64 = Array(Data(bytes).base64EncodedString().utf8)
    let lines = stride(from: 0, to: base64.count, by: 64).map {
      String(decoding: base64[$0..<min($0 + 64, base64.count)], as: UTF8.self)
    }
    return (["-----BEGIN \(label)-----"] + lines + ["-----END \(label)-----"]).joined(separator: "\n") + "\n"
  }

  /// The blocks in a text, in their order; text between them is passed over, as RFC 7468 §2 allows.
  public static func blocks(in text: some StringProtocol) throws(PEMError) -> [PEM] {
    var blocks: [PEM] = []
    var open: (label: String, base64: String)?
    for line in text.split(whereSeparator: \.isNewline) {
      let line = line.trimmingCharacters(in: .whitespaces)
      if let label = between("-----BEGIN ", line) {
        guard open == nil else { throw PEMError("a block begins inside another") }
        open = (label, "")
      } else if let label = between("-----END ", line) {
        guard let block = open, block.label == label else { throw PEMError("END \(label) has no BEGIN") }
        guard let data = Data(base64Encoded: block.base64) else { throw PEMError("\(label) is not base64") }
        blocks.append(PEM(label, Array(data)))
        open = nil
      } else {
        open?.base64 += line
      }
    }
    if let open { throw PEMError("\(open.label) has no END") }
    return blocks
  }

  private static func between(_ start: String, _ line: String) -> String? {
    guard line.hasPrefix(start), line.hasSuffix("-----"), line.utf8.count >= start.utf8.count + 5 else { return nil }
    return String(line.dropFirst(start.count).dropLast(5))
  }
}

/// Why a text is no PEM: one sentence.
public struct PEMError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The sentence.
  public let description: String

  init(_ description: String) { self.description = "the PEM text is malformed: \(description)" }
}

extension Certificate {
  /// The certificate as PEM text.
  public var pem: String { PEM("CERTIFICATE", encoded).text }
}

extension PublicKey {
  /// The key as PEM text.
  public var pem: String { PEM("PUBLIC KEY", SubjectPublicKeyInfo(self).encoded).text }
}

extension RevocationList {
  /// The list as PEM text.
  public var pem: String { PEM("X509 CRL", encoded).text }
}
