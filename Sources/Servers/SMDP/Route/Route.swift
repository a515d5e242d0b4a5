import SGP02
import SGP22
import Stations
import Store
import Transport

/// The SM-DP's HTTP interface.
public typealias Route = FunctionRoute<Desk>

extension Desk: Serving {
  public func work(for message: Message, given: Given) -> Work? {
    guard message.path == ES2.DownloadProfile.path else { return nil }
    return Work(
      ES2.DownloadProfile.self, calledOver: message, party: Desk.party, given: given, memory: settings.callMemory,
      identify: { header in
        let mno = try operators.caller(header, certificate: message.peerCertificate, in: trust.circle)
        return ((mno, header?.functionCallIdentifier ?? ""), mno.identifier)
      }, recorded: { _ in message.body },
      decide: { try downloadProfile($0, from: $1.0, call: $1.1, given: given, in: $2) })
  }
}
