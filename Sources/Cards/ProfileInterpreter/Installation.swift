import Identifiers
import ProfilePackage
import SecureElement
import TLV
import UICC

/// Carries a package's elements out, one after the other, into a file system that is still nowhere.
struct Installation {
  private let package: Package
  private let limit: Int
  /// What each element makes, and the first thing that is wrong with it.
  private var files: [Int: [ResolvedFile]] = [:]
  private var pins: [Int: ResolvedPINs] = [:]
  private var authentications: [Int: ResolvedAuthentication] = [:]
  private var complaints: [Int: Complaint] = [:]
  private var leftOut: [Int: Complaint] = [:]

  /// The file system so far.
  var builder = FileSystemBuilder()
  /// Where the files stand, by their paths from the MF.
  private(set) var places: [[FileIdentifier]: FileNumber] = [:]
  /// The ADFs by their identifiers.
  private(set) var applications: [AID: FileNumber] = [:]
  /// What each ADF authenticates itself with; its own parameters or those of another.
  var algorithms: [FileNumber: AKAParameters.Algorithm] = [:]
  /// The ADF whose parameters an ADF shares.
  var authenticationSources: [FileNumber: FileNumber] = [:]
  /// The content of elements of known issuers.
  private(set) var nonStandard: [OID: [UInt8]] = [:]
  /// References of the unblocking codes in the whole package.
  let unblockingReferences: Set<Int>
  /// The security domains and what else is kept as it came.
  var records = ProfileRecord.Book()
  private var links: [(element: Int, target: [FileIdentifier])] = []
  private var used = 0

  init(_ package: Package, memoryLimit: Int) {
    (self.package, limit) = (package, memoryLimit)
    unblockingReferences = Set(
      package.elements.compactMap { $0 as? PE.PUKCodes }.flatMap(\.pukCodes).map(\.keyReference))
    let profile = ResolvedProfile(package)
    for file in profile.files { files[file.element.index, default: []].append(file) }
    for item in profile.pins { pins[item.element.index] = item }
    for item in profile.authentications { authentications[item.element.index] = item }
    for finding in profile.findings {
      guard let index = finding.element?.index else { continue }
      if finding.severity == .error, complaints[index] == nil { complaints[index] = Complaint(finding) }
      if finding.severity == .warning, leftOut[index] == nil { leftOut[index] = Complaint(finding) }
    }
  }

  /// Carries out all elements.
  ///
  /// §7.2: an element that fails ends the installation if it is mandated; else it is left out with a warning.
  mutating func run(_ journal: inout Journal) throws(ElementFailure) {
    for (index, element) in package.elements.enumerated() {
      if let complaint = leftOut[index] {
        journal.note(complaint, element)
        continue
      }
      let before = element.isMandated ? nil : self
      do throws(Complaint) {
        if let complaint = complaints[index] { throw complaint }
        try carryOut(element, index)
      } catch {
        guard let before else { throw ElementFailure(error, element) }
        self = before
        journal.note(error, element)
      }
    }
    let elements = package.elements
    for link in links where places[link.target] == nil {
      throw ElementFailure(
        Complaint(.badValues, "the file that a link should show does not exist"), elements[link.element])
    }
  }

  /// The finished file system.
  func image() throws(ElementFailure) -> FileSystemImage {
    do throws(FileSystemError) {
      return try builder.build()
    } catch {
      throw ElementFailure(Complaint(error))
    }
  }

  private mutating func carryOut(_ element: any ProfileElement, _ index: Int) throws(Complaint) {
    for file in files[index] ?? [] { try create(file, index) }
    if let item = pins[index] { try install(item) }
    if let item = authentications[index] { try install(item) }
    switch element {
    case let codes as PE.PUKCodes: try install(codes)
    case let domain as PE.SecurityDomain: try keep(domain, package.encoded(at: index))
    case let manager as PE.RFM: try keep(manager, package.encoded(at: index))
    case is PE.CDMAParameter: try keep(.cdmaParameter, package.encoded(at: index))
    case let element as PE.NonStandard:
      guard nonStandard[element.issuerID] == nil else { throw Complaint(.badValues, "its issuer has another one") }
      try reserve(element.content.count)
      nonStandard[element.issuerID] = element.content
    default: break
    }
  }

  /// Sets bytes of the card aside.
  mutating func reserve(_ bytes: Int) throws(Complaint) {
    // A file, a PIN or a record takes some bytes beside its contents.
    used += bytes + 32
    guard used <= limit else { throw Complaint(.notEnoughMemory, "the card has \(limit) bytes for a profile") }
  }

  // MARK: Files

  private mutating func create(_ file: ResolvedFile, _ index: Int) throws(Complaint) {
    let parameters = file.parameters
    try reserve(file.isDirectory || file.isLink ? 0 : max(parameters.fileSize ?? 0, file.contents.count))
    do throws(FileSystemError) {
      let number: FileNumber
      if file.path.isEmpty {
        number = try builder.createMF(parameters)
      } else if let aid = parameters.dfName {
        number = try builder.createADF(parameters)
        applications[aid] = number
      } else {
        let parent = Array(file.path.dropLast())
        guard let directory = places[parent] else { throw .notFound(parent) }
        // A link shows the files of its target and has none of its own.
        guard builder.parameters(of: directory).linkPath == nil else { throw .wrongKind(file.path.last ?? .mf) }
        number =
          file.isDirectory
          ? try builder.createDF(parameters, in: directory) : try builder.createEF(parameters, in: directory)
        if !file.contents.isEmpty { try builder.write(file.contents, in: number) }
      }
      places[file.path] = number
    } catch {
      throw Complaint(error)
    }
    if let target = parameters.linkPath {
      links.append((index, target.first == .mf ? Array(target.dropFirst()) : target))
    }
  }

  /// The directory at `path`.
  func directory(_ path: [FileIdentifier]) throws(Complaint) -> FileNumber {
    let path = path.first == .mf ? Array(path.dropFirst()) : path
    guard let number = places[path] else { throw Complaint(.badValues, "its directory does not exist") }
    return number
  }
}
