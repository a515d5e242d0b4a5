import SGP22
import TLV

/// Where another server is, as a configuration names it.
struct KnownServer: Decodable {
  enum CodingKeys: String, CodingKey, CaseIterable { case oid, host }

  /// Its object identifier.
  let oid: String
  /// Its host, with a port where it is not 443.
  let host: String

  /// The object identifier; refused where it is none, or the host no host name.
  func identifier() throws -> OID {
    guard FQDN(host) != nil else {
      throw Complaint(.data, "\"\(host)\" is no host name.", remedy: "It is a name like sr.example.com.")
    }
    guard let oid = OID(oid) else {
      throw Complaint(.data, "\"\(oid)\" is no object identifier.", remedy: "It is a number like 2.999.31.")
    }
    return oid
  }
}
