import CircleOfTrust

/// Remembers whom the eUICC trusts, by the contents it follows from: the lists in its memory are verified once after
/// power came or a list was loaded, not at every command.
package final class CircleShelf {
  private var last: (roots: [Certificate], lists: [[UInt8]], circle: Circle)?
  /// How often the lists were verified.
  package private(set) var verifications = 0

  /// An empty shelf.
  package init() {}

  /// The roots with the lists that were verified when they were loaded. A list that should have been replaced still
  /// tells whom it revokes, but stops nobody else: the card cannot fetch the next one.
  package func circle(_ roots: [Certificate], _ lists: [[UInt8]]) -> Circle {
    if let last, last.lists == lists, last.roots == roots { return last.circle }
    verifications += 1
    var circle = Circle(roots: roots)
    circle.refusesOutdatedRevocations = false
    for bytes in lists {
      guard let list = try? RevocationList(encoded: bytes) else { continue }
      _ = try? circle.load(list, at: nil)
    }
    last = (roots, lists, circle)
    return circle
  }
}
