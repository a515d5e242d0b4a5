import AddressLookup
import Identifiers
import SGP22
import Stations
import Store
import TLV

extension Desk {
  /// The directory as a zone file (RFC 1035 §5) of `domain`: all that it says now, signed anew, for a name server to load
  /// and resolvers to keep. It is written again before half of ``Settings/answerLifetime`` is over.
  public func zoneFile(of domain: String, nameServer: String, given: Given) throws -> String {
    let entries = try store.read { try AddressTable.all(at: given.now, in: $0) }
    let seconds = settings.answerLifetime / .seconds(1)
    // A resolver keeps a record no longer than a statement that was half its age when it was asked for.
    let keep = max(60, Int(seconds / 2))
    var lines = [
      "$ORIGIN \(domain).", "$TTL \(keep)",
      "@ SOA \(nameServer). hostmaster.\(domain). \(given.now.seconds % 0x1_0000_0000) \(keep) 600 \(keep) 300",
      "@ NS \(nameServer).",
      Self.line("_directory", AddressRecord.text(certificate: certificate.encoded)),
    ]
    for (eid, services) in Dictionary(grouping: entries, by: \.eid).sorted(by: { $0.key.digits < $1.key.digits }) {
      let providers = services.filter { $0.service != .manager }
      for entry in services {
        guard let answer = try answer(entry, given: given) else { continue }
        let text = AddressRecord.text(answer)
        let name = AddressRecord.name(of: .init(eid: eid, service: entry.service), in: domain)
        lines.append(Self.line(name + ".", text))
        if entry.service != .manager, providers.count == 1 {
          lines.append(Self.line(AddressRecord.name(of: .init(eid: eid, service: nil), in: domain) + ".", text))
        }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A TXT record; a string has at most 255 bytes.
  private static func line(_ name: String, _ text: String) -> String {
    var (rest, strings) = (text[...], [String]())
    while !rest.isEmpty {
      strings.append("\"\(rest.prefix(255))\"")
      rest = rest.dropFirst(255)
    }
    return "\(name) TXT ( \(strings.joined(separator: " ")) )"
  }
}
