import Bytes
import Handset
import HandsetRegistration
import Identifiers
import IdentityModule
import Keys
import RegistrationDevice
import SecureElement
import SecureMessages
import Transport
import TransportCard

/// Module maker and handset maker (Figs 4, 22, 27), with what consortium and carrier give them: who makes what a dealer
/// has on the shelf.
public struct HandsetFactory {
  /// The lot that all modules here are of.
  public static let lot = 1
  /// PWD of the lot.
  public static let password = Secret(Array("lot 2024-07".utf8))
  /// The services that the model can serve.
  public static let services: Set<String> = ["call-waiting", "voice-mail"]

  /// KE_COB.
  let consortiumKey: PublicKey
  let maker: KeyHolder
  /// KD_MSN of the model.
  let modelKey: PrivateKey
  /// E(KD_COB, KE_C).
  public let signatureData: [UInt8]
  private let vault: KeyVault
  private let random: any RandomSource

  /// Factories whose modules' memories are sealed in `vault`.
  public init(
    consortiumKey: PublicKey, maker: KeyHolder, modelKey: PrivateKey, signatureData: [UInt8], vault: KeyVault,
    random: any RandomSource
  ) {
    (self.consortiumKey, self.maker, self.modelKey) = (consortiumKey, maker, modelKey)
    (self.signatureData, self.vault, self.random) = (signatureData, vault, random)
  }

  /// Whose word the handsets take.
  public var authorities: Authorities { Authorities(makers: [maker.known], consortiumKey: consortiumKey) }

  /// Fig. 4 (a, b): a module of the lot, as its maker ships it.
  public func makeModule(_ kind: ModuleKind, on memory: any CardMemory, now: Instant) throws -> SoftwareModule {
    let key = PrivateKey(.p256, random: random)
    let certificate = try Signed(
      ModuleCertificate(number: ModuleNumber(random: random), kind: kind, key: key.publicKey, lot: Self.lot), by: maker,
      term: Term(serial: 1, notBefore: now, notAfter: now + .seconds(20 * 365 * 86_400)))
    try Module.make(
      ReadOnlyMemory(
        load: .common(consortiumKey: consortiumKey, password: Self.password), key: key, certificate: certificate),
      on: memory, vault: vault, random: random)
    return SoftwareModule(memory: memory, vault: vault, random: random)
  }

  /// Fig. 4 (c, d): the carrier's key goes into a new module by the module writer.
  public func equip(_ module: any CardLink, now: Instant) throws {
    let writer = try ModuleWriter(
      module: InProcessCard(makeModule(.terminal, on: VolatileMemory(), now: now)), authorities: authorities,
      clock: DeviceClock { now })
    try writer.load(signatureData, password: Self.password)
    try writer.write(into: module, password: Self.password)
  }

  /// Fig. 4 (f, g): the model's keys go into a unit, under the unit's own key.
  public func makeUnitKeys(
    of modelKey: PrivateKey? = nil, approvals: [Signed<ModelApproval>] = [], unitKey: Secret? = nil
  ) throws -> UnitKeys {
    try UnitKeys(
      modelKey: modelKey ?? self.modelKey, approvals: approvals, unitKey: unitKey ?? Secret(random.bytes(32)),
      random: random)
  }

  /// Fig. 4 (f): a handset with what `module` reaches built in or in its slot.
  public func makeHandset(
    _ keys: UnitKeys, module: any CardLink, pattern: [UInt8], isIDWritten: Bool = false,
    clock: @escaping () -> Instant
  ) -> Handset {
    Handset(
      Handset.Equipment(keys: keys, patterns: [pattern], services: Self.services, authorities: authorities),
      module: module, isIDWritten: isIDWritten, clock: DeviceClock(clock), random: random)
  }
}
