import Bytes
import CircleOfTrust
import Foundation
import Identifiers
import Keys
import TLV

/// A circle of trust on disk: a folder per role, and in it `NAME.pem`, the certificate, and `NAME.key`, its private key
/// (readable by its owner alone). `revoked/` holds the newest revocation list of each issuer.
public struct CircleDirectory: Sendable {
  /// A certificate of the circle, with its private key where the circle has it.
  public struct Entry: Sendable {
    /// The role and the name: "DPauth/p256".
    public let name: String
    /// The certificate.
    public let certificate: Certificate
    /// Its private key; nil where only the certificate is known.
    public let key: PrivateKey?
    /// The certificate's file.
    public let path: String
    /// What the certificate claims to be.
    public var role: Role? { certificate.claimedRole }
  }

  /// The directory.
  public let path: String

  /// The circle at `path`, which need not exist yet.
  public init(_ path: String) { self.path = path }

  /// Whether there is a certificate issuer.
  public var exists: Bool { (try? files(in: Role.certificateIssuer.folder).isEmpty) == false }

  // MARK: Reading

  /// Every certificate, folder by folder, by name.
  public func entries() throws(CircleFilesError) -> [Entry] {
    var result: [Entry] = []
    for role in Role.allCases { result += try entries(role) }
    return result
  }

  /// The certificates of one role, by name.
  public func entries(_ role: Role) throws(CircleFilesError) -> [Entry] {
    var result: [Entry] = []
    for name in try files(in: role.folder) { result.append(try entry("\(role.folder)/\(name.dropLast(4))")) }
    return result
  }

  /// The names of the PEM files in a folder, in order; a folder that is not there has none.
  private func files(in folder: String) throws(CircleFilesError) -> [String] {
    let folder = "\(path)/\(folder)"
    guard FileManager.default.fileExists(atPath: folder) else { return [] }
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".pem") }.sorted()
    } catch { throw .cannotRead(folder, error.localizedDescription) }
  }

  /// The certificate called `name`: "DPauth/p256".
  public func entry(_ name: String) throws(CircleFilesError) -> Entry {
    let file = "\(path)/\(name).pem"
    guard FileManager.default.fileExists(atPath: file) else { throw .nothingThere(name) }
    do {
      guard let block = try PEM.blocks(in: Self.text(of: file)).first(where: { $0.label == "CERTIFICATE" }) else {
        throw CircleFilesError.damaged(file, "it holds no certificate")
      }
      let certificate = try Certificate(encoded: block.bytes)
      let keyFile = "\(path)/\(name).key"
      var key: PrivateKey?
      if FileManager.default.fileExists(atPath: keyFile) {
        key = try Self.privateKey(keyFile)
        guard key?.publicKey == certificate.publicKey else {
          throw CircleFilesError.damaged(keyFile, "it is not the key of the certificate beside it")
        }
      }
      return Entry(name: name, certificate: certificate, key: key, path: file)
    } catch let error as CircleFilesError { throw error } catch { throw .damaged(file, "\(error)") }
  }

  private static func privateKey(_ file: String) throws(CircleFilesError) -> PrivateKey {
    let text = try text(of: file)
    do { return try PrivateKey(pem: text) } catch { throw .damaged(file, "\(error)") }
  }

  private static func text(of file: String) throws(CircleFilesError) -> String {
    let data: Data
    do { data = try Data(contentsOf: URL(fileURLWithPath: file)) } catch {
      throw .cannotRead(file, error.localizedDescription)
    }
    guard let text = String(validating: data, as: UTF8.self) else { throw .damaged(file, "it is not text") }
    return text
  }

  /// The trust anchors with the revocation lists that are in force.
  public func circle() throws(CircleFilesError) -> Circle {
    var circle = Circle(roots: try entries(.certificateIssuer).map(\.certificate))
    let manufacturers = try entries(.eum).map(\.certificate)
    for (file, list) in try revocationFiles() {
      let issuer = manufacturers.first { $0.subjectKeyIdentifier == list.authorityKeyIdentifier }
      do { try circle.load(list, issuedBy: issuer, at: nil) } catch {
        // The list of a manufacturer that is revoked itself speaks of certificates that nobody accepts anyway.
        if case .issuer(let chain) = error, case .revoked = chain.reason { continue }
        throw .damaged(file, "\(error)")
      }
    }
    return circle
  }

  /// The newest revocation list of each issuer that has one.
  public func revocationLists() throws(CircleFilesError) -> [RevocationList] {
    try revocationFiles().map(\.list)
  }

  /// The revocation lists by their files. A file without a list is refused: were it passed over, a damaged one would make
  /// good what was revoked.
  private func revocationFiles() throws(CircleFilesError) -> [(file: String, list: RevocationList)] {
    var result: [(file: String, list: RevocationList)] = []
    for name in try files(in: "revoked") {
      let file = "\(path)/revoked/\(name)"
      do {
        let blocks = try PEM.blocks(in: Self.text(of: file))
        guard !blocks.isEmpty else { throw CircleFilesError.damaged(file, "it holds no revocation list") }
        for block in blocks { result.append((file, try RevocationList(encoded: block.bytes))) }
      } catch let error as CircleFilesError { throw error } catch { throw .damaged(file, "\(error)") }
    }
    return result
  }

  /// When each file that decides whom the circle trusts was last written: cheap to compare.
  public func stamps() -> [String: Date] {
    var stamps: [String: Date] = [:]
    for folder in [Role.certificateIssuer.folder, Role.eum.folder, "revoked"] {
      for name in (try? files(in: folder)) ?? [] {
        let attributes = try? FileManager.default.attributesOfItem(atPath: "\(path)/\(folder)/\(name)")
        stamps["\(folder)/\(name)"] = attributes?[.modificationDate] as? Date ?? .distantPast
      }
    }
    return stamps
  }

  // MARK: Writing

  /// Keeps a certificate, and its private key if it is given, under `name`.
  @discardableResult
  func add(_ certificate: Certificate, key: PrivateKey?, as role: Role, named name: String) throws(CircleFilesError)
    -> Entry
  {
    let folder = "\(path)/\(role.folder)"
    let file = "\(folder)/\(name).pem"
    guard !name.isEmpty, name.utf8.allSatisfy({ Self.isAllowed($0) }), name.first != "." else {
      throw .refused("\"\(name)\" is no name for a file; letters, digits, '-', '_' and '.' are allowed")
    }
    guard !FileManager.default.fileExists(atPath: file) else { throw .alreadyThere(file) }
    try Folder.make(folder)
    // The key first: a certificate whose key was lost would be of no use.
    if let key { try DurableFile.write(key.pem, to: "\(folder)/\(name).key", isSecret: true) }
    try DurableFile.write(certificate.pem, to: file, isSecret: false)
    return Entry(name: "\(role.folder)/\(name)", certificate: certificate, key: key, path: file)
  }

  /// Adds the private key that a certificate of the circle lacked.
  func addKey(_ key: PrivateKey, to entry: Entry) throws(CircleFilesError) {
    try DurableFile.write(key.pem, to: "\(path)/\(entry.name).key", isSecret: true)
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
  }
}

extension Role {
  /// The role's folder, as SGP.26 calls it.
  public var folder: String {
    switch self {
    case .certificateIssuer: "CertificateIssuer"
    case .eum: "EUM"
    case .euicc: "eUICC"
    case .dpTLS: "DPtls"
    case .dpAuthentication: "DPauth"
    case .dpProfileBinding: "DPpb"
    case .dsTLS: "DStls"
    case .dsAuthentication: "DSauth"
    case .operatorTLS: "operator"
    case .srTLS: "SRtls"
    case .directoryTLS: "directory"
    }
  }
}
