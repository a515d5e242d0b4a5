import Bytes
import CircleOfTrust
import Identifiers
import JSON
import SecureMessages

/// The directory's second form: its statements as TXT records of the domain name system, under a domain of its own.
///
/// | Name | Text |
/// |---|---|
/// | `_manager.EID.DOMAIN` | `v=simurgh1 s=STATEMENT` |
/// | `_provider.EID.DOMAIN` | the same, of the only provider there is |
/// | `PLMN._provider.EID.DOMAIN` | the same, of the operator's provider |
/// | `_directory.DOMAIN` | `v=simurgh1 c=CERTIFICATE` |
///
/// STATEMENT is what ``FindAddress/Response`` has, signed, and CERTIFICATE the directory's, both in base 64. So a resolver,
/// or who answers in its place, is believed no more than a directory over HTTPS.
public enum AddressRecord {
  private static let version = "v=simurgh1 "

  /// Where the answer to `request` stands.
  public static func name(of request: FindAddress.Request, in domain: String) -> String {
    let place = "\(request.eid.digits).\(domain)"
    return switch request.service {
    case .manager?: "_manager.\(place)"
    case .provider(let plmn)?: "\(plmn.digits)._provider.\(place)"
    case nil: "_provider.\(place)"
    }
  }

  /// Where the directory's certificate stands.
  public static func certificateName(in domain: String) -> String { "_directory.\(domain)" }

  /// The text with a statement.
  public static func text(_ statement: Signed<AddressStatement>) -> String {
    "\(version)s=\(Base64.encode(statement.encoded))"
  }

  /// The text with the directory's certificate.
  public static func text(certificate: [UInt8]) -> String { "\(version)c=\(Base64.encode(certificate))" }

  /// An answer made of two texts; nil unless they are of this form. It is as good as one over HTTPS, and as doubtful.
  public static func response(statement: [UInt8], certificate: [UInt8]) -> FindAddress.Response? {
    guard let statement = value("s", of: statement), let certificate = value("c", of: certificate),
      let signed = try? Signed<AddressStatement>(encoded: statement)
    else { return nil }
    return FindAddress.Response(statement: signed, certificate: certificate)
  }

  private static func value(_ key: String, of text: [UInt8]) -> [UInt8]? {
    let begin = Array("\(version)\(key)=".utf8)
    guard text.starts(with: begin) else { return nil }
    return Base64.decode(String(decoding: text.dropFirst(begin.count), as: UTF8.self))
  }
}
