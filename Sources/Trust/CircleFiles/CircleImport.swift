import Bytes
import CircleOfTrust
import Foundation
import Keys
import TLV

extension CircleDirectory {
  /// What an import found.
  public struct Imported: Sendable {
    /// The certificates taken, by their names in the circle, and revocation lists, by their issuers' keys.
    public var taken: [String] = []
    /// Files that hold something else, with the reason.
    public var passedOver: [(path: String, reason: String)] = []
  }

  /// Takes over a foreign set such as SGP.26's: every certificate and revocation list below `folder` in DER or PEM, its
  /// role read from the certificate itself, with the private key of whichever file has it.
  ///
  /// What is in the circle already stays as it is; a private key that was missing there is added. So an import that was
  /// cut short is finished by repeating it.
  public func importSet(from folder: String) throws(CircleFilesError) -> Imported {
    var found = Found()
    for file in try Self.files(below: folder) {
      guard let data = FileManager.default.contents(atPath: "\(folder)/\(file)") else { continue }
      found.add(Array(data), from: file)
    }
    var result = Imported(passedOver: found.passedOver)
    for (file, certificate) in found.certificates { try take(certificate, found.keys, from: file, into: &result) }
    for (file, list) in found.lists {
      let issuer = try entries(.eum).map(\.certificate).first { $0.subjectKeyIdentifier == list.authorityKeyIdentifier }
      var circle = try circle()
      do { try circle.load(list, issuedBy: issuer, at: nil) } catch {
        result.passedOver.append((file, "\(error)"))
        continue
      }
      try keep(list)
      result.taken.append("the revocation list of \(list.issuer)")
    }
    return result
  }

  /// More files than any set has: whoever names a whole disk did not mean it.
  private static let mostFiles = 10_000

  /// The files below `folder` that a certificate, a key or a list may be in, in order.
  private static func files(below folder: String) throws(CircleFilesError) -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue,
      let walk = FileManager.default.enumerator(atPath: folder)
    else { throw .cannotRead(folder, "there is no such directory") }
    var files: [String] = []
    var count = 0
    while let file = walk.nextObject() as? String {
      count += 1
      guard count <= mostFiles else { throw .cannotRead(folder, "it has more than \(mostFiles) files below it") }
      var status = stat()
      guard stat("\(folder)/\(file)", &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
      if status.st_size <= 1 << 20 { files.append(file) }
    }
    return files.sorted()
  }

  private func take(
    _ certificate: Certificate, _ keys: [PublicKey: PrivateKey], from file: String, into result: inout Imported
  ) throws(CircleFilesError) {
    guard let role = certificate.claimedRole else {
      result.passedOver.append((file, "the certificate has no role of SGP.22"))
      return
    }
    let key = keys[certificate.publicKey]
    if let known = try entries(role).first(where: { $0.certificate == certificate }) {
      if known.key == nil, let key { try addKey(key, to: known) }
      return
    }
    let last = PathName.last(of: file)
    let base = last.prefix(upTo: last.lastIndex(of: ".") ?? last.endIndex).map { character in
      character.isASCII && (character.isLetter || character.isNumber || "-_.".contains(character)) ? character : "-"
    }
    let stem = base.first == "." || base.isEmpty ? "imported\(String(base))" : String(base)
    // The same file name in two folders of the set is not the same certificate.
    var name = stem
    var count = 1
    while FileManager.default.fileExists(atPath: "\(path)/\(role.folder)/\(name).pem") {
      count += 1
      name = "\(stem)-\(count)"
    }
    result.taken.append(try add(certificate, key: key, as: role, named: name).name)
  }

  /// What the files of a set hold.
  private struct Found {
    var certificates: [(file: String, certificate: Certificate)] = []
    var lists: [(file: String, list: RevocationList)] = []
    var keys: [PublicKey: PrivateKey] = [:]
    var passedOver: [(path: String, reason: String)] = []

    mutating func add(_ bytes: [UInt8], from file: String) {
      guard let text = String(validating: bytes, as: UTF8.self), text.contains("-----BEGIN") else {
        if let key = try? PrivateKey(der: bytes) {
          keys[key.publicKey] = key
        } else if let list = try? RevocationList(encoded: bytes) {
          lists.append((file, list))
        } else {
          addCertificate(bytes, from: file)
        }
        return
      }
      do {
        for block in try PEM.blocks(in: text) {
          switch block.label {
          case "CERTIFICATE": addCertificate(block.bytes, from: file)
          case "X509 CRL": lists.append((file, try RevocationList(encoded: block.bytes)))
          case "EC PARAMETERS": break
          case "PUBLIC KEY": passedOver.append((file, "a public key stands in its certificate anyway"))
          default:
            let key = try PrivateKey(pem: block.text)
            keys[key.publicKey] = key
          }
        }
      } catch { passedOver.append((file, "\(error)")) }
    }

    private mutating func addCertificate(_ bytes: [UInt8], from file: String) {
      do { certificates.append((file, try Certificate(encoded: bytes))) } catch {
        passedOver.append((file, "\(error)"))
      }
    }
  }

  /// Keeps a revocation list in the place of its issuer's former one, or of the same part of a divided one.
  public func keep(_ list: RevocationList) throws(CircleFilesError) {
    let folder = "\(path)/revoked"
    try Folder.make(folder)
    let part = list.part.map { "-\($0.number)of\($0.total)" } ?? ""
    let file = "\(folder)/\(list.authorityKeyIdentifier.bytes.hex)\(part).pem"
    try DurableFile.write(list.pem, to: file, isSecret: false)
  }
}
