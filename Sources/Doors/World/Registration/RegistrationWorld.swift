import AuC
import Bytes
import CarrierTerminal
import CustomerManagement
import Handset
import HandsetRegistration
import Identifiers
import IdentityModule
import Keys
import RegistrationDevice
import SecureElement
import SecureMessages
import Store
import Transport
import TransportCard

/// All parties of a handset registration in one process: consortium, module maker, handset maker, carrier, dealer.
public final class RegistrationWorld {
  /// The carrier's number pool.
  public static let pool = "handsets"
  /// The fixed pattern of the carrier's IDs.
  public static let pattern: [UInt8] = Array("SIMURGH1".utf8)
  /// The lot that all modules here are of.
  public static let lot = HandsetFactory.lot
  /// PWD of the lot.
  public static let password = HandsetFactory.password
  /// The services in the carrier's catalogue.
  public static let services = ["call-waiting", "dial-lock", "voice-mail"]
  /// What the approved model of handset is called in the carrier's list.
  public static let modelName = "Model 1"
  /// The dealer under contract.
  public static let dealer = "D-0001"

  public let consortium: KeyHolder
  public let maker: KeyHolder
  public let carrier: KeyHolder
  /// KD_MSN of the approved model.
  public let modelKey: PrivateKey
  /// KD_A of the approved model of registration terminal.
  public let terminalKey: PrivateKey
  public let desk: CarrierTerminal.Desk
  public let centre: AuC.Desk
  public let customers: CustomerManagement.Desk
  public let factory: HandsetFactory
  let vault: KeyVault
  let random: any RandomSource
  /// The time that all parties have.
  public var now: Instant

  /// The parties over `store`, with `numbers` telephone numbers in the carrier's pool.
  public init(
    store: any Store, network: PLMN, numbers: Int, company: any CreditCompany, vault: KeyVault,
    random: any RandomSource, now: Instant
  ) throws {
    (self.vault, self.random, self.now) = (vault, random, now)
    consortium = KeyHolder(.consortium, key: PrivateKey(.p256, random: random))
    maker = KeyHolder(try Party("maker:lab"), key: PrivateKey(.p256, random: random))
    carrier = KeyHolder(.carrier(network), key: PrivateKey(.p256, random: random))
    modelKey = PrivateKey(.p256, random: random)
    terminalKey = PrivateKey(.p256, random: random)
    factory = HandsetFactory(
      consortiumKey: consortium.key.publicKey, maker: maker, modelKey: modelKey,
      signatureData: try Self.certify(carrier, by: consortium, now: now), vault: vault, random: random)
    customers = try CustomerManagement.Desk(store: store)
    try store.migrate([EventRecord.schema, SubscriberTable.schema])
    centre = AuC.Desk(store: store, vault: vault)
    desk = try CarrierTerminal.Desk(
      store: store, settings: CarrierTerminal.Desk.Settings(carrier: carrier, pattern: Self.pattern), vault: vault,
      office: CarrierOffice(customers, pool: Self.pool, company: company),
      network: CarrierNetwork(centre, random: random))
    try openOffice(network, numbers: numbers)
  }

  private func openOffice(_ network: PLMN, numbers: Int) throws {
    try customers.make(NumberPool(name: Self.pool), now: now)
    try customers.add(numbers: numbers, from: TelephoneNumber("+819000000000"), to: Self.pool, now: now)
    for service in Self.services {
      try customers.define(ServiceCatalogue.Service(name: service, description: service), now: now)
    }
    let sims = try (1...numbers).map { index in
      let digits = String(1_000_000_000 + index).dropFirst()
      let imsi = try IMSI((network.mcc + network.mnc + "0000000000").prefix(15 - digits.count) + digits)
      return (iccid: try ICCID("8981001000" + digits), imsi: imsi, profileType: CarrierOffice.profileType)
    }
    try customers.stock(sims, now: now)
    try desk.add(maker: maker.known)
    try desk.add(dealer: Self.dealer, name: "Dealer")
    let end = now + .seconds(5 * 365 * 86_400)
    try desk.approve(model: modelKey.publicKey, name: Self.modelName, from: now, to: end)
    try desk.approve(
      model: terminalKey.publicKey, as: .registrationTerminal, name: "Terminal 1", from: now, to: end)
    try desk.set(password: Self.password, ofLot: Self.lot, random: random)
  }

  // MARK: The factories

  /// Fig. 4 (a, b): a module of the lot, as its maker ships it.
  public func makeModule(_ kind: ModuleKind, on memory: any CardMemory = VolatileMemory()) throws -> SoftwareModule {
    try factory.makeModule(kind, on: memory, now: now)
  }

  /// E(KD_COB, KE_C): what the consortium certifies for the carrier.
  private static func certify(_ carrier: KeyHolder, by consortium: KeyHolder, now: Instant) throws -> [UInt8] {
    try Signed(
      CarrierKey(carrier: carrier.party, key: carrier.key.publicKey), by: consortium,
      term: Term(serial: 1, notBefore: now, notAfter: now + .seconds(20 * 365 * 86_400))
    ).encoded
  }

  /// Fig. 4 (c, d): the carrier's key goes into a new module by the module writer.
  public func equip(_ module: any CardLink) throws { try factory.equip(module, now: now) }

  /// Whose word the handsets here take.
  public var authorities: Authorities { factory.authorities }

  /// Fig. 4 (f): a handset of the approved model, or of another, with a module built in.
  public func makeHandset(
    modelKey: PrivateKey? = nil, approvals: [Signed<ModelApproval>] = [], module: (any CardLink)? = nil
  ) throws -> Handset {
    let link = try module ?? InProcessCard(makeModule(.handset))
    if module == nil { try equip(link) }
    return factory.makeHandset(
      try factory.makeUnitKeys(of: modelKey, approvals: approvals), module: link, pattern: Self.pattern,
      clock: { [self] in now })
  }

  // MARK: The network

  /// The dealer's line to the carrier's terminal.
  public func line(dealer: String = RegistrationWorld.dealer) -> any RegistrationLine {
    Line(world: self, dealer: dealer)
  }

  private struct Line: RegistrationLine {
    let world: RegistrationWorld
    let dealer: String

    func exchange(_ message: [UInt8]) throws -> [UInt8] {
      world.desk.respond(to: message, dealer: dealer, now: world.now, random: world.random)
    }
  }

  /// Whether the network takes the handset.
  public func attaches(_ handset: Handset) throws -> Bool {
    try centre.takes(handset, now: now, random: random)
  }
}

extension AuC.Desk {
  /// Whether the handset's module answers a challenge of this authentication centre.
  public func takes(_ handset: Handset, now: Instant, random: any RandomSource) throws -> Bool {
    guard case .ready(let information, _) = handset.state, let imsi = information.imsi else { return false }
    do {
      let vectors = try quintuplets(for: imsi, by: "MSC", now: now, random: random)
      guard let vector = vectors.first else { return false }
      let answer = try handset.authenticate(rand: vector.rand, autn: vector.autn.bytes)
      return answer.first == 0xDB && answer.dropFirst(2).starts(with: vector.xres)
    } catch is AuCError { return false } catch is DeviceError { return false }
  }
}
