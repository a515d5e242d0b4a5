import CircleFiles
import CircleOfTrust
import MutualAuthentication

/// Takes over into a running server what changes in the circle's directory: revocation lists and trust anchors.
struct CircleWatch {
  let directory: CircleDirectory
  let trust: CircleInForce

  /// Reads the directory; a directory that cannot be read leaves the circle as it is.
  func refresh() {
    guard let fresh = try? directory.circle() else { return }
    let current = trust.circle
    let isNew =
      fresh.roots != current.roots || fresh.revocationLists != current.revocationLists
    if isNew { trust.circle = fresh }
  }
}
