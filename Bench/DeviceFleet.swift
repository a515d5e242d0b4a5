import Bytes
import CircleOfTrust
import Foundation
import Keys
import Synchronization
import Transport
import TransportHTTP

/// The devices, in a process of their own: as many at a time as the plan says, each over a connection that it keeps.
final class DeviceFleet: Sendable {
  private let plan: DevicePlan
  private let servers: HTTPSClient
  private let next = Atomic<Int>(0)
  private let result = Mutex(DeviceResult())
  private let owned: [BenchDevice]

  /// `bench devices PLAN`: prepares, says "ready", waits for a line, works, and prints its result.
  static func main() throws {
    guard CommandLine.arguments.count == 3 else { throw BenchError("bench devices PLAN") }
    let data = try Data(contentsOf: URL(fileURLWithPath: CommandLine.arguments[2]))
    let fleet = try DeviceFleet(JSONDecoder().decode(DevicePlan.self, from: data))
    fleet.connect()
    print("ready")
    fflush(nil)
    _ = readLine()
    print(String(decoding: try JSONEncoder().encode(fleet.run()), as: UTF8.self))
  }

  private init(_ plan: DevicePlan) throws {
    self.plan = plan
    let roots = try plan.roots.map { try Certificate(encoded: [UInt8](hex: $0)) }
    var configuration = HTTPSClient.Configuration(circle: Circle(roots: roots), roles: [.dpTLS])
    configuration.places = [plan.address: plan.place]
    configuration.connectionsPerServer = plan.devices
    servers = try HTTPSClient(configuration)
    guard case .downloads(let tokens) = plan.work else {
      owned = []
      return
    }
    let eum = try Authority(
      certificate: Certificate(encoded: [UInt8](hex: plan.eumCertificate)),
      key: PrivateKey(.p256, scalar: [UInt8](hex: plan.eumKey)))
    owned = try tokens.map { _ in try BenchDevice(eum: eum, roots: roots) }
  }

  /// Makes each device's connection before anything is measured.
  private func connect() {
    everyDevice { [servers, plan] in
      _ = try? servers.exchange(Message(host: plan.address, path: "/"))
    }
  }

  private func run() -> DeviceResult {
    let begin = ContinuousClock.now
    everyDevice { [self] in while work() {} }
    let seconds = (ContinuousClock.now - begin) / .seconds(1)
    return result.withLock { result in
      result.seconds = seconds
      result.durations.sort()
      return result
    }
  }

  /// Does the next piece of work; false where none is left, or something failed.
  private func work() -> Bool {
    let number = next.add(1, ordering: .relaxed).oldValue
    let begin = ContinuousClock.now
    do {
      switch plan.work {
      case .downloads(let tokens):
        guard tokens.indices.contains(number) else { return false }
        try owned[number].download(tokens[number], from: plan.address, over: servers)
      case .requests(let path, let count):
        guard number < count else { return false }
        let reply = try servers.exchange(Message(host: plan.address, path: path))
        guard reply.status == 204 else { throw BenchError("status \(reply.status)") }
      }
    } catch {
      result.withLock { $0.failure = $0.failure ?? "\(error)" }
      return false
    }
    let duration = (ContinuousClock.now - begin) / .microseconds(1)
    result.withLock { result in
      result.done += 1
      result.durations.append(duration)
    }
    return true
  }

  /// Runs `body` on a thread for each device and waits for all.
  private func everyDevice(_ body: @escaping @Sendable () -> Void) {
    let done = DispatchGroup()
    for _ in 0..<plan.devices {
      done.enter()
      let thread = Thread {
        body()
        done.leave()
      }
      thread.stackSize = 4 << 20
      thread.start()
    }
    done.wait()
  }
}
