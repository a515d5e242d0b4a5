import Foundation

/// The lock of a site's servers. Whoever runs some holds a share of it; the lab, which starts them all and may write their
/// configuration, begins only while nobody does. A share ends with its process.
final class ServersLock {
  private let descriptor: Int32

  private init(_ site: Site) {
    descriptor = open("\(site.directory)/servers.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
  }

  deinit { close(descriptor) }

  /// A server's share. In a directory that cannot be written there is none, and no lab either.
  static func share(of site: Site) -> ServersLock? {
    let lock = ServersLock(site)
    return flock(lock.descriptor, LOCK_SH) == 0 ? lock : nil
  }

  /// The lab's share; refused while a server of the site runs.
  static func begin(_ site: Site) throws -> ServersLock {
    let lock = ServersLock(site)
    guard lock.descriptor >= 0 else {
      throw Complaint(
        .noPermission, "\(site.directory)/servers.lock cannot be written: \(String(cString: strerror(errno))).",
        remedy: "Take another --dir.")
    }
    guard flock(lock.descriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw Complaint(
        .temporary, "A server of \(site.directory) runs already, and the lab would start it a second time.",
        remedy: "End it, or take a directory of its own for the lab: simurgh lab --dir another")
    }
    // From now on it is one server among others.
    flock(lock.descriptor, LOCK_SH)
    return lock
  }
}
