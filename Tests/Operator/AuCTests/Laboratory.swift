import AuC
import Bytes
import Foundation
import Identifiers
import Keys
import Store
import TestStores

/// A store, a vault, a desk and a source of randomness, each made from a seed.
struct Laboratory {
  let store: any Store
  let desk: Desk
  let random: SeededRandomSource
  let now = Instant(seconds: 1_700_000_000)

  init(seed: String = "auc") throws {
    random = SeededRandomSource(seed: Array(seed.utf8))
    store = try StoreKind.current.make([SubscriberTable.schema, EventRecord.schema])
    desk = Desk(store: store, vault: try KeyVault(current: Secret(random.bytes(32))))
  }

  func milenage() throws -> Credentials {
    try Credentials(k: Secret(random.bytes(16)), algorithm: .milenage(opc: Secret(random.bytes(16))))
  }

  /// Enters a subscriber and returns the USIM that belongs to it.
  func subscribe(
    _ imsi: IMSI, _ credentials: Credentials, policy: SequenceNumberArray.Policy = .standard, seq: UInt64 = 0
  ) throws -> USIM {
    try desk.add([Subscriber(imsi: imsi, credentials: credentials, policy: policy, seq: seq)], now: now, random: random)
    return USIM(algorithm: try credentials.makeAlgorithm(), numbers: SequenceNumberArray(policy: policy))
  }

  static func imsi(_ number: Int = 1) throws -> IMSI { try IMSI("00101\(String(number + 1_000_000_000).dropFirst())") }
}

/// The card's side of TS 33.102 §6.3.3.
struct USIM {
  enum Answer: Equatable {
    case response([UInt8])
    case macFailure
    case synchronisationFailure(ResynchronisationToken)
  }

  let algorithm: any AuthenticationAlgorithm
  var numbers: SequenceNumberArray

  mutating func authenticate(rand: [UInt8], autn: AuthenticationToken) throws -> Answer {
    let response = try algorithm.f2345(rand: rand)
    guard let sqn = try algorithm.sequenceNumber(in: autn, rand: rand, response: response) else { return .macFailure }
    guard numbers.accept(sqn) == .fresh else {
      return .synchronisationFailure(try algorithm.resynchronisationToken(rand: rand, sqnMS: numbers.sqnMS))
    }
    return .response(response.res)
  }

  /// Whether the USIM takes the vector and answers as the network expects.
  mutating func takes(_ vector: Quintuplet) throws -> Bool {
    try authenticate(rand: vector.rand, autn: vector.autn) == .response(vector.xres)
  }

  /// The AUTS with which the USIM refuses the vector; nil where it does not.
  mutating func auts(for vector: Quintuplet) throws -> ResynchronisationToken? {
    guard case .synchronisationFailure(let auts) = try authenticate(rand: vector.rand, autn: vector.autn) else {
      return nil
    }
    return auts
  }
}

/// Does what waits for a server on a thread of its own: the server may need those on which tests run.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
  try await withCheckedThrowingContinuation { continuation in
    Thread { continuation.resume(with: Swift.Result { try body() }) }.start()
  }
}

/// Draws for property tests.
extension SeededRandomSource {
  func below(_ limit: Int) -> Int { (UInt32(bigEndian: bytes(4)).map { Int($0) } ?? 0) % limit }
}
