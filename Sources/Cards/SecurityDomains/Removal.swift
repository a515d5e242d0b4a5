import APDU
import GlobalPlatform
import Identifiers
import SecureElement

/// DELETE (GlobalPlatform Card Specification 2.3 §11.2).
extension GlobalPlatformApplication {
  func delete(_ deed: Deed) throws(StatusWordError) -> Response {
    try requireSession(deed)
    guard deed.command.p1 == 0 else { throw StatusWordError(.wrongP1P2) }
    let delete = try refusing { try Delete(p2: deed.command.p2, data: deed.command.data) }
    switch delete.subject {
    case .key(let identifier, let version): return try deleteKeys(identifier, version, deed)
    case .object(let aid, let related): return try deleteObject(aid, related: related, delete, deed)
    }
  }

  private func deleteObject(
    _ aid: AID, related: Bool, _ delete: Delete, _ deed: Deed
  ) throws(StatusWordError) -> Response {
    let registry = deed.registry
    guard let (number, object) = registry.find(aid) else { throw StatusWordError(.referencedDataNotFound) }
    let objects = registry.objects()
    let own = objects.filter { other in
      other.number == number || object.kind == .securityDomain && registry.reaches(number, other.record.domain)
    }
    // An application goes with its load file, wherever it was extradited to: whoever loaded a file under that name next
    // would decide what it shows.
    let files = own.filter { $0.record.kind == .loadFile }.map(\.record.aid)
    let doomed = objects.filter { other in
      own.contains { $0.number == other.number } || files.contains { other.record.isApplication(of: $0) }
    }
    // Everybody is asked whose content goes: the domains it belongs to, and a domain that goes itself.
    let domains = doomed.filter { $0.record.kind == .securityDomain }.map(\.number)
    let claim = Claim(token: delete.token, data: delete.tokenData, reference: delete.tokenReference, namesDomain: false)
    let grant = try authorise(
      deed, concerned: Set(doomed.map(\.record.domain) + domains), claim: claim, isDeletion: true)
    // §11.2.3.2: 6985 where something of it is still there, or is selected elsewhere.
    guard related || doomed.count == 1, number != CardRegistry.issuer, !domains.contains(deed.place.selected),
      !doomed.contains(where: { isSelectedElsewhere($0.number, than: deed.exchange) })
    else { throw StatusWordError(.conditionsOfUse) }
    try use(grant, registry)
    for (number, record) in doomed {
      registry.remove(number)
      if let own = modules.first(where: { record.kind == .moduleApplication && $0.module == record.module }) {
        registry.memory.removeAll(in: own.area)
      }
    }
    return try receipt(for: deed, .delete(aid), grant)
  }

  /// §11.2.2.3.2: keys of the domain itself, but not those of the session.
  private func deleteKeys(
    _ identifier: UInt8?, _ version: UInt8?, _ deed: Deed
  ) throws(StatusWordError) -> Response {
    let (registry, domain) = (deed.registry, deed.place.selected)
    let keys = registry.keys(of: domain)
    let doomed = keys.filter { key in
      (identifier == nil || key.identifier == identifier) && (version == nil || key.version == version)
    }
    guard !doomed.isEmpty else { throw StatusWordError(.referencedDataNotFound) }
    guard !doomed.contains(where: { $0.version == deed.place.session?.channel.response.keyVersion }) else {
      throw StatusWordError(.conditionsOfUse)
    }
    registry.setKeys(
      keys.filter { key in !doomed.contains { $0.version == key.version && $0.identifier == key.identifier } },
      of: domain)
    return Response(Receipt.answer(nil))
  }
}
