import APDU
import Bytes
import GlobalPlatform
import Identifiers
import SecureElement
import TLV
import UICC

/// INSTALL (GlobalPlatform Card Specification 2.3 §11.5).
extension GlobalPlatformApplication {
  /// The load file and module that stand for a security domain, as cards have them.
  static let domainLoadFile = AID(literal: "A0000001515350")
  static let domainModule = AID(literal: "A000000151535041")

  func install(_ deed: Deed) throws(StatusWordError) -> Response {
    try requireSession(deed)
    guard deed.command.p2 == 0 else { throw StatusWordError(.wrongP1P2) }
    deed.place.personalized = nil
    let install = try refusing { try Install(p1: deed.command.p1, data: deed.command.data) }
    switch install.request {
    case .load(let file, let domain, let hash):
      return try installForLoad(install, file: file, domain: domain, hash: hash, deed)
    case .install(let file, let module, let application, let privileges, let isSelectable):
      return try makeApplication(install, file, module, application, privileges, isSelectable, deed)
    case .makeSelectable(let application, let privileges):
      return try makeSelectable(install, application, privileges, deed)
    case .extradition(let object, let domain): return try extradite(install, object, to: domain, deed)
    case .registryUpdate(let application, let privileges): return try update(install, application, privileges, deed)
    case .personalization(let application):
      let (number, object) = try target(application, deed)
      let personalized = Personalized(number: number, aid: object.aid)
      guard let target = personalized.object(deed), target.kind != .loadFile else {
        throw StatusWordError(.conditionsOfUse)
      }
      deed.place.personalized = personalized
      return Response(Receipt.answer(nil))
    }
  }

  private func claim(_ install: Install) -> Claim {
    Claim(
      token: install.token, data: install.tokenData, reference: install.parameters.tokenReference,
      namesDomain: false)
  }

  private func target(_ aid: AID, _ deed: Deed) throws(StatusWordError) -> (number: Int, record: ObjectRecord) {
    guard let found = deed.registry.find(aid) else { throw StatusWordError(.referencedDataNotFound) }
    return found
  }

  /// [for install] (§11.5.2.3.2): a security domain, an application that shows a data package, or one of the card's own.
  private func makeApplication(
    _ install: Install, _ file: AID?, _ module: AID?, _ application: AID, _ privileges: Privileges,
    _ isSelectable: Bool, _ deed: Deed
  ) throws(StatusWordError) -> Response {
    let registry = deed.registry
    let source = file.flatMap { registry.findLoadFile($0) }
    let domain = source?.record.domain ?? deed.place.selected
    let grant = try authorise(deed, concerned: [domain], claim: claim(install))
    // An application of the card's own may be called like its module.
    guard registry.find(application) == nil,
      !isReserved(application) || modules.contains(where: { $0.module == application && $0.module == module })
    else { throw StatusWordError(.conditionsOfUse) }
    let stage = isSelectable ? LifeCycle.selectable : .installed
    let object: ObjectRecord
    if privileges.contains(.securityDomain) {
      guard file == nil || file == Self.domainLoadFile, module == nil || module == Self.domainModule else {
        throw StatusWordError(.referencedDataNotFound)
      }
      try checkPrivileges(privileges, deed)
      object = ObjectRecord(
        .securityDomain, aid: application, lifeCycle: stage, privileges: privileges, domain: domain,
        loadFile: Self.domainLoadFile, module: Self.domainModule, quota: install.parameters.quota)
    } else if let source {
      guard module == nil || module == source.record.module else { throw StatusWordError(.referencedDataNotFound) }
      // A data package does nothing, so it needs no privilege.
      guard privileges.isEmpty else { throw StatusWordError(.wrongData) }
      object = ObjectRecord(
        .dataApplication, aid: application, lifeCycle: stage, domain: domain, loadFile: file,
        module: source.record.module, size: Self.writableBytes(source.number, registry))
    } else {
      guard let own = modules.first(where: { $0.module == module && (file == nil || file == $0.loadFile) }) else {
        throw StatusWordError(.referencedDataNotFound)
      }
      // It keeps what it keeps in one place, so there is one of it.
      guard !registry.objects().contains(where: { $0.record.module == own.module }), privileges.isEmpty else {
        throw StatusWordError(.conditionsOfUse)
      }
      object = ObjectRecord(
        .moduleApplication, aid: application, lifeCycle: stage, domain: domain, loadFile: own.loadFile,
        module: own.module)
    }
    try registry.checkRoom(object.size + ObjectRecord.overhead, in: domain)
    try use(grant, registry)
    _ = try registry.add(object)
    return try receipt(
      for: deed, .install(file: object.loadFile ?? Self.domainLoadFile, application: application), grant)
  }

  /// §6.6.2: a domain gives others no more than it has, but for what makes them a domain under its control.
  private func checkPrivileges(_ privileges: Privileges, _ deed: Deed) throws(StatusWordError) {
    let usual: Privileges = [.securityDomain, .dapVerification, .delegatedManagement, .tokenVerification]
    guard deed.place.selected == CardRegistry.issuer || deed.object.privileges.union(usual).isSuperset(of: privileges)
    else { throw StatusWordError(.conditionsOfUse) }
    // One receipt maker: the issuer's domain.
    guard !privileges.contains(.receiptGeneration) else { throw StatusWordError(.conditionsOfUse) }
  }

  /// [for make selectable] (§11.5.2.3.3).
  private func makeSelectable(
    _ install: Install, _ application: AID, _ privileges: Privileges, _ deed: Deed
  ) throws(StatusWordError) -> Response {
    var (number, object) = try target(application, deed)
    let grant = try authorise(deed, concerned: [object.domain], claim: claim(install))
    guard object.kind != .loadFile, object.lifeCycle == .installed,
      privileges.isEmpty || privileges == object.privileges
    else { throw StatusWordError(.conditionsOfUse) }
    object.lifeCycle = .selectable
    try use(grant, deed.registry)
    deed.registry.set(object, number)
    return try receipt(
      for: deed, .install(file: object.loadFile ?? Self.domainLoadFile, application: application), grant)
  }

  /// [for extradition] (§11.5.2.3.4): the object, and a load file's applications in the same domain with it, go over to
  /// another domain.
  private func extradite(
    _ install: Install, _ aid: AID, to domainAID: AID, _ deed: Deed
  ) throws(StatusWordError) -> Response {
    let registry = deed.registry
    let (number, object) = try target(aid, deed)
    let (domain, target) = try target(domainAID, deed)
    guard target.kind == .securityDomain, object.kind != .securityDomain, object.domain != domain,
      let from = registry.object(object.domain)
    else { throw StatusWordError(.conditionsOfUse) }
    let grant = try authorise(deed, concerned: [object.domain, domain], claim: claim(install))
    let moved = registry.objects().filter { other in
      other.number == number || other.record.domain == object.domain && other.record.isApplication(of: object.aid)
    }
    // What was never verified does not come into a domain that verifies.
    guard !target.privileges.contains(.dapVerification) || object.kind == .moduleApplication else {
      throw StatusWordError(.conditionsOfUse)
    }
    if object.kind == .loadFile, let module = object.module, let version = object.version {
      guard try registry.noteVersion(UInt16(truncatingIfNeeded: version), of: module, in: domain) else {
        throw StatusWordError(.conditionsOfUse)
      }
    }
    try use(grant, registry)
    for (number, record) in moved {
      var record = record
      record.domain = domain
      registry.set(record, number)
    }
    try registry.checkRoom(0, in: domain)
    return try receipt(for: deed, .extradition(from: from.aid, object: aid, to: domainAID), grant)
  }

  /// [for registry update] (§11.5.2.3.5): other privileges for a domain. Who takes no more than the leave to manage content
  /// takes back what is its own to give, and needs nobody's token for it.
  private func update(
    _ install: Install, _ application: AID, _ privileges: Privileges, _ deed: Deed
  ) throws(StatusWordError) -> Response {
    var (number, object) = try target(application, deed)
    let isWithdrawal =
      privileges.isSubset(of: object.privileges)
      && object.privileges.subtracting(privileges).isSubset(of: [.authorizedManagement, .delegatedManagement])
    let concerned: Set<Int> = isWithdrawal ? [object.domain] : [object.domain, number]
    let grant = try authorise(deed, concerned: concerned, claim: claim(install))
    guard object.kind == .securityDomain, number != CardRegistry.issuer, privileges.contains(.securityDomain) else {
      throw StatusWordError(.conditionsOfUse)
    }
    try checkPrivileges(privileges, deed)
    object.privileges = privileges
    try use(grant, deed.registry)
    deed.registry.set(object, number)
    return try receipt(for: deed, .registryUpdate(application, privileges), grant)
  }
}
