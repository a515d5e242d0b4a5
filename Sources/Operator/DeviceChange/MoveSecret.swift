import Bytes
import Identifiers
import Keys

/// The one secret of a move, of which everything else that nobody may guess is made: so a step that runs again finds the
/// same keys, and the store keeps one wrapped value.
struct MoveSecret {
  private let secret: Secret
  private let id: String

  /// Made with the move, durable before anything else is done for it.
  static func make(_ random: any RandomSource) -> Secret { Secret(random.bytes(32)) }

  init(_ move: Move, vault: KeyVault) throws {
    (secret, id) = (try vault.unwrap(move.wrappedSecret, context: Self.place(move.id)), move.id)
  }

  /// That of a renewal of keys.
  init(_ id: String, wrapped: [UInt8], vault: KeyVault) throws {
    (secret, self.id) = (try vault.unwrap(wrapped, context: Self.place(id)), id)
  }

  init(_ id: String, _ secret: Secret) { (self.id, self.secret) = (id, secret) }

  static func place(_ id: String) -> String { "profile_move/\(id)/secret" }

  private func part(_ name: String) -> [UInt8] { hmacSHA256(Array("Simurgh move \(name)".utf8), key: secret) }

  /// The new profile's K and OPc.
  var keys: (k: Secret, opc: Secret) {
    (Secret(Array(part("K").prefix(16))), Secret(Array(part("OPc").prefix(16))))
  }

  /// Step 510: six digits for the person.
  var code: Secret {
    let number = part("code").prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } % 1_000_000
    return Secret(Array(String(1_000_000 + number).utf8.dropFirst()))
  }

  /// What a device names the move and its part in it by: the move, the device, 80 bits.
  func ticket(_ device: Move.Device) -> String {
    "\(id)-\(device.rawValue)-" + MoveName.letters(part("ticket \(device.rawValue)").prefix(16))
  }
}

/// Names of moves, and tickets.
enum MoveName {
  /// Letters and digits that are not mistaken for each other.
  private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

  /// Five bits of each byte as a letter or digit.
  static func letters(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: bytes.map { alphabet[Int($0 & 31)] }, as: UTF8.self)
  }

  /// Move and device of a ticket that may be right.
  static func parts(of ticket: String) -> (id: String, device: Move.Device)? {
    let parts = ticket.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].utf8.count == 12, let number = Int(parts[1]),
      let device = Move.Device(rawValue: number)
    else { return nil }
    return (String(parts[0]), device)
  }
}
