import Bytes
import CircleFiles
import CircleOfTrust
import Keys
import MutualAuthentication

/// A party that may call a server, as a configuration names it.
struct KnownCaller: Decodable {
  enum CodingKeys: String, CodingKey, CaseIterable { case name, certificates }

  /// Its functionRequesterIdentifier.
  let name: String
  /// The client certificates that it may show, as `simurgh ca show` names them.
  let certificates: [String]

  /// Those of `list`; where a configuration names none, everybody whose certificate for `role` is in the circle, under its
  /// file's name.
  static func requesters(_ list: [KnownCaller]?, or role: Role, in circle: CircleDirectory) throws -> Requesters {
    func fingerprint(_ certificate: Certificate) -> [UInt8] { sha256(certificate.encoded) }
    guard let list else {
      return Requesters(
        try circle.entries(role).map { entry in
          .init(identifier: PathName.last(of: entry.name), fingerprints: [fingerprint(entry.certificate)])
        })
    }
    return Requesters(
      try list.map { caller in
        .init(
          identifier: caller.name,
          fingerprints: Set(try caller.certificates.map { fingerprint(try circle.entry($0).certificate) }))
      })
  }
}
