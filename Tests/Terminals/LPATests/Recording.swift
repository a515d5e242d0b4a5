import Bytes
import Foundation
import Identifiers
import SGP22
import TLV
import TestSupport
import Testing

import LPA

/// A whole download between other people's client and server, recorded: what the eUICC and the server said.
struct Recording {
  struct Call: Decodable {
    let path: String
    let request: [String: String]
    let response: Response

    struct Response: Decodable {
      let fields: [String: String]
      init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: AnyKey.self)
        fields = Dictionary(
          uniqueKeysWithValues: container.allKeys.compactMap { key in
            (try? container.decode(String.self, forKey: key)).map { (key.stringValue, $0) }
          })
      }
    }
  }

  private struct File: Decodable { let calls: [Call] }

  struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  let calls: [Call]

  /// The recording called `name`.
  static func read(_ name: String) throws -> Recording {
    Recording(calls: try Vectors.load("sessions/\(name).json", as: File.self).calls)
  }

  /// The bytes of a field of a request or a response.
  func bytes(_ call: Int, _ name: String) throws -> [UInt8] {
    let text = calls[call].request[name] ?? calls[call].response.fields[name] ?? ""
    return Array(Data(base64Encoded: text) ?? Data())
  }

  /// The server's answer to a call, as HTTP carries it.
  func answer(_ call: Int) throws -> Answer {
    var body: [String: Any] = calls[call].response.fields
    body["header"] = ["functionExecutionStatus": ["status": "Executed-Success"]]
    return .server(status: 200, body: Array(try JSONSerialization.data(withJSONObject: body)))
  }

  /// What the eUICC said in the recording: the answers to the device's first functions.
  func card(_ object: [UInt8]) throws -> Answer {
    switch try TLVElement(object).tag {
    case 0xBF20: return .card(try bytes(0, "euiccInfo1"))
    case 0xBF2E:
      return .card(ES10b.GetEUICCChallenge.Response(euiccChallenge: try bytes(0, "euiccChallenge")).encoded)
    case 0xBF38: return .card(try bytes(1, "authenticateServerResponse"))
    case 0xBF21: return .card(try bytes(2, "prepareDownloadResponse"))
    case let tag: throw Unexpected(tag: tag)
    }
  }

  struct Unexpected: Error { let tag: TLVTag }
}
