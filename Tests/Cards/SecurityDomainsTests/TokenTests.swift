import APDU
import Bytes
import GlobalPlatform
import Identifiers
import Keys
import SecureChannel
import SecureElement
import SecurityDomains
import TestSupport
import Testing

/// A card on which issuer and provider need each other's consent, and the keys of both.
struct SharedCard {
  let card: ManagedCard
  let issuer = PrivateKey(.p256, random: SystemRandomSource.shared)
  let provider = PrivateKey(.p256, random: SystemRandomSource.shared)
  let receiptKey = Secret([UInt8](repeating: 0x55, count: 16))
  let providerKeys: SCP03.Keys

  /// `privileges` are those of the provider's domain.
  init(
    _ privileges: Privileges = [.securityDomain, .delegatedManagement], image: [UInt8] = ManagedCard.number
  ) throws {
    card = try ManagedCard(image: image)
    providerKeys = try ManagedCard.keys(0x90)
    try card.open()
    #expect(try card.put(issuer.publicKey, KeyReference.token).status == .ok)
    let place = KeyReference.receipt
    #expect(
      try card.put([receiptKey], place.version, from: place.identifier, under: ManagedCard.keys()).status == .ok)
    #expect(try card.install(privileges, as: ContentNames.provider).status == .ok)
    try card.open(ContentNames.provider)
    let secrets = [providerKeys.enc, providerKeys.mac, providerKeys.dek]
    #expect(try card.put(secrets, 1, under: ManagedCard.keys()).status == .ok)
    try openProvider()
    if privileges.contains(.tokenVerification) {
      #expect(try card.put(provider.publicKey, KeyReference.token).status == .ok)
    }
    if privileges.contains(.dapVerification) {
      #expect(try card.put(provider.publicKey, KeyReference.dap).status == .ok)
    }
  }

  func openProvider() throws { try card.open(ContentNames.provider, keys: providerKeys) }

  /// Parameters that bind a token to the card and to the domain that is selected.
  func parameters(_ number: UInt64) -> ContentParameters {
    var parameters = ContentParameters()
    parameters.tokenReference = TokenReference(
      issuer: ManagedCard.issuer, card: ManagedCard.number, provider: card.selected.bytes, number: number)
    return parameters
  }

  static let file = LoadFile(dataBlock: ManagedCard.package().encoded)

  func load(_ number: UInt64, by key: PrivateKey, _ file: LoadFile = SharedCard.file) throws -> Response {
    try card.load(
      file, domain: ContentNames.provider, signing: { try key.sign($0.tokenData) },
      parameters: parameters(number))
  }

  func delete(_ aid: AID, number: UInt64, by key: PrivateKey?) throws -> Response {
    let delete = Delete(
      .object(aid, related: true),
      tokenReference: key == nil ? nil : parameters(number).tokenReference)
    return try card.send(delete.command(token: try key?.sign(delete.tokenData) ?? []))
  }
}

@Suite("GlobalPlatform Card Specification 2.3 §9.2: tokens, receipts and DAP") struct TokenTests {
  @Test("C3: with delegated management the provider stores and deletes under the issuer's token, and gets receipts")
  func delegated() throws {
    let shared = try SharedCard()
    let loaded = try shared.load(1, by: shared.issuer)
    #expect(loaded.status == .ok)
    let receipt = try #require(try Receipt.read(loaded.data))
    #expect(receipt.confirmation.counter == 1)
    #expect(receipt.confirmation.card == ManagedCard.issuer + ManagedCard.number)
    #expect(receipt.confirmation.tokenNumber == 1)
    #expect(
      try receipt.proves(.load(file: ContentNames.file, domain: ContentNames.provider), key: shared.receiptKey))
    let installed = try shared.card.installPackage(
      signing: { try shared.issuer.sign($0.tokenData) }, parameters: shared.parameters(2))
    #expect(installed.status == .ok)
    #expect(
      try Receipt.read(installed.data)?.proves(
        .install(file: ContentNames.file, application: ContentNames.application), key: shared.receiptKey) == true)
    #expect(try shared.card.registry(.applications).map(\.aid) == [ContentNames.provider, ContentNames.application])
    let deleted = try shared.delete(ContentNames.file, number: 3, by: shared.issuer)
    #expect(deleted.status == .ok)
    let last = try #require(try Receipt.read(deleted.data))
    #expect(try last.proves(.delete(ContentNames.file), key: shared.receiptKey))
    #expect(last.confirmation.counter == 3)
  }

  @Test("C2: the issuer stores in the provider's domain, and deletes from it, with the provider's token alone")
  func throughIssuer() throws {
    let shared = try SharedCard([.securityDomain, .tokenVerification])
    try shared.card.open()
    #expect(try shared.card.load(SharedCard.file, domain: ContentNames.provider).status == .conditionsOfUse)
    #expect(try shared.load(1, by: shared.issuer).status == .conditionsOfUse)
    let loaded = try shared.load(1, by: shared.provider)
    #expect(loaded.status == .ok)
    #expect(try Receipt.read(loaded.data)?.confirmation.tokenNumber == 1)
    #expect(
      try shared.card.installPackage(
        signing: { try shared.provider.sign($0.tokenData) }, parameters: shared.parameters(2)
      ).status == .ok)
    for (aid, number) in [(ContentNames.file, 3), (ContentNames.application, 3), (ContentNames.provider, 3)]
      as [(AID, UInt64)]
    {
      #expect(try shared.delete(aid, number: number, by: nil).status == .conditionsOfUse)
      #expect(try shared.delete(aid, number: number, by: shared.issuer).status == .conditionsOfUse)
    }
    // Nor does the issuer help itself by other privileges for the domain, or another place for the file.
    let update = Install(.registryUpdate(application: ContentNames.provider, privileges: .securityDomain))
    #expect(try shared.card.send(update.command()).status == .conditionsOfUse)
    let move = Install(.extradition(object: ContentNames.file, domain: ManagedCard.domain))
    #expect(try shared.card.send(move.command()).status == .conditionsOfUse)
    #expect(try shared.delete(ContentNames.file, number: 3, by: shared.provider).status == .ok)
    #expect(try shared.delete(ContentNames.provider, number: 4, by: shared.provider).status == .ok)
  }

  @Test("C4: with authorised management the provider acts alone, in its own domain alone, and the issuer gets receipts")
  func authorised() throws {
    let shared = try SharedCard([.securityDomain, .authorizedManagement])
    let loaded = try shared.card.load(SharedCard.file)
    #expect(loaded.status == .ok)
    #expect(
      try Receipt.read(loaded.data)?.proves(
        .load(file: ContentNames.file, domain: ContentNames.provider), key: shared.receiptKey) == true)
    #expect(try shared.card.installPackage().status == .ok)
    let second = AID(literal: "A00000066702")
    #expect(try shared.card.load(SharedCard.file, as: second, domain: ManagedCard.domain).status == .conditionsOfUse)
    #expect(
      try shared.card.install([.securityDomain, .globalDelete], as: ContentNames.other).status == .conditionsOfUse)
    #expect(try shared.delete(ManagedCard.domain, number: 0, by: nil).status == .conditionsOfUse)
    // A token that nobody asked for is not passed over.
    #expect(try shared.delete(ContentNames.file, number: 1, by: shared.issuer).status == .conditionsOfUse)
    #expect(try shared.delete(ContentNames.file, number: 0, by: nil).status == .ok)
  }

  @Test("without token, with the wrong signer, or by a domain that may not, nothing happens") func alone() throws {
    let shared = try SharedCard()
    let before = ContentTests.contents(shared.card)
    #expect(try shared.card.load(SharedCard.file).status == .conditionsOfUse)
    #expect(try shared.load(1, by: shared.provider).status == .conditionsOfUse)
    #expect(
      try shared.card.load(SharedCard.file, signing: { try shared.issuer.sign($0.tokenData) }).status
        == .conditionsOfUse, "a token that is bound to no card")
    #expect(ContentTests.contents(shared.card) == before)
    // A domain with neither privilege has no way, whatever it brings.
    let plain = try SharedCard(.securityDomain)
    #expect(try plain.load(1, by: plain.issuer).status == .conditionsOfUse)
  }

  @Test("§C.4: a token is for one command, byte by byte, on one card, once") func bound() throws {
    let shared = try SharedCard()
    let install = Install(
      .load(file: ContentNames.file, domain: ContentNames.provider, hash: sha256(SharedCard.file.dataBlock)),
      parameters: shared.parameters(7))
    let good = install.command(token: try shared.issuer.sign(install.tokenData))
    // Any change of any byte.
    for offset in good.data.indices {
      var bad = good
      bad.data[offset] ^= 1
      #expect(try shared.card.send(bad).status != .ok, "byte \(offset)")
    }
    // Another card.
    let other = try SharedCard(image: [9, 9, 9, 9])
    try other.card.open()
    #expect(try other.card.send(Delete(.key(identifier: 1, version: 0x70)).command()).status == .ok)
    #expect(try other.card.put(shared.issuer.publicKey, KeyReference.token).status == .ok)
    try other.openProvider()
    #expect(try other.card.send(good).status == .conditionsOfUse)
    // A load that was broken off used nothing up; the second that is finished is the last.
    #expect(try shared.card.send(good).status == .ok)
    #expect(try shared.card.send(good).status == .ok)
    for command in SharedCard.file.commands() { #expect(try shared.card.send(command).status == .ok) }
    #expect(try shared.delete(ContentNames.file, number: 8, by: shared.issuer).status == .ok)
    #expect(try shared.card.send(good).status == .conditionsOfUse)
    _ = shared.card.card.powerOn()
    try shared.openProvider()
    #expect(try shared.card.send(good).status == .conditionsOfUse)
  }

  @Test("a token is not good again after its domain was deleted and made anew") func rebornDomain() throws {
    let shared = try SharedCard([.securityDomain, .tokenVerification])
    try shared.card.open()
    let install = Install(
      .load(file: ContentNames.file, domain: ContentNames.provider, hash: sha256(SharedCard.file.dataBlock)),
      parameters: shared.parameters(1))
    let good = install.command(token: try shared.provider.sign(install.tokenData))
    #expect(try shared.card.send(good).status == .ok)
    for command in SharedCard.file.commands() { #expect(try shared.card.send(command).status == .ok) }
    #expect(try shared.delete(ContentNames.provider, number: 2, by: shared.provider).status == .ok)
    #expect(try shared.card.install([.securityDomain, .tokenVerification], as: ContentNames.provider).status == .ok)
    try shared.card.open(ContentNames.provider)
    #expect(try shared.card.put(shared.provider.publicKey, KeyReference.token).status == .ok)
    try shared.card.open()
    #expect(try shared.card.send(good).status == .conditionsOfUse)
    #expect(try shared.load(3, by: shared.provider).status == .ok)
  }

  @Test("hundreds of token numbers in any order are each good once; what is too far back counts as used")
  func numbers() throws {
    let shared = try SharedCard()
    func use(_ number: UInt64) throws -> Bool {
      let made = Install(
        .install(
          file: nil, module: nil, application: ContentNames.other, privileges: .securityDomain, isSelectable: true),
        parameters: shared.parameters(number))
      let answer = try shared.card.send(made.command(token: try shared.issuer.sign(made.tokenData)))
      guard answer.status == .ok else { return false }
      // Undone with a number of another row.
      #expect(try shared.delete(ContentNames.other, number: 1_000_000 + number, by: shared.issuer).status == .ok)
      return true
    }
    #expect(try use(5))
    #expect(try use(3))
    #expect(try !use(5))
    #expect(try !use(3))
    #expect(try use(1))
    #expect(try use(4))
    #expect(try !use(0))
    for number in UInt64(100)..<240 { #expect(try use(number)) }
    for number: UInt64 in [1, 3, 4, 5, 100, 170, 239] { #expect(try !use(number)) }
    #expect(try !use(2), "below what the card tells apart")
    #expect(try use(240))
  }

  @Test("C6: a load file for a domain with DAP verification needs its owner's signature over just this data")
  func dap() throws {
    let shared = try SharedCard([.securityDomain, .authorizedManagement, .dapVerification])
    func load(_ signature: [UInt8]?, hash: [UInt8]? = nil, of block: [UInt8] = SharedCard.file.dataBlock) throws
      -> StatusWord
    {
      let blocks = signature.map { [LoadFile.DAPBlock(domain: ContentNames.provider, signature: $0)] } ?? []
      return try shared.card.load(LoadFile(dapBlocks: blocks, dataBlock: block), hash: hash).status
    }
    let before = ContentTests.contents(shared.card)
    let hash = sha256(SharedCard.file.dataBlock)
    let good = try shared.provider.sign(hash)
    #expect(try load(nil) == .wrongData)
    #expect(try load(nil, hash: []) == .wrongData)
    #expect(try load(shared.issuer.sign(hash)) == .wrongData)
    #expect(try load(good, of: ManagedCard.package(content: [6]).encoded) == .wrongData)
    #expect(try load(good, hash: hash, of: ManagedCard.package(content: [6]).encoded) == .wrongData)
    for offset in stride(from: 0, to: 64, by: 7) {
      var bad = good
      bad[offset] ^= 1
      #expect(try load(bad) == .wrongData)
    }
    #expect(ContentTests.contents(shared.card) == before)
    #expect(try load(good) == .ok)
  }

  @Test("C6: DPR: a certificate of the data registrar brings the provider's key, for one session") func certificate()
    throws
  {
    let shared = try SharedCard([.securityDomain, .authorizedManagement, .dapVerification])
    let card = shared.card
    let registrar = PrivateKey(.p256, random: SystemRandomSource.shared)
    let signer = PrivateKey(.p256, random: SystemRandomSource.shared)
    #expect(try card.put(registrar.publicKey, KeyReference.certificateAuthority).status == .ok)
    func certificate(
      _ key: PrivateKey = registrar, _ from: String? = nil, _ to: String = "20291231"
    ) throws -> Command {
      try CardCertificate(
        .init(
          serialNumber: [1], issuer: Array("registrar".utf8), subject: Array("provider".utf8), effective: from,
          expiration: to, key: signer.publicKey), signedBy: key
      ).command(
        version: KeyReference.certificateAuthority.version, identifier: KeyReference.certificateAuthority.identifier)
    }
    let block = LoadFile.DAPBlock(
      domain: ContentNames.provider, signature: try signer.sign(sha256(SharedCard.file.dataBlock)))
    let file = LoadFile(dapBlocks: [block], dataBlock: SharedCard.file.dataBlock)
    #expect(try card.load(file).status == .wrongData)
    #expect(try card.send(certificate(shared.provider)).status == .wrongData, "a false registrar")
    #expect(try card.load(file).status == .wrongData)
    var elsewhere = try certificate()
    elsewhere.p2 = 0x01
    elsewhere.p1 = KeyReference.dap.version
    #expect(try card.send(elsewhere).status == .referencedDataNotFound, "the DAP key certifies nobody")
    #expect(try card.send(certificate(registrar, "20270101")).status == .ok)
    // The card knows no time but what it was told by those it trusts.
    #expect(try card.send(certificate(registrar, nil, "20261231")).status == .wrongData)
    try shared.openProvider()
    #expect(try card.load(file).status == .wrongData, "the key went with the session")
    #expect(try card.send(certificate()).status == .ok)
    #expect(try card.load(file).status == .ok)
  }

  @Test("C7: with mandated DAP verification the registrar's signature is needed wherever a load goes") func mandated()
    throws
  {
    let shared = try SharedCard([.securityDomain, .dapVerification, .mandatedDAPVerification])
    try shared.card.open()
    #expect(try shared.card.load(SharedCard.file).status == .wrongData)
    let block = LoadFile.DAPBlock(
      domain: ContentNames.provider, signature: try shared.provider.sign(sha256(SharedCard.file.dataBlock)))
    #expect(
      try shared.card.load(LoadFile(dapBlocks: [block], dataBlock: SharedCard.file.dataBlock)).status == .ok)
  }

  @Test("a power cut at every write, and between any two commands, leaves all or nothing: registry, token and receipts")
  func powerCuts() throws {
    // The same keys throughout: what stands in the log of the first run is what the others begin with.
    let shared = try SharedCard()
    shared.card.close()
    let start = shared.card.log.bytes
    let install = Install(
      .load(file: ContentNames.file, domain: ContentNames.provider, hash: sha256(SharedCard.file.dataBlock)),
      parameters: shared.parameters(1))
    let commands =
      [install.command(token: try shared.issuer.sign(install.tokenData))]
      + SharedCard.file.commands(blockSize: 16)
    #expect(commands.count > 4)
    func session(_ log: VolatileLog) throws -> ManagedCard {
      let card = try ManagedCard(log)
      try card.open(ContentNames.provider, keys: shared.providerKeys)
      return card
    }
    /// What stands afterwards: whether the file is there, and how many receipts were made.
    func state(_ log: VolatileLog) throws -> String {
      let card = try session(log)
      let files = try card.registry(.loadFiles).count
      let receipts = try card.send(Command(cla: 0x80, ins: 0xCA, p1: 0, p2: 0xC2, le: 256)).data.hex
      return "\(files) \(receipts)"
    }
    // Between commands.
    for count in 0..<commands.count {
      let log = VolatileLog(start)
      let card = try session(log)
      for command in commands.prefix(count) { #expect(try card.send(command).status == .ok) }
      #expect(try state(VolatileLog(log.bytes)) == "0 C2020000")
    }
    // Within the one write that the last command makes.
    var outcomes: Set<String> = []
    for cut in [0, 1, 15, 16, 40, 200, 400, 800, .max] {
      let log = VolatileLog(start)
      let card = try session(log)
      for command in commands.dropLast() { #expect(try card.send(command).status == .ok) }
      card.cuts.cut(atWrite: 1, cut == .max ? .afterWrite : .afterBytes(cut))
      let last = try #require(commands.last)
      #expect(throws: NoPower.self) { try card.send(last) }
      let left = try state(VolatileLog(log.bytes))
      outcomes.insert(left)
      // The same token finishes what did not happen, and does not repeat what did.
      let again = try session(VolatileLog(log.bytes))
      var answer = StatusWord.ok
      for command in commands where answer == .ok { answer = try again.send(command).status }
      #expect(answer == (left.hasPrefix("0") ? .ok : .conditionsOfUse))
      #expect(try again.registry(.loadFiles).count == 1)
    }
    #expect(outcomes == ["0 C2020000", "1 C2020001"])
  }
}
