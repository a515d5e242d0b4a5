import Bytes
import CircleOfTrust
import Foundation
import Handset
import HandsetRegistration
import Identifiers
import Keys
import RegistrationDevice
import SecureElement
import SecureMessages
import Synchronization
import Transport
import TransportCard
import TransportHTTP
import World

/// What a fleet of dealers is to do, and with what.
struct DealerPlan: Codable {
  var address: String
  var place: String
  var root: String
  /// Each dealer's certificate and key, in hexadecimal.
  var dealers: [Identity]
  var consortiumKey, makerKey, modelKey, signatureData: String

  struct Identity: Codable { let certificate, key: String }
}

/// The dealers, in a process of their own: each on a thread of its own, with a handset, a certificate and a connection.
final class DealerFleet: Sendable {
  /// One dealer with the customer's handset. `@unchecked Sendable`: one thread uses it after another made it.
  private struct Dealer: @unchecked Sendable {
    let handset: Handset
    let line: Line
  }

  private struct Line: RegistrationLine {
    let client: HTTPSClient
    let host: String

    func exchange(_ message: [UInt8]) throws -> [UInt8] {
      let reply = try client.exchange(Message(host: host, path: RegistrationPath.path, body: message))
      guard reply.status == 200 else { throw BenchError("status \(reply.status)") }
      return reply.body
    }
  }

  private struct Customer: Applicant {
    func application(for purpose: Purpose) -> (creditCard: String, services: [String]) { ("4111111111111111", []) }
    func accepts(_ number: String) -> Bool { true }
  }

  private let dealers: [Dealer]
  private let result = Mutex(DeviceResult())

  /// `bench dealers PLAN`: prepares, says "ready", waits for a line, works, and prints its result.
  static func main() throws {
    guard CommandLine.arguments.count == 3 else { throw BenchError("bench dealers PLAN") }
    let data = try Data(contentsOf: URL(fileURLWithPath: CommandLine.arguments[2]))
    let fleet = try DealerFleet(JSONDecoder().decode(DealerPlan.self, from: data))
    print("ready")
    fflush(nil)
    _ = readLine()
    print(String(decoding: try JSONEncoder().encode(fleet.run()), as: UTF8.self))
  }

  private init(_ plan: DealerPlan) throws {
    let random = SystemRandomSource.shared
    let now = Instant.now()
    let vault = try KeyVault(current: Secret(random.bytes(32)))
    let factory = HandsetFactory(
      consortiumKey: try PublicKey(.p256, point: [UInt8](hex: plan.consortiumKey)),
      maker: KeyHolder(try Party("maker:lab"), key: try PrivateKey(.p256, scalar: [UInt8](hex: plan.makerKey))),
      modelKey: try PrivateKey(.p256, scalar: [UInt8](hex: plan.modelKey)),
      signatureData: try [UInt8](hex: plan.signatureData), vault: vault, random: random)
    let circle = Circle(roots: [try Certificate(encoded: [UInt8](hex: plan.root))])
    dealers = try plan.dealers.map { identity in
      let module = try InProcessCard(factory.makeModule(.handset, on: VolatileMemory(), now: now))
      try factory.equip(module, now: now)
      let handset = try factory.makeHandset(
        factory.makeUnitKeys(), module: module, pattern: RegistrationWorld.pattern, clock: { .now() })
      var settings = HTTPSClient.Configuration(
        circle: circle, roles: [.dpTLS],
        identity: try TLSIdentity(
          certificates: [[UInt8](hex: identity.certificate)],
          key: PrivateKey(.p256, scalar: [UInt8](hex: identity.key))))
      settings.places = [plan.address: plan.place]
      settings.connectTimeout = .seconds(60)
      settings.timeout = .seconds(120)
      return Dealer(handset: handset, line: Line(client: try HTTPSClient(settings), host: plan.address))
    }
  }

  private func run() -> DeviceResult {
    let done = DispatchGroup()
    let begin = ContinuousClock.now
    for dealer in dealers {
      done.enter()
      let thread = Thread { [self] in
        let begin = ContinuousClock.now
        do {
          _ = try dealer.handset.register(over: dealer.line, applicant: Customer())
          let duration = (ContinuousClock.now - begin) / .microseconds(1)
          result.withLock { result in
            result.done += 1
            result.durations.append(duration)
          }
        } catch { result.withLock { $0.failure = $0.failure ?? "\(error)" } }
        done.leave()
      }
      thread.stackSize = 1 << 20
      thread.start()
    }
    done.wait()
    let seconds = (ContinuousClock.now - begin) / .seconds(1)
    return result.withLock { result in
      result.seconds = seconds
      result.durations.sort()
      return result
    }
  }
}
