import Bytes
import HandsetRegistration
import Keys
import SecureElement
import SecureMessages
import TLV

/// What a module is made with. No command changes it: it is written once, when the module is made.
public struct ReadOnlyMemory: Sendable {
  /// Who may write carrier keys later.
  public enum Load: Sendable {
    /// The carriers' load module: KE_COB, and PWD of the lot.
    case common(consortiumKey: PublicKey, password: Secret)
    /// A card for one network only: its carrier's key by the consortium's statement, and neither KE_COB nor PWD; commands 1 and 4 are not there.
    case carrier(Signed<CarrierKey>)
  }

  /// KE_COB and PWD, or the one carrier's key.
  public var load: Load
  /// The module's own key.
  public var key: PrivateKey
  /// The module maker's word for it: number, kind and key.
  public var certificate: Signed<ModuleCertificate>

  /// A module that is certified by its maker.
  public init(load: Load, key: PrivateKey, certificate: Signed<ModuleCertificate>) {
    (self.load, self.key, self.certificate) = (load, key, certificate)
  }

  /// The module's number, kind and public key, as its maker certified them.
  public var claims: ModuleCertificate { certificate.claimedBody }
}

/// The read-only memory as the card's memory keeps it: what is secret is wrapped for its place.
struct StoredReadOnlyMemory: TLVMessage, TLVSequence {
  // SEQUENCE { certificate [0] Signed, key [1] OCTET STRING, CHOICE {
  //   common [2] SEQUENCE { consortiumKey [0], password [1] }, carrier [3] Signed } }
  static let tag: TLVTag = .sequence

  private enum Load {
    case common(consortiumKey: [UInt8], wrappedPassword: [UInt8])
    case carrier(Signed<CarrierKey>)
  }

  let certificate: Signed<ModuleCertificate>
  private var wrappedKey: [UInt8]
  private var load: Load

  init(_ memory: ReadOnlyMemory, vault: KeyVault, random: any RandomSource) throws(KeyError) {
    certificate = memory.certificate
    let places = Places(memory.claims.number)
    wrappedKey = try vault.wrap(memory.key.scalar, context: places.key, random: random)
    switch memory.load {
    case .common(let consortiumKey, let password):
      load = .common(
        consortiumKey: consortiumKey.point,
        wrappedPassword: try vault.wrap(password, context: places.password, random: random))
    case .carrier(let carrier): load = .carrier(carrier)
    }
  }

  /// What was stored; only under the vault that it was wrapped under.
  func opened(_ vault: KeyVault) throws(KeyError) -> ReadOnlyMemory {
    let places = Places(certificate.claimedBody.number)
    let key = try PrivateKey(.p256, scalar: vault.unwrap(wrappedKey, context: places.key).bytes)
    switch load {
    case .common(let consortiumKey, let wrappedPassword):
      let password = try vault.unwrap(wrappedPassword, context: places.password)
      let load = ReadOnlyMemory.Load.common(
        consortiumKey: try PublicKey(.p256, point: consortiumKey), password: password)
      return ReadOnlyMemory(load: load, key: key, certificate: certificate)
    case .carrier(let carrier):
      return ReadOnlyMemory(load: .carrier(carrier), key: key, certificate: certificate)
    }
  }

  /// The same under the current master key.
  func rewrapped(by vault: KeyVault, random: any RandomSource) throws(KeyError) -> StoredReadOnlyMemory {
    let places = Places(certificate.claimedBody.number)
    var rewrapped = self
    rewrapped.wrappedKey =
      vault.isOutdated(wrappedKey) ? try vault.rewrap(wrappedKey, context: places.key, random: random) : wrappedKey
    if case .common(let key, let password) = load {
      rewrapped.load = .common(
        consortiumKey: key,
        wrappedPassword: vault.isOutdated(password)
          ? try vault.rewrap(password, context: places.password, random: random) : password)
    }
    return rewrapped
  }

  init(fields reader: inout TLVReader) throws(TLVError) {
    (certificate, wrappedKey) = (try reader.read(0xA0), try reader.read(0x81))
    if let carrier = try reader.readIfPresent(0xA3, as: Signed<CarrierKey>.self) {
      load = .carrier(carrier)
    } else {
      var fields = try reader.element(0xA2).reader()
      load = .common(consortiumKey: try fields.read(0x80), wrappedPassword: try fields.read(0x81))
      try fields.finish()
    }
  }

  func encodeFields(to writer: inout TLVWriter) {
    writer.write(0xA0, certificate)
    writer.write(0x81, wrappedKey)
    switch load {
    case .common(let consortiumKey, let wrappedPassword):
      writer.write(0xA2) { writer in
        writer.write(0x80, consortiumKey)
        writer.write(0x81, wrappedPassword)
      }
    case .carrier(let carrier): writer.write(0xA3, carrier)
    }
  }
}

/// Where a module's secrets belong: they open nowhere else.
struct Places {
  private let number: ModuleNumber
  init(_ number: ModuleNumber) { self.number = number }

  var key: String { "identity module \(number) key" }
  var password: String { "identity module \(number) password" }
  var authenticationKeys: String { "identity module \(number) authentication keys" }
}

extension Module {
  /// Makes an identity module out of a blank card: the module factory's step. Refused where a module is already.
  public static func make(
    _ contents: ReadOnlyMemory, on memory: any CardMemory, vault: KeyVault, random: any RandomSource
  ) throws {
    guard memory.map[Records.key(.readOnlyMemory)] == nil else { throw ModuleMakingError.alreadyMade }
    let stored = try StoredReadOnlyMemory(contents, vault: vault, random: random)
    try memory.commit([.set(Records.key(.readOnlyMemory), stored.encoded)])
  }

  /// The application for a card: its kind and everything else are in the card's memory.
  public static func maker(vault: KeyVault) -> ApplicationMaker { { Module(vault: vault) } }
}

/// Why no module is made.
public enum ModuleMakingError: Error, Equatable, CustomStringConvertible {
  /// The memory holds an identity module already.
  case alreadyMade

  public var description: String { "this memory holds an identity module already: take another place for a new one" }
}
