import Bytes
import HandsetRegistration
import Identifiers
import Keys
import SecureMessages
import Store

/// A model on the carrier's list.
public struct ListedModel: Sendable, Hashable {
  public let name: String
  /// KE_MSN or KE_A.
  public let key: PublicKey
  public let role: ModelRole
  /// When the approval holds.
  public let from: Instant
  public let until: Instant
  /// It gets no ID any more.
  public let isWithdrawn: Bool
}

/// A registration on the carrier's list, under way or over.
public struct ListedRegistration: Sendable, Hashable {
  public let name: RegistrationName
  /// The dealer who began it.
  public let dealer: String
  /// How far it is: "started", "offered", "delivered", "completed", "ended".
  public let state: String
  /// The number that it is about, once there is one.
  public let number: String?
  public let module: ModuleNumber
  /// When its time is over.
  public let expiry: Instant
}

extension Desk {
  /// All models, in the order in which they came.
  public func models() throws -> [ListedModel] {
    try store.read { reader in
      try reader.query("SELECT name, key, role, not_before, not_after, withdrawn FROM carrier_model ORDER BY serial")
        .map { row in
          guard let role = ModelRole(rawValue: try row(2)) else {
            throw StoreError.unexpected("a model of no known role")
          }
          return ListedModel(
            name: try row(0), key: try PublicKey(.p256, point: row(1, as: [UInt8].self)), role: role, from: try row(3),
            until: try row(4), isWithdrawn: try row(5, as: Int.self) != 0)
        }
    }
  }

  /// All module makers.
  public func makers() throws -> [KnownParty] {
    try store.read { reader in
      try reader.query("SELECT name, key FROM carrier_maker ORDER BY name").map { row in
        KnownParty(
          try Party(row(0, as: String.self)), key: try PublicKey(.p256, point: row(1, as: [UInt8].self)))
      }
    }
  }

  /// Takes a module maker off the list: its modules get no ID any more. False where it is not on it.
  public func remove(maker name: String) throws -> Bool {
    try store.transaction { try $0.execute("DELETE FROM carrier_maker WHERE name = $1", name) } == 1
  }

  /// At most `limit` registrations that are not forgotten yet, those that end first before.
  public func registrations(limit: Int = 1000) throws -> [ListedRegistration] {
    try store.read { reader in try Course.all(limit: limit, in: reader) }.map { course in
      ListedRegistration(
        name: course.name, dealer: course.dealer, state: "\(course.state)", number: course.application?.number,
        module: course.module, expiry: course.expiry)
    }
  }
}
