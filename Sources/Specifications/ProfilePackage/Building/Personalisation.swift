import Bytes
import Identifiers
import TLV
import UICC

/// One subscriber's data on its way into a package. Each step sets one kind of element, which is encoded once.
struct Personalisation {
  var package: Package
  let layout: Layout
  let data: PersonalData

  mutating func run() throws(PersonalisationError) {
    try requirePlaces()
    setHeader()
    try setICCID()
    try setPUKs()
    try setPINs()
    try setUSIM()
    try setOptionalUSIM()
    try setAuthentication()
    try setDF5GS()
    try setDFSAIP()
    try setISIM()
    try setDomainKeys()
  }

  /// A value that the template has no place for would be lost: that is an error.
  private func requirePlaces() throws(PersonalisationError) {
    let given: [(ProfileTemplate.Slot, Bool)] = [
      (.imsi, data.imsi != nil), (.authentication, data.authentication != nil), (.pin1, data.pin1 != nil),
      (.pin2, data.pin2 != nil), (.puk1, data.puk1 != nil), (.puk2, data.puk2 != nil), (.adm1, data.adm1 != nil),
      (.serviceCentre, data.serviceCentre != nil), (.msisdn, data.msisdn != nil),
      (.serviceProviderName, data.serviceProviderName != nil), (.homeNetworks, data.homeNetworks != nil),
      (.operatorNetworks, data.operatorNetworks != nil),
      (.equivalentHomeNetworks, data.equivalentHomeNetworks != nil),
      (.forbiddenNetworks, data.forbiddenNetworks != nil), (.routingIndicator, data.routingIndicator != nil),
      (.suci, data.suci?.calculator == .terminal), (.suciByUSIM, data.suci?.calculator == .usim),
      (.impi, data.impi != nil), (.impu, data.impu != nil), (.domain, data.domain != nil),
      (.domainKeys, !data.domainKeys.isEmpty),
    ]
    for (slot, isGiven) in given where isGiven && !layout.has(slot) {
      throw PersonalisationError(slot, "the template has no place for it")
    }
  }

  // MARK: Header and MF

  private mutating func setHeader() {
    guard let index = layout.header else { return }
    let (iccid, authentication, suci) = (data.iccid, data.authentication, data.suci)
    package.update(ProfileHeader.self, at: index) { header in
      header.iccidBytes = iccid.headerBytes
      if let authentication {
        let isLong = authentication.key.bytes.count == 32
        header.mandatoryServices.set(.milenage, authentication.algorithm == .milenage)
        header.mandatoryServices.set(.tuak128, authentication.algorithm == .tuak && !isLong)
        header.mandatoryServices.set(.tuak256, authentication.algorithm == .tuak && isLong)
        header.mandatoryServices.set(.usimTestAlgorithm, authentication.algorithm == .usimTestAlgorithm)
      }
      guard let suci, suci.calculator == .usim else { return }
      let schemes = Set(suci.info.schemes.map(\.scheme))
      header.mandatoryServices.set(.getIdentity, true)
      header.mandatoryServices.set(.profileAX25519, schemes.contains(.profileA))
      header.mandatoryServices.set(.profileBP256, schemes.contains(.profileB))
    }
  }

  private mutating func setICCID() throws(PersonalisationError) {
    guard let index = layout.mf else { return }
    let (iccid, layout) = (data.iccid, layout)
    try package.update(PE.MF.self, at: index) { (element: inout PE.MF) throws(PersonalisationError) in
      try layout.fill(&element, .efICCID, at: index, with: iccid.bytes, for: .iccid)
    }
  }

  // MARK: PINs

  private mutating func setPUKs() throws(PersonalisationError) {
    guard let index = layout.puks, data.puk1 != nil || data.puk2 != nil else { return }
    let values = [0x01: try digits(data.puk1, 8...8, .puk1), 0x81: try digits(data.puk2, 8...8, .puk2)]
    package.update(PE.PUKCodes.self, at: index) { element in
      for place in element.pukCodes.indices {
        guard let value = values[element.pukCodes[place].keyReference] ?? nil else { continue }
        element.pukCodes[place].pukValue = value
      }
    }
  }

  private mutating func setPINs() throws(PersonalisationError) {
    guard data.pin1 != nil || data.pin2 != nil || data.adm1 != nil else { return }
    if let count = data.adm1?.bytes.count, !(1...8).contains(count) {
      throw PersonalisationError(.adm1, "\(count) bytes are not 1 to 8")
    }
    let values = [
      0x01: try digits(data.pin1, 4...8, .pin1), 0x81: try digits(data.pin2, 4...8, .pin2),
      0x0A: data.adm1.map { Secret($0.bytes.padded(to: 8)) },
    ]
    for index in layout.pins {
      package.update(PE.PINCodes.self, at: index) { element in
        var pins = element.pins
        var isChanged = false
        for place in pins.indices {
          guard let value = values[pins[place].keyReference] ?? nil else { continue }
          pins[place].pinValue = value
          // Whoever gives PIN 1 a value wants users to be asked for it.
          if pins[place].keyReference == 0x01, !pins[place].isEnabled {
            pins[place].pinAttributes = (pins[place].pinAttributes ?? 7) | 1
          }
          isChanged = true
        }
        if isChanged { element.pins = pins }
      }
    }
  }

  private func digits(
    _ value: Secret?, _ range: ClosedRange<Int>, _ slot: ProfileTemplate.Slot
  ) throws(PersonalisationError) -> Secret? {
    guard let value else { return nil }
    guard range.contains(value.bytes.count), value.bytes.allSatisfy({ (0x30...0x39).contains($0) }) else {
      let count = range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
      throw PersonalisationError(slot, "\(count) digits are wanted")
    }
    return Secret(value.bytes.padded(to: 8))
  }

  // MARK: Authentication

  private mutating func setAuthentication() throws(PersonalisationError) {
    guard let authentication = data.authentication else { return }
    let parameter = try Self.parameter(authentication)
    let numbers = try authentication.firstSequenceNumber.map(Self.sequenceNumbers)
    for index in layout.authentications {
      package.update(PE.AKAParameter.self, at: index) { element in
        guard case .algoParameter = element.algoConfiguration else { return }
        element.algoConfiguration = .algoParameter(parameter)
        if let numbers { element.sqnInit = numbers }
      }
    }
  }

  private static func parameter(
    _ authentication: PersonalData.Authentication
  ) throws(PersonalisationError) -> AlgoParameter {
    let (key, opc) = (authentication.key.bytes.count, authentication.opc.bytes.count)
    let isTUAK = authentication.algorithm == .tuak
    guard key == 16 || (isTUAK && key == 32) else {
      throw PersonalisationError(.authentication, "K of \(key) bytes: \(isTUAK ? "16 or 32" : "16") are wanted")
    }
    guard opc == (isTUAK ? 32 : 16) else {
      throw PersonalisationError(
        .authentication, "\(isTUAK ? "TOPc" : "OPc") of \(opc) bytes: \(isTUAK ? 32 : 16) are wanted")
    }
    guard authentication.rotationConstants.map({ $0.count == 5 }) ?? true,
      authentication.xoringConstants.map({ $0.count == 80 }) ?? true
    else { throw PersonalisationError(.authentication, "rotation constants are 5 bytes, others 80") }
    guard authentication.numberOfKeccak.map({ (1...255).contains($0) }) ?? true else {
      throw PersonalisationError(.authentication, "1 to 255 iterations of Keccak are possible")
    }
    var parameter = AlgoParameter(
      authentication.algorithm, options: authentication.options, key: authentication.key, opc: authentication.opc)
    // X.690 §11.5: a value that equals its default is not encoded.
    parameter.rotationConstants = authentication.rotationConstants.flatMap {
      $0 == AlgoParameter.standardRotations ? nil : $0
    }
    parameter.xoringConstants = authentication.xoringConstants.flatMap {
      $0 == AlgoParameter.standardConstants ? nil : $0
    }
    parameter.numberOfKeccak = authentication.numberOfKeccak.flatMap { $0 == 1 ? nil : $0 }
    return parameter
  }

  private static func sequenceNumbers(_ first: UInt64) throws(PersonalisationError) -> [OctetString]? {
    // §8.4.2: at most 07FFFFFFFFFF, 32 times.
    guard first <= 0x07FF_FFFF_FFFF else { throw PersonalisationError(.authentication, "SEQ has at most 43 bits") }
    if first == 0 { return nil }
    return [OctetString](repeating: OctetString(Array(first.bigEndianBytes.suffix(6))), count: 32)
  }

  // MARK: Security domains

  private mutating func setDomainKeys() throws(PersonalisationError) {
    for keys in data.domainKeys {
      let aid = keys.domain ?? layout.securityDomains.first?.aid
      guard let index = layout.securityDomains.first(where: { $0.aid == aid })?.index else {
        throw PersonalisationError(.domainKeys, "the template has no security domain \(aid?.description ?? "")")
      }
      let values = [keys.encryption, keys.authentication, keys.keyEncryption]
      let lengths = keys.algorithm == .aes ? [16, 24, 32] : [16, 24]
      guard values.allSatisfy({ lengths.contains($0.bytes.count) }) else {
        throw PersonalisationError(.domainKeys, "keys of version \([keys.version].hex) have the wrong length")
      }
      // GlobalPlatform Card Specification §11.1.9: encryption, MAC, key decryption; each for incoming and outgoing.
      let usages: [UInt8] = [0x18, 0x14, 0x48]
      let objects = zip(usages, values).enumerated().map { number, item in
        KeyObject(
          usage: item.0, identifier: UInt8(number + 1), version: keys.version, type: keys.algorithm.rawValue,
          data: item.1)
      }
      package.update(PE.SecurityDomain.self, at: index) { element in
        element.keyList = (element.keyList ?? []).filter { $0.keyVersionNumber != [keys.version] } + objects
      }
    }
  }
}

extension [UInt8] {
  /// The bytes, filled with FF.
  func padded(to length: Int) -> [UInt8] { self + [UInt8](repeating: 0xFF, count: Swift.max(0, length - count)) }
}
