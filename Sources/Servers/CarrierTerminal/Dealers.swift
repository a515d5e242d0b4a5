import Bytes
import HandsetRegistration
import Identifiers
import Keys
import Store

/// A dealer under contract with the carrier.
public struct Dealer: Sendable, Hashable {
  /// The dealer's number.
  public let number: String
  public let name: String
  /// SHA-256 of the certificate that the dealer shows in TLS; nil where none is entered yet.
  public let fingerprint: [UInt8]?
  /// The contract has ended.
  public let isBarred: Bool

  static func read(_ row: Row) throws(StoreError) -> Dealer {
    Dealer(
      number: try row(0), name: try row(1), fingerprint: try row(2), isBarred: try row(3, as: Int.self) != 0)
  }
}

/// Why a dealer is not entered, or not found.
public enum DealerListError: Error, Hashable, CustomStringConvertible {
  /// Another dealer shows the same certificate.
  case certificateInUse
  /// The number is empty, longer than 64 bytes, or has other than printable ASCII.
  case malformedNumber
  /// No dealer has the number.
  case unknown(String)

  public var description: String {
    switch self {
    case .certificateInUse: "another dealer shows this certificate: each has its own"
    case .malformedNumber: "a dealer's number is 1 to 64 letters, digits and signs, without spaces"
    case .unknown(let number): "there is no dealer \(number)"
    }
  }
}

extension Desk {
  /// Enters a dealer under contract, or again one whose contract had ended. `certificate` (DER) is what the dealer shows in
  /// TLS, self-signed or not: it is known for itself. Left out, the one that is known stays.
  public func add(dealer number: String, name: String, certificate: [UInt8]? = nil) throws {
    guard (1...64).contains(number.utf8.count), number.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw DealerListError.malformedNumber
    }
    do {
      try store.transaction { transaction in
        _ = try transaction.execute(
          """
          INSERT INTO carrier_dealer (number, name, barred, certificate) VALUES ($1, $2, 0, $3)
          ON CONFLICT (number) DO UPDATE SET name = excluded.name, barred = 0,
            certificate = COALESCE(excluded.certificate, carrier_dealer.certificate)
          """, number, name, certificate.map(sha256))
      }
    } catch StoreError.duplicate { throw DealerListError.certificateInUse }
  }

  /// The contract with a dealer ended.
  public func bar(dealer number: String) throws {
    let count = try store.transaction {
      try $0.execute("UPDATE carrier_dealer SET barred = 1 WHERE number = $1", number)
    }
    guard count == 1 else { throw DealerListError.unknown(number) }
  }

  /// All dealers by their numbers.
  public func dealers() throws -> [Dealer] {
    try store.read { reader in
      try reader.query("SELECT number, name, certificate, barred FROM carrier_dealer ORDER BY number").map(Dealer.read)
    }
  }

  /// The dealer under contract who shows `certificate` (DER) in TLS; nil where nobody does.
  public func dealer(showing certificate: [UInt8]) throws -> Dealer? {
    try store.read { reader in
      try reader.first(
        "SELECT number, name, certificate, barred FROM carrier_dealer WHERE certificate = $1 AND barred = 0",
        sha256(certificate)
      ).map(Dealer.read)
    }
  }

  func checkDealer(_ number: String, in reader: any Reader) throws {
    let row = try reader.first("SELECT 1 FROM carrier_dealer WHERE number = $1 AND barred = 0", number)
    guard row != nil else { throw RegistrationRefusal.unknownDealer }
  }

  /// One more registration begun by a dealer in this hour.
  func count(dealer: String, now: Instant, in transaction: any Transaction) throws {
    let hour = now.seconds / 3600
    let row = try transaction.first(
      """
      INSERT INTO carrier_start (dealer, hour, count) VALUES ($1, $2, 1)
      ON CONFLICT (dealer, hour) DO UPDATE SET count = carrier_start.count + 1 RETURNING count
      """, dealer, hour)
    guard let count: Int = try row?(0), count <= settings.startsPerHour else { throw RegistrationRefusal.tooMany }
  }
}
