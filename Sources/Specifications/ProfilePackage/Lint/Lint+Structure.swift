import Identifiers

/// Order and number of the elements, and what the header promises (§8.1.3, §8.2.1).
extension Lint {
  /// §8.1.3: the header is the first element, the end the last, identifications are unique.
  mutating func checkSequence() {
    guard let first = elements.first, let last = elements.last else {
      return say(.error, nil, "the package is empty", .invalidRequestFormat)
    }
    if !(first is ProfileHeader) { say(.error, 0, "the first element is the profile header", .invalidRequestFormat) }
    for index in indices(named: ProfileHeader.name).dropFirst(first is ProfileHeader ? 1 : 0) where index > 0 {
      say(.error, index, "a profile header stands elsewhere than at the beginning", .invalidRequestFormat)
    }
    if !(last is PE.End) { say(.error, nil, "the last element is PE-End", .invalidRequestFormat) }
    for index in indices(named: PE.End.name) where index < elements.count - 1 {
      say(.error, index, "elements follow the end", .invalidRequestFormat)
    }
    var seen: [Int: Int] = [:]
    for (index, element) in elements.enumerated() {
      guard let identification = element.header?.identification else {
        if element is UnknownElement { say(.note, index, "is an element of a later version", .peNotSupported) }
        continue
      }
      if !(0...0x7FFF).contains(identification) {
        say(.error, index, "its identification is not within 0 to 32767")
      }
      if let other = seen.updateValue(index, forKey: identification) {
        say(.error, index, "element \(other + 1) has the identification \(identification) too")
      }
    }
    checkFirstFile()
  }

  /// §8.1.3: the MF comes first in the file system; §8.5.2: the PUKs follow it.
  private mutating func checkFirstFile() {
    let makers = elements.indices.filter {
      elements[$0] is any FileSystemElement || elements[$0] is PE.GenericFileManagement
    }
    guard let first = makers.first else {
      return say(.error, nil, "the package creates no file", .invalidRequestFormat)
    }
    if profile.file([]) == nil {
      say(.error, first, "no element creates the MF", .invalidRequestFormat)
    } else if profile.files.first?.path != [] {
      say(.error, first, "the MF is not created first", .invalidRequestFormat)
    }
    let isMinimal = package.header?.iotOptions != nil
    if let puk = indices(named: PE.PUKCodes.name).first, let maker = isMinimal ? 0 : makers.first, puk != maker + 1 {
      say(.warning, puk, "the PUKs do not come right after the creation of the MF", .invalidRequestFormat)
    }
    if isMinimal != !indices(named: "iot").isEmpty {
      say(.error, 0, "iotOptions and PE-IoT come together or not at all", .invalidRequestFormat)
    }
  }

  /// §8.1: what may stand once in a package, or once for each application.
  mutating func checkOccurrences() {
    for name in ["mf", "iot", "pukCodes", "cd", "telecom", "opt-iot"] {
      for index in indices(named: name).dropFirst() { say(.error, index, "stands there a second time") }
    }
    let dependent: [String: [String]] = [
      "usim": ["opt-usim", "phonebook", "gsm-access", "df-5gs", "df-saip", "df-snpn", "df-5gprose"],
      "isim": ["opt-isim"], "csim": ["opt-csim", "cdmaParameter"],
    ]
    var seen: Set<String> = []
    for (index, element) in elements.enumerated() {
      if let parts = dependent[element.name] { seen.subtract(parts) }
      guard dependent.values.contains(where: { $0.contains(element.name) }) else { continue }
      if !seen.insert(element.name).inserted {
        say(.error, index, "stands there a second time for the same application")
      }
    }
    if let cdma = indices(named: PE.CDMAParameter.name).first, indices(named: "csim").allSatisfy({ $0 > cdma }) {
      say(.error, cdma, "comes before any CSIM", .invalidRequestFormat)
    }
  }

  /// §8.2.1: version, profile type, ICCID, templates.
  mutating func checkHeader() {
    guard let header = package.header, let index = indices(named: ProfileHeader.name).first else { return }
    if ![2, 3].contains(header.majorVersion) {
      say(.error, index, "version \(header.majorVersion) is not 2 or 3", .unsupportedProfileVersion)
    }
    if let type = header.profileType, !(1...100).contains(type.utf8.count) {
      say(.error, index, "the profile type has \(type.utf8.count) bytes, not 1 to 100")
    }
    if let pix = header.iotOptions?.pix, !(7...11).contains(pix.count) {
      say(.error, index, "the PIX has \(pix.count) bytes, not 7 to 11")
    }
    let used = elements.compactMap { ($0 as? any FileSystemElement)?.templateID }
    for (place, element) in elements.enumerated() {
      guard let element = element as? any FileSystemElement, element.header?.isMandated == true,
        !header.mandatoryTemplates.contains(element.templateID)
      else { continue }
      say(.note, place, "its template \(element.templateID) is not among the header's mandatory templates")
    }
    for template in header.mandatoryTemplates where !used.contains(template) {
      say(.warning, index, "the mandatory template \(template) is not used")
    }
  }

  /// §8.2.1: a service is mandatory where the profile uses it, and only there.
  mutating func checkServices() {
    guard let services = package.header?.mandatoryServices, let index = indices(named: ProfileHeader.name).first else {
      return
    }
    let parameters = all(PE.AKAParameter.self).compactMap { item -> AlgoParameter? in
      if case .algoParameter(let parameter) = item.element.algoConfiguration { parameter } else { nil }
    }
    func uses(_ algorithm: AlgoParameter.Algorithm, keyLength: Int? = nil) -> Bool {
      parameters.contains { $0.algorithm == algorithm && (keyLength.map($0.key.bytes.count.hasValue) ?? true) }
    }
    let isUsed: [(ServicesList.Service, Bool)] = [
      (.usim, !indices(named: "usim").isEmpty || !indices(named: "iot").isEmpty),
      (.isim, !indices(named: "isim").isEmpty), (.csim, !indices(named: "csim").isEmpty),
      (.milenage, uses(.milenage)), (.tuak128, uses(.tuak, keyLength: 16)), (.tuak256, uses(.tuak, keyLength: 32)),
      (.usimTestAlgorithm, uses(.usimTestAlgorithm)), (.cave, !indices(named: PE.CDMAParameter.name).isEmpty),
      (.berTLV, profile.files.contains { $0.parameters.descriptor?.structure == .berTLV && !$0.isLink }),
      (.dfLink, profile.files.contains { $0.isDirectory && $0.isLink }),
      (.multipleUSIM, indices(named: "usim").count > 1), (.multipleISIM, indices(named: "isim").count > 1),
      (.multipleCSIM, indices(named: "csim").count > 1), (.eap, !indices(named: "eap").isEmpty),
    ]
    for (service, isUsed) in isUsed where services.contains(service) != isUsed {
      if isUsed {
        let severity: Finding.Severity = service == .cave ? .note : .warning
        say(severity, index, "the profile uses \(service.name), which is not among its mandatory services")
      } else {
        say(.error, index, "\(service.name) is mandatory, but nothing in the profile uses it", .featureNotSupported)
      }
    }
    for (service, base) in [(.gbaUSIM, .usim), (.gbaISIM, .isim)] as [(ServicesList.Service, ServicesList.Service)]
    where services.contains(service) && !services.contains(base) {
      say(.error, index, "\(service.name) is mandatory without \(base.name)", .featureNotSupported)
    }
  }
}

extension Int {
  fileprivate func hasValue(_ value: Int) -> Bool { self == value }
}
