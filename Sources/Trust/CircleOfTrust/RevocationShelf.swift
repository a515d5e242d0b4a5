/// The revocation lists in force: the newest of each scope, every one verified when it was put there.
package struct RevocationShelf: Sendable {
  /// What a newer list replaces: the list of the same issuer, distribution point and part.
  private struct Scope: Hashable {
    let issuer: KeyIdentifier
    let distributionPoint: [UInt8]
  }
  private var shelves: [Scope: [RevocationList]] = [:]

  /// An empty shelf.
  package init() {}

  /// All lists, by issuer and part.
  package var lists: [RevocationList] {
    shelves.values.joined().sorted { a, b in
      let (left, right) = (a.authorityKeyIdentifier.bytes, b.authorityKeyIdentifier.bytes)
      return left == right ? a.part?.number ?? 0 < b.part?.number ?? 0 : left.lexicographicallyPrecedes(right)
    }
  }

  /// The lists of the issuer whose certificate is given.
  func lists(by issuer: Certificate) -> [RevocationList] {
    if shelves.isEmpty { return [] }
    return shelves.filter { $0.key.issuer == issuer.subjectKeyIdentifier }.values.flatMap(\.self)
  }

  /// Puts a list in the place of those it replaces; returns the parts that are missing beside it.
  package mutating func insert(_ list: RevocationList) throws(RevocationError) -> [Int] {
    let scope = Scope(issuer: list.authorityKeyIdentifier, distributionPoint: list.distributionPoint)
    let shelf = shelves[scope] ?? []
    let rivals = shelf.filter { $0.part == list.part || $0.part == nil || list.part == nil }
    guard !rivals.contains(where: list.isOlder) else { throw .fresherLoaded }
    let alike = shelf.filter { $0.part?.total == list.part?.total && $0.part != list.part } + [list]
    let present = Set(alike.compactMap { $0.part?.number })
    let missing = (1...(list.part?.total ?? 1)).filter { list.part != nil && !present.contains($0) }
    // Lists that were divided otherwise stay until the last part of their successor is there: who could drop them with
    // the first part could hide what the others revoke. Newer ones stay in any case.
    shelves[scope] =
      alike
      + shelf.filter { other in
        other.part?.total != list.part?.total && (!missing.isEmpty || list.isOlder(than: other))
      }
    return missing
  }
}
