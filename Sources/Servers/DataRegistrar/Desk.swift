import Bytes
import ContentManagement
import GlobalPlatform
import Identifiers
import Keys
import MutualAgreement
import SecureMessages
import Store
import TLV

/// The data registrar: registers and manages data providers (DPR), and certifies data (SDCI').
public struct Desk: Sendable {
  /// Approvals, revocation and lists.
  public let book: RegistrarBook
  /// The registrar's domain on cards that take certified data alone.
  public let domain: AID

  private static let schema = Schema(
    owner: "data-registrar",
    versions: [
      [
        .table(
          "certified_data",
          """
          provider TEXT NOT NULL, load_file BLOB NOT NULL, version INTEGER NOT NULL, hash BLOB NOT NULL,
          data BLOB NOT NULL, certificate BLOB NOT NULL, PRIMARY KEY (load_file, version)
          """)
      ]
    ])

  /// A desk over `store`, whose tables it brings up to date.
  public init(store: any Store, holder: KeyHolder, domain: AID) throws {
    (book, self.domain) = (try RegistrarBook(store: store, holder: holder), domain)
    try store.migrate([Self.schema])
  }

  /// The answer to a message, a refusal included: to an application of an approved provider, DPR in both forms; to data,
  /// SDCI'.
  public func respond(to bytes: [UInt8], now: Instant, random: any RandomSource) -> [UInt8] {
    let request = AgreementRequest(bytes, now: now, random: random)
    do {
      switch MessageKind.of(bytes) {
      case .signed(DataSubmission.messageType): return try certify(request)
      case .signed(RegistrationApplication.messageType): return try register(request)
      default: throw AgreementRefusal.malformed
      }
    } catch {
      return Refused(AgreementRefusal(error)).encoded
    }
  }

  /// Step 61: PKD and the domain's name are registered.
  private func register(_ request: AgreementRequest) throws -> [UInt8] {
    try book.register(request, needsDomain: true) { provider, domain, term in
      guard let domain else { throw AgreementRefusal.malformed }
      let body = CardCertificate.Body(
        serialNumber: UInt32(truncatingIfNeeded: term.serial).bigEndianBytes, issuer: self.domain.bytes,
        subject: domain.bytes, effective: Self.day(term.notBefore), expiration: Self.day(term.notAfter),
        key: provider.key)
      return RegisteredProvider(
        dpr: try Signed(ProviderRegistration(provider, domain: domain), by: book.holder, term: term),
        certificate: try CardCertificate(body, signedBy: book.holder.key)
      ).encoded
    }
  }

  /// Seventh embodiment: the registrar keeps APD and SDI, and certifies what it has seen. A version has one content.
  private func certify(_ request: AgreementRequest) throws -> [UInt8] {
    let submission: Signed<DataSubmission> = try request.message()
    let provider = submission.claimedSender
    let row = try book.store.read {
      try $0.first("SELECT statement, revoked FROM registered_party WHERE name = $1", provider.name)
    }
    guard let row, let statement: [UInt8] = try row(0) else { throw AgreementRefusal.notAuthentic }
    guard try !row(1, as: Bool.self) else { throw AgreementRefusal.revoked }
    let registered = try RegisteredProvider(encoded: statement).dpr.verified(from: book.holder.known, at: request.now)
    let body = try submission.verified(from: registered.known, to: book.holder.party, at: request.now)
    let hash = sha256(body.data)
    guard let package = try? DataPackage(encoded: body.data), body.sdi.size == body.data.count, body.sdi.hash == hash,
      body.sdi.module == package.module, body.sdi.version == package.version
    else { throw AgreementRefusal.malformed }
    return try book.store.transaction { transaction in
      let former = try transaction.first(
        "SELECT provider, hash, certificate FROM certified_data WHERE load_file = $1 AND version = $2",
        body.sdi.loadFile.bytes, Int(body.sdi.version))
      if let former {
        guard try former(0) == provider.name, try former(1) == hash else { throw AgreementRefusal.nameTaken }
        return try former(2)
      }
      let other = try transaction.first(
        "SELECT 1 FROM certified_data WHERE load_file = $1 AND provider <> $2", body.sdi.loadFile.bytes,
        provider.name)
      guard other == nil else { throw AgreementRefusal.nameTaken }
      let term = Term(
        serial: try ContentBook.nextSerial("certificate", in: transaction), notBefore: request.now,
        notAfter: request.now + RegistrarBook.registrationTerm)
      let certificate = DataCertificate(
        body.sdi, registrarDomain: domain, signature: try book.holder.key.sign(hash))
      let answer = try Signed(certificate, by: book.holder, to: provider, term: term).encoded
      try transaction.execute(
        """
        INSERT INTO certified_data (provider, load_file, version, hash, data, certificate)
        VALUES ($1, $2, $3, $4, $5, $6)
        """, provider.name, body.sdi.loadFile.bytes, Int(body.sdi.version), hash, body.data, answer)
      return answer
    }
  }

  /// YYYYMMDD in UTC.
  private static func day(_ instant: Instant) -> String {
    String(instant.description.prefix(10).filter { $0 != "-" })
  }
}
