import Bytes
import Identifiers
import TLV
import UICC

/// Walks through a package as an eUICC does and works out what each element creates.
struct Resolver {
  let package: Package
  var profile = ResolvedProfile()
  /// The element at hand.
  var element = ElementReference(0, PE.End(0))
  /// The ADF created last: of any kind, and of each kind.
  private(set) var application: [FileIdentifier]?
  private var applications: [String: [FileIdentifier]] = [:]
  /// The directories that the element at hand created.
  var directories: [[FileIdentifier]] = []
  /// Where PINs belong: the first directory of the last element that created one (§8.5.1).
  private var pinContext: [FileIdentifier]?
  /// AIDs of the ADFs.
  private var aids: Set<AID> = []
  /// Bytes that further files may take: more than any card has, and little enough for whoever resolves.
  private var room = 4 << 20

  init(_ package: Package) { self.package = package }

  mutating func run() {
    for (index, element) in package.elements.enumerated() {
      let before = self
      let known = profile.findings.count
      self.element = ElementReference(index, element)
      directories = []
      resolve(element)
      if let first = directories.first { pinContext = first }
      guard let header = element.header, !header.isMandated else { continue }
      // §7.2: where an element is not flagged as mandatory and cannot be installed, a warning is reported and the
      // processing continues.
      let findings = profile.findings[known...]
      guard findings.contains(where: { $0.severity == .error }) else { continue }
      self = before
      for var finding in findings {
        finding.severity = min(finding.severity, .warning)
        profile.findings.append(finding)
      }
    }
    checkLinks()
  }

  private mutating func resolve(_ element: any ProfileElement) {
    switch element {
    case let files as any FileSystemElement: resolve(files)
    case let management as PE.GenericFileManagement: resolve(management)
    case let pins as PE.PINCodes:
      guard let directory = pinContext else { return report("PINs come before any directory", .invalidRequestFormat) }
      if case .filePath(let bytes) = pins.pinCodes, directoryPath(bytes) == nil {
        return report("there is no directory at \(bytes.hex) to share PINs with", .badValues)
      }
      profile.pins.append(ResolvedPINs(element: self.element, directory: directory, codes: pins.pinCodes))
    case let puks as PE.PUKCodes: profile.puks += puks.pukCodes
    case let parameter as PE.AKAParameter:
      guard let application else {
        return report("authentication parameters come before any application", .invalidRequestFormat)
      }
      if case .mappingParameter(let mapping) = parameter.algoConfiguration, !aids.contains(mapping.mappingSource) {
        return report("the application \(mapping.mappingSource) to share parameters with does not exist", .badValues)
      }
      profile.authentications.append(
        ResolvedAuthentication(element: self.element, application: application, parameter: parameter))
    case let domain as PE.SecurityDomain: profile.securityDomains.append((self.element, domain))
    case let manager as PE.RFM: profile.fileManagers.append((self.element, manager))
    case let application as PE.Application: profile.applications.append((self.element, application))
    default: break
    }
  }

  // MARK: Findings

  /// Something is wrong with the element at hand.
  mutating func report(
    _ sentence: String, _ status: PEStatus.Status, file: String? = nil, severity: Finding.Severity = .error
  ) {
    profile.findings.append(
      Finding(severity: severity, element: element, file: file, sentence: sentence, status: status))
  }

  // MARK: Directories

  /// Where the files of an element stand that does not begin with a directory of its own, or where its directory
  /// stands.
  func base(of elementName: String) -> [FileIdentifier]? {
    switch elementName {
    case "mf", "iot", "cd", "telecom", "usim", "isim", "csim": []
    case "opt-usim", "phonebook", "gsm-access", "df-5gs", "df-saip", "df-snpn", "df-5gprose": applications["usim"]
    case "opt-isim": applications["isim"]
    case "opt-csim": applications["csim"]
    case "opt-iot": applications["iot"]
    default: application
    }
  }

  /// The path in `bytes`, two bytes a step from the MF, where it leads to a file that exists.
  func path(_ bytes: [UInt8]) -> [FileIdentifier]? {
    guard var path = FileIdentifier.path(bytes) else { return nil }
    if path.first == .mf { path.removeFirst() }
    return path.isEmpty || profile.places[path] != nil ? path : nil
  }

  func directoryPath(_ bytes: [UInt8]) -> [FileIdentifier]? {
    guard let path = path(bytes), path.isEmpty || profile.file(path)?.isDirectory == true else { return nil }
    return path
  }

  /// Sets `size` bytes aside for a file.
  mutating func reserve(_ size: Int, name: String) -> Bool {
    guard size <= room else {
      report("its \(size) bytes are more than a card has", .notEnoughMemory, file: name)
      return false
    }
    room -= size
    return true
  }

  /// Adds a file; its directory exists.
  mutating func add(_ file: ResolvedFile) {
    guard profile.places[file.path] == nil else {
      return report("a file \(file.pathDescription) exists already", .badValues, file: file.name)
    }
    if let aid = file.parameters.dfName {
      guard aids.insert(aid).inserted else {
        return report("another application has the identifier \(aid)", .badValues, file: file.name)
      }
      application = file.path
      applications[element.name] = file.path
    }
    if file.isDirectory { directories.append(file.path) }
    if element.name == "iot", file.parameters.dfName != nil { directories.swapAt(0, directories.count - 1) }
    profile.places[file.path] = profile.files.count
    profile.files.append(file)
  }

  // MARK: Links

  /// §8.3.3: a link takes descriptor, size and proprietary information of the file it shows.
  private mutating func checkLinks() {
    for index in profile.files.indices {
      guard let target = profile.files[index].parameters.linkPath else { continue }
      element = profile.files[index].element
      let path = target.first == .mf ? Array(target.dropFirst()) : target
      guard let source = profile.file(path), !source.isLink else {
        report(
          "the file \(ResolvedFile.describe(path)) that it should show does not exist", .badValues,
          file: profile.files[index].name)
        continue
      }
      profile.files[index].parameters.descriptor = source.parameters.descriptor
      profile.files[index].parameters.fileSize = source.parameters.fileSize
      profile.files[index].parameters.proprietary = source.parameters.proprietary
    }
  }
}
