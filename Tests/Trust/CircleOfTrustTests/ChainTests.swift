import CircleOfTrust
import Identifiers
import Keys
import TLV
import TestSupport
import Testing

@Suite("SGP.22 §4.5.2.2: chains of certificates") struct ChainTests {
  /// Within the validity of every SGP.26 certificate of variant O but the TLS ones.
  static let sgp26Now = Instant(seconds: 1_750_000_000)
  /// 2026-09-01: the TLS ones hold from 2026-07-21 to 2027-02-06.
  static let tlsNow = Instant(seconds: 1_788_220_800)

  @Test(
    "SGP.26: each certificate verifies in its own role", .enabled(if: Vectors.exist, Vectors.missing),
    arguments: SGP26.allCases)
  func sgp26(set: SGP26) throws {
    let circle = Circle(roots: [try SGP26.nist.ci, try SGP26.brainpool.ci])
    let eum = try set.eum
    let euicc = try circle.verify([try set.euicc, eum], as: .euicc, at: Self.sgp26Now)
    #expect(euicc.eid?.digits == "89049032123451234512345678901235")
    #expect(euicc.oid == nil)
    #expect(euicc.root == (try set.ci.subjectKeyIdentifier))
    _ = try circle.verify([eum], as: .eum, at: Self.sgp26Now)
    let auth = try circle.verify([try set.dpAuth], as: .dpAuthentication, at: Self.sgp26Now)
    let binding = try circle.verify([try set.dpPb], as: .dpProfileBinding, at: Self.sgp26Now)
    #expect(auth.oid?.description == "2.999.10")
    #expect(auth.oid == binding.oid)
    let tls = try circle.verify([try set.dpTLS], as: .dpTLS, at: Self.tlsNow)
    #expect(tls.certificate.isFor(host: "testsmdpplus1.example.com"))
  }

  @Test(
    "SGP.26: no certificate verifies in another role", .enabled(if: Vectors.exist, Vectors.missing),
    arguments: SGP26.allCases
  )
  func sgp26WrongRoles(set: SGP26) throws {
    let circle = Circle(roots: [try set.ci])
    let chains: [Role: [Certificate]] = [
      .euicc: [try set.euicc, try set.eum], .eum: [try set.eum],
      .dpAuthentication: [try set.dpAuth], .dpProfileBinding: [try set.dpPb],
      .dpTLS: [try set.dpTLS], .certificateIssuer: [try set.ci],
    ]
    for (own, chain) in chains {
      for role in Role.allCases where role != own {
        #expect(throws: ChainError.self) { try circle.verify(chain, as: role, at: Self.tlsNow) }
      }
    }
  }

  @Test("SGP.26: a circle of the other curve does not know the root", .enabled(if: Vectors.exist, Vectors.missing))
  func sgp26OtherRoot() throws {
    let circle = Circle(roots: [try SGP26.brainpool.ci])
    let eum = try SGP26.nist.eum
    let error = #expect(throws: ChainError.self) {
      try circle.verify([try SGP26.nist.euicc, eum], as: .euicc, at: Self.sgp26Now)
    }
    #expect(error?.reason == .unknownRoot(eum.authorityKeyIdentifier))
    #expect(error?.certificate == .eum)
  }

  @Test("what an authority issues verifies in its role and in no other", arguments: Curve.allCases)
  func issued(curve: Curve) throws {
    let own = try PrivateCircle(curve)
    for made in Role.allCases where made != .certificateIssuer {
      for role in Role.allCases {
        if role == made {
          let verified = try own.circle.verify(own.chain(made), as: role, at: PrivateCircle.now)
          #expect(verified.certificate == own.chain(made)[0])
          #expect((verified.oid != nil) == role.hasOID)
        } else {
          #expect(throws: ChainError.self) { try own.circle.verify(own.chain(made), as: role, at: PrivateCircle.now) }
        }
      }
    }
    #expect(own.circle.keyIdentifiers == [KeyIdentifier(of: own.ci.key.publicKey)])
  }

  @Test("a chain of the right length with a wrong role names the role that was found") func wrongRole() throws {
    let own = try PrivateCircle(.p256)
    let error = #expect(throws: ChainError.self) {
      try own.circle.verify(own.chain(.dpProfileBinding), as: .dpAuthentication, at: PrivateCircle.now)
    }
    #expect(error?.reason == .wrongRole(found: [OID("2.23.146.1.2.1.5")].compactMap { $0 }))
  }

  @Test("a root at the end of the chain, as TLS servers send it, is passed over; a foreign one is not")
  func rootInChain() throws {
    let own = try PrivateCircle(.p256)
    let foreign = try PrivateCircle(.p256, seed: "foreign")
    _ = try own.circle.verify(own.chain(.dpTLS) + [own.ci.certificate], as: .dpTLS, at: PrivateCircle.now)
    _ = try own.circle.verify(own.chain(.euicc) + [own.ci.certificate], as: .euicc, at: PrivateCircle.now)
    #expect(throws: ChainError.self) {
      try own.circle.verify(own.chain(.dpTLS) + [foreign.ci.certificate], as: .dpTLS, at: PrivateCircle.now)
    }
  }

  @Test("an eUICC without its EUM, or with too many above it, is refused") func lengths() throws {
    let own = try PrivateCircle(.p256)
    for chain in [[], [own.euicc], [own.euicc, own.eum.certificate, own.eum.certificate]] {
      let error = #expect(throws: ChainError.self) { try own.circle.verify(chain, as: .euicc, at: PrivateCircle.now) }
      #expect(error?.reason == .wrongLength(wanted: 2, found: chain.count))
      #expect(error?.certificate == .euicc)
    }
  }

  @Test("validity includes its first and its last second, and without a clock it is not checked")
  func validity() throws {
    let own = try PrivateCircle(.p256)
    let validity = PrivateCircle.validity
    let chain = own.chain(.euicc)
    for time in [validity.notBefore, validity.notAfter, validity.notAfter + .milliseconds(999)] {
      _ = try own.circle.verify(chain, as: .euicc, at: time)
    }
    _ = try own.circle.verify(chain, as: .euicc, at: nil)
    let early = #expect(throws: ChainError.self) {
      try own.circle.verify(chain, as: .euicc, at: validity.notBefore - .milliseconds(1))
    }
    #expect(early?.reason == .notYetValid(validity.notBefore))
    let late = #expect(throws: ChainError.self) {
      try own.circle.verify(chain, as: .euicc, at: validity.notAfter + .seconds(1))
    }
    #expect(late?.reason == .expired(validity.notAfter))
  }

  @Test(
    "the error names the certificate that has expired: CI, EUM or eUICC",
    arguments: [Role.certificateIssuer, .eum, .euicc])
  func whoExpired(role: Role) throws {
    let now = PrivateCircle.now
    let short = Validity(notBefore: now - .seconds(10), notAfter: now - .seconds(1))
    let long = PrivateCircle.validity
    let random = SeededRandomSource(seed: [1])
    let ci = try Authority(
      certificateIssuer: PrivateCircle.ciName, key: PrivateKey(.p256, random: random),
      validity: role == .certificateIssuer ? short : long, random: random)
    let key = PrivateKey(.p256, random: random)
    let eum = try Authority(
      certificate: ci.issue(
        .eum(organization: "Card Maker", eins: ["8900"]), named: "EUM", to: key.publicKey,
        validity: role == .eum ? short : long, random: random),
      key: key)
    let euicc = try eum.issue(
      .euicc(EID(PrivateCircle.eid)), named: "eUICC", to: key.publicKey, validity: role == .euicc ? short : long,
      random: random)
    let circle = Circle(roots: [ci.certificate])
    // Verified while all held: what is remembered of the EUM must not keep it alive.
    _ = try circle.verify([euicc, eum.certificate], as: .euicc, at: now - .seconds(5))
    let error = #expect(throws: ChainError.self) {
      try circle.verify([euicc, eum.certificate], as: .euicc, at: now)
    }
    #expect(error?.reason == .expired(short.notAfter))
    #expect(error?.certificate == role)
  }

  @Test("two roots of the same name are told apart by their keys") func sameName() throws {
    let own = try PrivateCircle(.p256)
    let foreign = try PrivateCircle(.p256, seed: "foreign")
    let both = Circle(roots: [foreign.ci.certificate, own.ci.certificate])
    for circle in [own, foreign] {
      let verified = try both.verify(circle.chain(.euicc), as: .euicc, at: PrivateCircle.now)
      #expect(verified.root == circle.ci.certificate.subjectKeyIdentifier)
    }
    // Neither vouches for the other's.
    #expect(throws: ChainError.self) {
      try own.circle.verify(foreign.chain(.euicc), as: .euicc, at: PrivateCircle.now)
    }
    #expect(throws: ChainError.self) {
      try both.verify([own.euicc, foreign.eum.certificate], as: .euicc, at: PrivateCircle.now)
    }
  }
}
