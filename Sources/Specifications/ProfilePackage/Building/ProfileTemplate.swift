import Bytes
import Identifiers
import TLV
import UICC

/// A package to make profiles of: parsed once, then filled with one subscriber's data after the other.
///
/// The template's language is its own file system. A slot is a file or element that personalisation sets
/// (``PersonalData`` tells which value sets what); a package has the slots whose files and elements it contains, so
/// any profile package is a template. Nothing else is touched, and only touched elements are encoded anew.
public struct ProfileTemplate: Sendable {
  /// What can be set.
  public enum Slot: String, Sendable, CaseIterable {
    case iccid, imsi, authentication, pin1, pin2, puk1, puk2, adm1
    case serviceCentre, msisdn, serviceProviderName
    case homeNetworks, operatorNetworks, equivalentHomeNetworks, forbiddenNetworks
    case routingIndicator, suci, suciByUSIM, impi, impu, domain, domainKeys
  }

  /// The package as it was given.
  public let package: Package
  /// What the package has a place for.
  public let slots: Set<Slot>
  let layout: Layout

  /// A template of `package`, which has a header, an MF and a USIM.
  public init(_ package: Package) throws(PersonalisationError) {
    self.package = package
    layout = Layout(package)
    slots = Set(Slot.allCases.filter(layout.has))
    for slot in [Slot.iccid, .imsi] where !slots.contains(slot) { throw PersonalisationError(slot, "no place for it") }
  }

  /// The profile of the subscriber whom `data` describes.
  public func personalise(with data: PersonalData) throws(PersonalisationError) -> Package {
    var work = Personalisation(package: package, layout: layout, data: data)
    try work.run()
    return work.package
  }
}

/// Why a subscriber's data cannot be put into a template.
public struct PersonalisationError: Error, Hashable, CustomStringConvertible {
  /// The value at fault.
  public let slot: ProfileTemplate.Slot
  /// What is wrong with it, as the rest of a sentence.
  public let reason: String

  init(_ slot: ProfileTemplate.Slot, _ reason: String) { (self.slot, self.reason) = (slot, reason) }

  public var description: String { "\(slot.rawValue): \(reason)" }
}

/// Where the slots of a package are.
struct Layout: Sendable {
  /// A file's measures.
  struct Measure: Sendable {
    let size: Int
    let recordLength: Int?
  }

  private struct Place: Hashable {
    let element: Int
    let file: String
  }

  let header: Int?
  let mf: Int?
  let pins: [Int]
  let puks: Int?
  let usim: Int?
  let optUSIM: Int?
  let authentications: [Int]
  let df5GS: Int?
  let dfSAIP: Int?
  let isim: Int?
  let securityDomains: [(index: Int, aid: AID)]
  private let pinReferences: Set<Int>
  private let pukReferences: Set<Int>
  private var measures: [Place: Measure] = [:]

  init(_ package: Package) {
    header = package.indices(of: ProfileHeader.self).first
    mf = package.indices(of: PE.MF.self).first
    pins = package.indices(of: PE.PINCodes.self)
    puks = package.indices(of: PE.PUKCodes.self).first
    usim = package.indices(of: PE.USIM.self).first
    optUSIM = package.indices(of: PE.OPTUSIM.self).first
    authentications = package.indices(of: PE.AKAParameter.self)
    df5GS = package.indices(of: PE.DF5GS.self).first
    dfSAIP = package.indices(of: PE.DFSAIP.self).first
    isim = package.indices(of: PE.ISIM.self).first
    let elements = package.elements
    securityDomains = elements.indices.compactMap { index in
      (elements[index] as? PE.SecurityDomain).map { (index, $0.instance.instanceAID) }
    }
    pinReferences = Set(elements.compactMap { $0 as? PE.PINCodes }.flatMap(\.pins).map(\.keyReference))
    pukReferences = Set(elements.compactMap { $0 as? PE.PUKCodes }.flatMap(\.pukCodes).map(\.keyReference))
    for file in ResolvedProfile(package).files where !file.isDirectory && !file.isLink {
      measures[Place(element: file.element.index, file: file.name)] = Measure(
        size: file.parameters.fileSize ?? 0, recordLength: file.recordLength)
    }
  }

  /// The measures of the file `field` that the element at `index` creates.
  func measure<Field: FileField>(_ field: Field, of index: Int?) -> Measure? {
    index.flatMap { measures[Place(element: $0, file: ResolvedFile.name(field.rawValue))] }
  }

  func has(_ slot: ProfileTemplate.Slot) -> Bool {
    switch slot {
    case .iccid: header != nil && measure(MFFile.efICCID, of: mf) != nil
    case .imsi: measure(USIMFile.efIMSI, of: usim) != nil
    case .authentication: !authentications.isEmpty
    case .pin1: pinReferences.contains(0x01)
    case .pin2: pinReferences.contains(0x81)
    case .adm1: pinReferences.contains(0x0A)
    case .puk1: pukReferences.contains(0x01)
    case .puk2: pukReferences.contains(0x81)
    case .serviceCentre: measure(USIMFile.efSMSP, of: usim) != nil
    case .msisdn: measure(OPTUSIMFile.efMSISDN, of: optUSIM) != nil
    case .serviceProviderName: measure(USIMFile.efSPN, of: usim) != nil
    case .homeNetworks: measure(OPTUSIMFile.efHPLMNwAcT, of: optUSIM) != nil
    case .operatorNetworks: measure(OPTUSIMFile.efOPLMNwAcT, of: optUSIM) != nil
    case .equivalentHomeNetworks: measure(OPTUSIMFile.efEHPLMN, of: optUSIM) != nil
    case .forbiddenNetworks: measure(USIMFile.efFPLMN, of: usim) != nil
    case .routingIndicator: measure(DF5GSFile.efRoutingIndicator, of: df5GS) != nil
    case .suci: measure(DF5GSFile.efSUCICalcInfo, of: df5GS) != nil
    case .suciByUSIM: measure(DFSAIPFile.efSUCICalcInfoUSIM, of: dfSAIP) != nil
    case .impi: measure(ISIMFile.efIMPI, of: isim) != nil
    case .impu: measure(ISIMFile.efIMPU, of: isim) != nil
    case .domain: measure(ISIMFile.efDomain, of: isim) != nil
    case .domainKeys: !securityDomains.isEmpty
    }
  }
}
