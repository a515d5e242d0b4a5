import UICC

/// Reads a package as a strict reviewer: every violation by its element, with a sentence.
public struct Lint {
  let package: Package
  let elements: [any ProfileElement]
  let profile: ResolvedProfile
  private(set) var findings: [Finding]

  /// What is to be said about `package`, in the order of its elements.
  public static func findings(in package: Package) -> [Finding] {
    var lint = Lint(package)
    for rule in rules { rule(&lint) }
    return lint.findings.enumerated()
      .sorted { ($0.element.element?.index ?? -1, $0.offset) < ($1.element.element?.index ?? -1, $1.offset) }
      .map(\.element)
  }

  /// The rules, each a chapter of the specification.
  private static let rules: [@Sendable (inout Lint) -> Void] = [
    { $0.checkSequence() }, { $0.checkOccurrences() }, { $0.checkHeader() }, { $0.checkServices() },
    { $0.checkMandatoryFiles() }, { $0.checkParameters() }, { $0.checkShortIdentifiers() },
    { $0.checkAccessRules() }, { $0.checkICCID() }, { $0.checkDirectoryOfApplications() }, { $0.checkUSIMs() },
    { $0.checkISIMs() }, { $0.checkPINs() }, { $0.checkPINStatus() }, { $0.checkPUKs() },
    { $0.checkAuthentication() }, { $0.checkSecurityDomains() }, { $0.checkFileManagers() },
    { $0.checkApplications() },
  ]

  /// For whoever reads packages with lint's eyes and without its opinions.
  static func reader(of package: Package) -> Lint { Lint(package) }

  private init(_ package: Package) {
    (self.package, elements) = (package, package.elements)
    profile = ResolvedProfile(package)
    findings = profile.findings
  }

  // MARK: Saying it

  /// Something about the element at `index`; nil for the package.
  mutating func say(
    _ severity: Finding.Severity, _ index: Int?, _ sentence: String, file: String? = nil,
    _ status: PEStatus.Status = .badValues
  ) {
    let element = index.map { ElementReference($0, elements[$0]) }
    findings.append(Finding(severity: severity, element: element, file: file, sentence: sentence, status: status))
  }

  /// Something about a file.
  mutating func say(_ severity: Finding.Severity, _ file: ResolvedFile, _ sentence: String) {
    findings.append(
      Finding(severity: severity, element: file.element, file: file.name, sentence: sentence, status: .badValues))
  }

  // MARK: Finding it

  /// The elements of one type with their places.
  func all<Element: ProfileElement>(_ type: Element.Type) -> [(index: Int, element: Element)] {
    elements.indices.compactMap { index in (elements[index] as? Element).map { (index, $0) } }
  }

  /// Where the elements with the given name stand.
  func indices(named name: String) -> [Int] { elements.indices.filter { elements[$0].name == name } }

  /// The file of the ADF `application` with this identifier.
  func file(_ identifier: FileIdentifier, in application: ResolvedFile) -> ResolvedFile? {
    profile.file(application.path + [identifier])
  }

  /// The ADFs that the elements with the given name created.
  func applications(_ elementName: String) -> [ResolvedFile] {
    profile.applicationDirectories.filter { $0.element.name == elementName }
  }
}
