import APDU
import Bytes
import GlobalPlatform
import Identifiers
import Keys
import TLV

/// A load file on its way in: nothing of it is in the card's memory before it is there as a whole and verified, so a power
/// cut leaves no trace.
struct Loading {
  let file: AID
  let domain: Int
  let hash: [UInt8]
  let claim: GlobalPlatformApplication.Claim
  /// Bytes that there is room for.
  let limit: Int
  var next: UInt8 = 0
  var bytes: [UInt8] = []
}

extension GlobalPlatformApplication {
  /// What DAP blocks and headers add to a data block at most.
  private static let headerAllowance = 1024

  /// INSTALL [for load] (§11.5.2.3.1).
  func installForLoad(
    _ install: Install, file: AID, domain aid: AID?, hash: [UInt8], _ deed: Deed
  ) throws(StatusWordError) -> Response {
    let registry = deed.registry
    let claim = Claim(
      token: install.token, data: install.tokenData, reference: install.parameters.tokenReference,
      namesDomain: aid != nil)
    var domain = deed.place.selected
    if let aid {
      guard let (number, object) = registry.find(aid), object.kind == .securityDomain else {
        throw StatusWordError(.referencedDataNotFound)
      }
      domain = number
    }
    let grant = try authorise(deed, concerned: [domain], claim: claim)
    guard registry.find(file) == nil, !isReserved(file) else {
      throw StatusWordError(.conditionsOfUse)
    }
    // §C.2: SHA-256. A token, or a DAP, signs the data block by its hash.
    guard hash.count == 32 || hash.isEmpty && grant == nil && Self.dapVerifiers(domain, registry).isEmpty else {
      throw StatusWordError(.wrongData)
    }
    try registry.checkRoom(install.parameters.codeSize ?? 0, in: domain)
    let quotas = registry.chain(from: domain).compactMap { number -> Int? in
      registry.object(number)?.quota.map { $0 - registry.usage(of: number) }
    }
    let limit = max(0, (quotas + [registry.memory.freeBytes]).min() ?? 0) + Self.headerAllowance
    // The token is used up by what is loaded, not by its announcement.
    deed.place.loading = Loading(file: file, domain: domain, hash: hash, claim: claim, limit: limit)
    return Response(Receipt.answer(nil))
  }

  /// LOAD (§11.6).
  func load(_ deed: Deed) throws(StatusWordError) -> Response {
    guard var loading = deed.place.loading else { throw StatusWordError(.conditionsOfUse) }
    deed.place.loading = nil
    try requireSession(deed)
    let command = deed.command
    guard command.p1 & 0x7F == 0, command.p2 == loading.next else { throw StatusWordError(.wrongP1P2) }
    loading.bytes += command.data
    loading.next &+= 1
    guard loading.bytes.count <= loading.limit else { throw StatusWordError(.notEnoughMemory) }
    guard command.p1 == 0x80 else {
      deed.place.loading = loading
      return Response(Receipt.answer(nil))
    }
    return try finish(loading, deed)
  }

  /// The last block: everything is checked once more, then the file comes into the registry in one commit.
  private func finish(_ loading: Loading, _ deed: Deed) throws(StatusWordError) -> Response {
    let registry = deed.registry
    guard let domain = registry.object(loading.domain), registry.find(loading.file) == nil else {
      throw StatusWordError(.conditionsOfUse)
    }
    let grant = try authorise(deed, concerned: [loading.domain], claim: loading.claim)
    let file = try refusing { try LoadFile(bytes: loading.bytes) }
    let hash = sha256(file.dataBlock)
    guard loading.hash.isEmpty || equalInConstantTime(hash, loading.hash) else { throw StatusWordError(.wrongData) }
    try verifyDAP(file, hash, loading.domain, deed)
    let package = try refusing { try DataPackage(encoded: file.dataBlock) }
    guard !isReserved(package.module) else { throw StatusWordError(.conditionsOfUse) }
    guard try registry.noteVersion(package.version, of: package.module, in: loading.domain) else {
      throw StatusWordError(.conditionsOfUse)
    }
    try registry.checkRoom(file.dataBlock.count + ObjectRecord.overhead, in: loading.domain)
    try use(grant, registry)
    let number = try registry.add(
      ObjectRecord(
        .loadFile, aid: loading.file, lifeCycle: .loaded, domain: loading.domain, module: package.module,
        version: Int(package.version), size: file.dataBlock.count))
    registry.memory.write(CardRegistry.key(.dataBlock, number), file.dataBlock)
    return try receipt(for: deed, .load(file: loading.file, domain: domain.aid), grant)
  }

  /// The domains that must verify a DAP of what is loaded for `domain` (§9.2.1): it itself, and those whose verification
  /// is mandated.
  static func dapVerifiers(_ domain: Int, _ registry: CardRegistry) -> [(number: Int, record: ObjectRecord)] {
    registry.objects().filter { number, object in
      guard object.kind == .securityDomain else { return false }
      return object.privileges.contains(.mandatedDAPVerification)
        || number == domain && object.privileges.contains(.dapVerification)
    }
  }

  /// §C.3: each verifier's signature over the hash, by the domain's DAP key or by the key that a certificate brought in
  /// this session. A block that nobody verifies is refused.
  private func verifyDAP(
    _ file: LoadFile, _ hash: [UInt8], _ domain: Int, _ deed: Deed
  ) throws(StatusWordError) {
    let verifiers = Self.dapVerifiers(domain, deed.registry)
    guard Set(file.dapBlocks.map(\.domain)) == Set(verifiers.map(\.record.aid)) else {
      throw StatusWordError(.wrongData)
    }
    for (number, object) in verifiers {
      let reference = KeyReference.dap
      let keys = [
        deed.registry.publicKey(reference.version, reference.identifier, of: number),
        number == deed.place.selected ? deed.place.session?.certifiedKey : nil,
      ].compactMap(\.self)
      guard let block = file.dapBlocks.first(where: { $0.domain == object.aid }),
        keys.contains(where: { $0.verifies(block.signature, over: hash) })
      else { throw StatusWordError(.wrongData) }
    }
  }
}
