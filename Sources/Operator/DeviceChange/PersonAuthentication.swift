import Bytes
import Identifiers
import Keys
import ProfileMove
import Store

/// A way in which the operator finds out who a person is (step 510). The desk has several side by side.
public protocol PersonAuthentication: Sendable {
  /// Whether what the person gave is this way's, and right for this move; each try is counted by the desk.
  func accepts(_ request: MovePerson.Request, for move: Move, of desk: Desk, in reader: any Reader) throws -> Bool
}

/// By the code that was sent to the subscriber: six digits, good for one move.
public struct OneTimeCode: PersonAuthentication {
  public init() {}

  public func accepts(
    _ request: MovePerson.Request, for move: Move, of desk: Desk, in reader: any Reader
  ) throws -> Bool {
    guard case .code(let code) = request.proof else { return false }
    return equalInConstantTime(code.bytes, try MoveSecret(move, vault: desk.vault).code.bytes)
  }
}

/// By a key in the person's device (P-256), which the operator was given when the person was there.
public struct DeviceKey: PersonAuthentication {
  public init() {}

  public func accepts(
    _ request: MovePerson.Request, for move: Move, of desk: Desk, in reader: any Reader
  ) throws -> Bool {
    guard case .signature(let signature) = request.proof, let key = try desk.deviceKey(of: move.imsi, in: reader)
    else { return false }
    return key.verifies(signature, over: MovePerson.approval(of: request.ticket))
  }
}

extension Desk {
  /// Keeps the key of the person's device; another one takes its place, nil forgets it.
  public func keep(_ key: PublicKey?, of imsi: IMSI, now: Instant) throws {
    try perform { transaction in
      try transaction.execute("DELETE FROM person_key WHERE imsi = $1", imsi)
      if let key {
        try transaction.execute(
          "INSERT INTO person_key (imsi, point, since) VALUES ($1, $2, $3)", imsi, key.point, now)
      }
      try note("DeviceKey", key == nil ? "forgotten" : "kept", of: imsi.digits, now: now, in: transaction)
    }
  }

  func deviceKey(of imsi: IMSI, in reader: any Reader) throws -> PublicKey? {
    guard let point: [UInt8] = try reader.first("SELECT point FROM person_key WHERE imsi = $1", imsi)?(0) else {
      return nil
    }
    return try PublicKey(.p256, point: point)
  }
}
