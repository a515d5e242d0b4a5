import Bytes
import ContentManagement
import GlobalPlatform
import Identifiers
import Keys
import MutualAgreement
import SecureMessages
import Store

/// Data of the provider's in one version.
public struct CatalogueItem: Sendable {
  /// What they are called.
  public let title: String
  /// The load file.
  public let loadFile: AID
  /// The application that shows them.
  public let application: AID
  /// APD.
  public let package: DataPackage
  /// What they cost, in the smallest unit of the provider's money.
  public let price: Int
  /// For whose cards they are; empty: for all.
  public let issuers: [Party]
  /// SDCI', where the data registrar certified them.
  public var certificate: Signed<DataCertificate>?

  /// An item.
  public init(
    title: String, loadFile: AID, application: AID, package: DataPackage, price: Int, issuers: [Party] = []
  ) {
    (self.title, self.loadFile, self.application) = (title, loadFile, application)
    (self.package, self.price, self.issuers) = (package, price, issuers)
  }

  /// SDI, completed.
  public var sdi: StoringDataInformation {
    var sdi = StoringDataInformation(loadFile: loadFile, version: package.version)
    let data = package.encoded
    (sdi.module, sdi.application) = (package.module, application)
    (sdi.size, sdi.hash) = (data.count, sha256(data))
    return sdi
  }

  init(_ row: Row) throws {
    (title, price) = (try row(0), try row(3))
    (loadFile, application) = (try AID(row(1, as: [UInt8].self)), try AID(row(2, as: [UInt8].self)))
    package = try DataPackage(encoded: row(4, as: [UInt8].self))
    let certificate: [UInt8]? = try row(5)
    self.certificate = try certificate.map { try Signed<DataCertificate>(encoded: $0) }
    issuers = try row(6, as: String.self).split(separator: "\n").map { try Party(String($0)) }
  }

  static func find(_ loadFile: AID, _ version: UInt16, in reader: any Reader) throws -> CatalogueItem? {
    try reader.first(
      """
      SELECT title, load_file, application, price, data, certificate, issuers FROM catalogue_item
      WHERE load_file = $1 AND version = $2
      """, loadFile.bytes, Int(version)
    ).map(CatalogueItem.init)
  }
}

extension Desk {
  /// Puts data into the catalogue; a version that is there keeps its data.
  public func offer(_ item: CatalogueItem) throws {
    let data = item.package.encoded
    guard data.count <= StoringDataInformation.sizeLimit else { throw AgreementRefusal.noRoom }
    try store.transaction { transaction in
      if let former = try CatalogueItem.find(item.loadFile, item.package.version, in: transaction) {
        guard former.package == item.package else { throw AgreementRefusal.nameTaken }
      }
      try transaction.execute(
        """
        INSERT INTO catalogue_item (load_file, version, title, module, application, price, data, issuers)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (load_file, version) DO UPDATE SET title = excluded.title, price = excluded.price,
          issuers = excluded.issuers
        """, item.loadFile.bytes, Int(item.package.version), item.title, item.package.module.bytes,
        item.application.bytes, item.price, data, item.issuers.map(\.name).joined(separator: "\n"))
    }
  }

  /// Seventh embodiment: has the registrar certify data of the catalogue beforehand.
  public func certify(_ loadFile: AID, version: UInt16, now: Instant) throws {
    guard let item = try store.read({ try CatalogueItem.find(loadFile, version, in: $0) }) else {
      throw AgreementRefusal.notOffered
    }
    let serial = try store.transaction { try ContentBook.nextSerial("submission", in: $0) }
    let submission = try Signed(
      DataSubmission(item.sdi, data: item.package.encoded), by: holder, to: settings.dataRegistrar.party,
      term: Term(serial: serial, notBefore: now, notAfter: now + AgreementTimes.request))
    let certificate: Signed<DataCertificate> = try peers.ask(submission.encoded, of: settings.dataRegistrar.party)
    let body = try certificate.verified(from: settings.dataRegistrar, to: holder.party, at: now)
    guard body.sdi == item.sdi, let hash = item.sdi.hash,
      settings.dataRegistrar.key.verifies(body.signature, over: hash)
    else { throw AgreementRefusal.notAuthentic }
    try store.transaction {
      try $0.executeOne(
        "UPDATE catalogue_item SET certificate = $3 WHERE load_file = $1 AND version = $2", loadFile.bytes,
        Int(version), certificate.encoded)
    }
  }

  /// The catalogue: every version.
  public func items() throws -> [CatalogueItem] {
    try store.read { reader in
      try reader.query(
        """
        SELECT title, load_file, application, price, data, certificate, issuers FROM catalogue_item
        ORDER BY load_file, version
        """
      ).map(CatalogueItem.init)
    }
  }

  /// The books: what is on which card.
  public func book() throws -> [ContentBook.Line] { try store.read(ContentBook.lines) }

  /// What there is for cards of an issuer, in the newest versions.
  func catalogue(_ request: AgreementRequest) throws -> [UInt8] {
    let wanted: CatalogueRequest = try request.message()
    let items = try items().filter { $0.issuers.isEmpty || $0.issuers.contains(wanted.issuer) }
    let newest = items.filter { item in
      !items.contains { $0.loadFile == item.loadFile && $0.package.version > item.package.version }
    }
    return Catalogue(
      items: newest.map { item in
        .init(
          title: item.title, loadFile: item.loadFile, version: item.package.version, size: item.sdi.size ?? 0,
          price: item.price)
      }
    ).encoded
  }

  /// The data of a wish, if they are offered for cards of `issuer` and not revoked, and the registrar stands for their
  /// provider.
  func item(_ sdi: StoringDataInformation, for issuer: Party, at now: Instant) throws -> CatalogueItem {
    _ = try settings.registered.dpr.verified(from: settings.dataRegistrar, at: now)
    return try store.read { reader in
      guard let item = try CatalogueItem.find(sdi.loadFile, sdi.version, in: reader),
        item.issuers.isEmpty || item.issuers.contains(issuer)
      else { throw AgreementRefusal.notOffered }
      try Revocations.check(settings.dataRegistrar.party, party: holder.party, data: sdi, in: reader)
      return item
    }
  }
}
