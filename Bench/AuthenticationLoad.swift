import AuC
import Bytes
import Foundation
import GSUP
import Identifiers
import Keys
import Synchronization
import TransportSocket

/// Nodes of a core that ask an authentication centre for vectors over GSUP, each with requests under way all the time.
struct AuthenticationLoad {
  let host: String
  let port: Int
  let subscribers: Int
  /// Connections, and requests under way on each.
  var nodes = 4
  var window = 16

  /// What came of it.
  struct Result {
    var requests = 0
    var vectors = 0
    var seconds = 0.0
    /// How many tuples of how many subscribers were recomputed, to see that they are right.
    var recomputed = 0
  }

  static func imsi(_ number: Int) throws -> IMSI { try IMSI("00101\(String(number + 10_000_000_000).dropFirst())") }

  /// Keys of a subscriber: anything, but the same for every centre.
  static func keys(_ number: Int) throws -> Credentials {
    let bytes = sha256(Array("bench \(number)".utf8))
    return try Credentials(
      k: Secret(Array(bytes.prefix(16))), algorithm: .milenage(opc: Secret(Array(bytes.suffix(16)))))
  }

  /// Asks for `seconds`.
  func run(seconds: Double) throws -> Result {
    let results = Mutex<[Swift.Result<Result, any Error>]>([])
    let done = DispatchGroup()
    let begin = ContinuousClock.now
    for node in 0..<nodes {
      done.enter()
      let thread = Thread { [self] in
        let result = Swift.Result { try work(node, until: begin + .seconds(seconds)) }
        results.withLock { $0.append(result) }
        done.leave()
      }
      thread.start()
    }
    done.wait()
    var sum = Result(seconds: (ContinuousClock.now - begin) / .seconds(1))
    for result in results.withLock({ $0 }) {
      let result = try result.get()
      sum.requests += result.requests
      sum.vectors += result.vectors
      sum.recomputed += result.recomputed
    }
    return sum
  }

  /// One node: its own subscribers in turn.
  private func work(_ node: Int, until end: ContinuousClock.Instant) throws -> Result {
    let connection = try FrameClient(host: host, port: port, framing: GSUPService.framing, patience: .seconds(10))
    let name = "BENCH-\(node)"
    let identity = IPAConnectionMessage.identityResponse([0: name, 1: name, 8: "0/0/0"])
    try connection.send(IPAFrame(.connection, identity.payload).bytes)
    let mine = stride(from: node, to: subscribers, by: nodes)
    let requests = try mine.map {
      try IPAFrame(.gsup, GSUPMessage(.sendAuthInfoRequest, imsi: Self.imsi($0)).bytes).bytes
    }
    var (result, asked) = (Result(), 0)
    func ask() throws {
      try connection.send(requests[asked % requests.count])
      asked += 1
    }
    for _ in 0..<window { try ask() }
    var waiting = window
    while waiting > 0 {
      guard let frame = IPAFrame(bytes: try connection.receive()), frame.stream == .gsup else { continue }
      guard frame.payload.first == GSUPMessage.Kind.sendAuthInfoRequest.result.rawValue else {
        throw BenchError("the centre at \(host):\(port) answers \(frame.payload.prefix(40).hex)")
      }
      waiting -= 1
      result.requests += 1
      // All are counted by their length, some are recomputed.
      result.vectors += (frame.payload.count - 10) / 110
      if result.requests % 1000 == 1 { result.recomputed += try Self.recompute(frame.payload, subscribers) }
      if ContinuousClock.now < end {
        try ask()
        waiting += 1
      }
    }
    return result
  }

  /// How many tuples an answer holds; refuses one that the subscriber's card would not take.
  private static func recompute(_ payload: [UInt8], _ subscribers: Int) throws -> Int {
    guard let message = GSUPMessage(bytes: payload), let digits = message.imsi?.digits,
      let number = Int(digits.suffix(10))
    else { throw BenchError("an answer is malformed") }
    let algorithm = try keys(number).makeAlgorithm()
    for tuple in message.authTuples {
      let response = try algorithm.f2345(rand: tuple.rand)
      guard let autn = AuthenticationToken(bytes: tuple.autn),
        try algorithm.sequenceNumber(in: autn, rand: tuple.rand, response: response) != nil,
        response.res == tuple.res, response.ck.bytes == tuple.ck
      else { throw BenchError("a tuple is wrong") }
    }
    return message.authTuples.count
  }
}
