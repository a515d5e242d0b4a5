import CircleOfTrust
import Identifiers
import Transport

extension HTTPSClient.Configuration {
  /// A client in a circle of trust: its certificate issuers are the only roots, and a server's certificate must be that
  /// of one of `roles` and not revoked (SGP.22 §2.6.6, §4.5.2.1). Each new connection asks for `circle` again.
  public init(
    circle: @autoclosure @escaping @Sendable () -> Circle, roles: [Role] = [.dpTLS, .dsTLS],
    identity: TLSIdentity? = nil,
    now: @escaping @Sendable () -> Instant = { Instant.now() }
  ) {
    self.init(roots: circle().roots.map(\.encoded), identity: identity)
    checkServer = { der throws(LinkError) in try circle().checkTLS([der], as: roles, at: now()) }
  }
}

extension Listener.Clients {
  /// Clients that hold a certificate of the circle with one of `roles`, or one of the very certificates `pinned` (DER).
  /// Each new connection asks for `circle` again.
  public static func members(
    of circle: @autoclosure @escaping @Sendable () -> Circle, as roles: [Role], pinned: Set<[UInt8]> = [],
    now: @escaping @Sendable () -> Instant = { Instant.now() }
  ) -> Listener.Clients {
    .holders { chain in
      if let leaf = chain.first, pinned.contains(leaf) { return true }
      return (try? circle().checkTLS(chain, as: roles, at: now())) != nil
    }
  }
}

extension Circle {
  /// Refuses a chain (DER, leaf first) that is not of one of `roles`.
  fileprivate func checkTLS(_ chain: [[UInt8]], as roles: [Role], at now: Instant) throws(LinkError) {
    var certificates: [Certificate] = []
    for der in chain {
      do { certificates.append(try Certificate(encoded: der)) } catch {
        throw LinkError(.untrusted, "the TLS certificate is malformed: \(error)")
      }
    }
    let claimed = certificates.first?.claimedRole
    guard let role = roles.first(where: { $0 == claimed }) ?? roles.first else {
      throw LinkError(.untrusted, "no role is accepted here")
    }
    do {
      _ = try verify(certificates, as: role, at: now)
    } catch {
      throw LinkError(.untrusted, "TLS is refused: \(error)")
    }
  }
}
