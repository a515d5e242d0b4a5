import Bytes
import CircleOfTrust
import Foundation
import Identifiers
import Keys
import LPA
import SGP22
import SecureElement
import Transport
import TransportCard
import World

/// A device with a new eUICC: our LPA and our software card, a true protocol to the last signature.
///
/// `@unchecked Sendable`: made by one thread and used by another, never by two at a time.
final class BenchDevice: @unchecked Sendable {
  let link: InProcessCard

  /// An eUICC that the manufacturer `eum` certifies and that trusts `roots`.
  init(eum: Authority, roots: [Certificate]) throws {
    let vault = try KeyVault(current: Secret(SystemRandomSource.shared.bytes(32)), former: [])
    let memory = try Self.memory(eum: eum, roots: roots, vault: vault)
    link = InProcessCard(SoftwareEUICC(memory: memory, vault: vault))
  }

  /// What an eUICC keeps without power.
  static func memory(eum: Authority, roots: [Certificate], vault: KeyVault) throws -> VolatileMemory {
    let memory = VolatileMemory()
    let now = Instant.now()
    _ = try SoftwareEUICC.make(
      on: memory, seed: SystemRandomSource.shared.bytes(16), manufacturers: [eum], roots: roots,
      validity: Validity(from: now - .seconds(86_400), days: 30), rootSMDS: "smds.example", vault: vault, now: now)
    return memory
  }

  /// Downloads and installs the profile `token` from `address`, and delivers the notifications.
  @discardableResult func download(
    _ token: String, from address: String, over servers: any ServerLink
  ) throws -> (client: Client, iccid: ICCID) {
    guard let address = FQDN(address), let token = MatchingId(token) else { throw BenchError("no activation code") }
    let client = Client(
      isdr: try ISDR(link), servers: servers, person: Consenting(),
      device: DeviceInfo(tac: [0x35, 0x29, 0x06, 0x11]), pause: { Thread.sleep(forTimeInterval: $0 / .seconds(1)) })
    let outcome = try client.download(ActivationCode(smdpAddress: address, matchingId: token))
    guard try client.deliverNotifications().waiting.isEmpty else { throw BenchError("a notification was not taken") }
    return (client, outcome.iccid)
  }

  /// Somebody who agrees.
  private final class Consenting: Person {
    func decide(_ question: Question) -> LPA.Decision { .accept(confirmationCode: nil) }
    func see(_ progress: LPA.Progress) {}
  }
}
