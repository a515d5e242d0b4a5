import Bytes
import Identifiers
import Keys

/// The datagram protocol in which hostapd's EAP server asks for authentication vectors (`eap_sim_db=unix:…`): one line
/// of text asks, one answers.
///
///     SIM-REQ-AUTH imsi n           SIM-RESP-AUTH imsi Kc:SRES:RAND …
///     AKA-REQ-AUTH imsi             AKA-RESP-AUTH imsi RAND AUTN IK CK RES
///     AKA-AUTS imsi AUTS RAND       (no answer: it asks again)
///
/// What cannot be done is answered with FAILURE in place of the vectors.
public struct EAPSIMDatabase: Sendable {
  private let source: any VectorSource
  private let node: String

  /// The protocol's server; hostapd is the serving node called `node`.
  public init(_ source: any VectorSource, node: String = "eap_sim_db") { (self.source, self.node) = (source, node) }

  /// The answer to a datagram; nil where there is none.
  public func respond(to datagram: [UInt8], now: Instant, random: any RandomSource) -> [UInt8]? {
    guard let text = String(validating: datagram.prefix { $0 != 0 }, as: UTF8.self) else { return nil }
    let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
    guard words.count >= 2, let imsi = try? IMSI(words[1]) else { return nil }
    switch words[0] {
    case "SIM-REQ-AUTH" where words.count == 3:
      return answer("SIM-RESP-AUTH", imsi) { try triplets(of: imsi, count: Int(words[2]) ?? 0, random: random) }
    case "AKA-REQ-AUTH" where words.count == 2:
      return answer("AKA-RESP-AUTH", imsi) { try quintuplet(of: imsi, now: now, random: random) }
    case "AKA-AUTS" where words.count == 4:
      guard let auts = (try? [UInt8](hex: words[2])).flatMap({ ResynchronisationToken(bytes: $0) }),
        let rand = try? [UInt8](hex: words[3])
      else { return nil }
      // A wrong one stands in the event record.
      try? source.resynchronise(auts, of: imsi, rand: rand, by: node, now: now, random: random)
      return nil
    default: return nil
    }
  }

  private func answer(_ kind: String, _ imsi: IMSI, _ vectors: () throws -> String) -> [UInt8] {
    Array("\(kind) \(imsi) \((try? vectors()) ?? "FAILURE")".utf8)
  }

  private func triplets(of imsi: IMSI, count: Int, random: any RandomSource) throws -> String {
    try source.triplets(of: imsi, count: count, random: random).map { triplet in
      [triplet.kc.bytes, triplet.sres, triplet.rand].map(\.hex).joined(separator: ":")
    }.joined(separator: " ").lowercased()
  }

  /// hostapd does not say whether it wants EAP-AKA or EAP-AKA': the separation bit is 1, as the latter needs it
  /// (RFC 9048 §3.1) and the former does not mind.
  private func quintuplet(of imsi: IMSI, now: Instant, random: any RandomSource) throws -> String {
    let vector = try source.quintuplet(of: imsi, by: node, now: now, random: random)
    return [vector.rand, vector.autn.bytes, vector.ik.bytes, vector.ck.bytes, vector.xres]
      .map(\.hex).joined(separator: " ").lowercased()
  }
}
