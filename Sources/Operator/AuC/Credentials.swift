import Bytes
import Keys

/// What a subscriber's USIM and the authentication centre share: K, and the algorithm with its parameters.
public struct Credentials: Hashable, Sendable {
  /// The algorithms, as profile packages number them (`algorithmID`).
  public enum Algorithm: Hashable, Sendable {
    /// TS 35.206; OPc has 16 bytes.
    case milenage(opc: Secret, constants: Milenage.Constants = .standard)
    /// TS 35.231; TOPc has 32 bytes.
    case tuak(topc: Secret, sizes: TUAK.Sizes = .standard, iterations: Int = 1)
    /// TS 34.108 §8.1.2, for laboratories.
    case test
  }

  /// K, 16 bytes (TUAK: 16 or 32).
  public let k: Secret
  /// The algorithm.
  public let algorithm: Algorithm

  /// Refuses sizes that the algorithm does not take.
  public init(k: Secret, algorithm: Algorithm) throws(KeyError) {
    (self.k, self.algorithm) = (k, algorithm)
    _ = try makeAlgorithm()
  }

  /// The algorithm with the key in it.
  public func makeAlgorithm() throws(KeyError) -> any AuthenticationAlgorithm {
    switch algorithm {
    case .milenage(let opc, let constants): try Milenage(k: k, opc: opc, constants: constants)
    case .tuak(let topc, let sizes, let iterations):
      try TUAK(k: k, topc: topc, sizes: sizes, iterations: iterations)
    case .test: try TestAlgorithm(k: k)
    }
  }
}

/// How a record holds an algorithm: its number, its one secret beside K, and the parameters that are none.
struct StoredAlgorithm {
  let number: Int
  let operatorSecret: Secret?
  let parameters: [UInt8]

  init(_ algorithm: Credentials.Algorithm) {
    switch algorithm {
    case .milenage(let opc, let constants):
      (number, operatorSecret) = (1, opc)
      parameters = constants.rotations + constants.xoring.joined()
    case .tuak(let topc, let sizes, let iterations):
      (number, operatorSecret) = (2, topc)
      parameters = [sizes.mac, sizes.res, sizes.ck, sizes.ik, iterations].map { UInt8(truncatingIfNeeded: $0) }
    case .test: (number, operatorSecret, parameters) = (3, nil, [])
    }
  }

  init(number: Int, operatorSecret: Secret?, parameters: [UInt8]) {
    (self.number, self.operatorSecret, self.parameters) = (number, operatorSecret, parameters)
  }

  /// The algorithm; nil where the record holds none.
  var algorithm: Credentials.Algorithm? {
    switch (number, operatorSecret) {
    case (1, let opc?):
      Milenage.Constants(rotations: parameters.prefix(5), xoring: parameters.dropFirst(5))
        .map { .milenage(opc: opc, constants: $0) }
    case (2, let topc?) where parameters.count == 5:
      TUAK.Sizes(mac: Int(parameters[0]), res: Int(parameters[1]), ck: Int(parameters[2]), ik: Int(parameters[3]))
        .map { .tuak(topc: topc, sizes: $0, iterations: Int(parameters[4])) }
    case (3, nil) where parameters.isEmpty: .test
    default: nil
    }
  }
}
