import Bytes
import Identifiers
import Keys
import SecureMessages

/// The parties of a registration, by their names in secure messages.
extension Party {
  /// The carriers' consortium.
  public static let consortium = named("consortium")

  /// A carrier's network.
  public static func carrier(_ network: PLMN) -> Party { named("carrier:\(network)") }

  /// An identity module, by its number.
  public static func module(_ number: ModuleNumber) -> Party { named("module:\(number)") }

  /// A model of handset or of terminal: whoever has its key is one, so its name is made of the key.
  public static func model(_ key: PublicKey) -> Party { named("model:\(sha256(key.point).prefix(16).hex)") }

  /// A name of this file: short, and without anything that a name must not have.
  private static func named(_ name: String) -> Party {
    guard let party = try? Party(name) else { preconditionFailure("\(name) is a name") }
    return party
  }
}

/// The number of an identity module: 8 bytes, which no other module has. It is the MSI of the ID in it.
public struct ModuleNumber: Hashable, Sendable, CustomStringConvertible {
  /// The number.
  public let bytes: [UInt8]

  /// nil unless there are 8 bytes.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == 8 else { return nil }
    self.bytes = bytes
  }

  /// A new number.
  public init(random: any RandomSource) { bytes = Array((random.bytes(8) + [UInt8](repeating: 0, count: 8)).prefix(8)) }

  public var description: String { bytes.hex }
}
