import Bytes
import Identifiers
import UICC

/// Values that become contents of files.
extension Personalisation {
  // MARK: USIM

  mutating func setUSIM() throws(PersonalisationError) {
    guard let index = layout.usim else { return }
    let this = self
    try package.update(PE.USIM.self, at: index) { (usim: inout PE.USIM) throws(PersonalisationError) in
      try this.fill(&usim, at: index)
    }
  }

  private func fill(_ usim: inout PE.USIM, at index: Int) throws(PersonalisationError) {
    if let imsi = data.imsi {
      try layout.fill(&usim, .efIMSI, at: index, with: imsi.bytes, for: .imsi)
      // TS 22.011 §4.2: the last digit of the IMSI tells which of the classes 0 to 9 a terminal belongs to.
      let accessClass = UInt16(1) << UInt16((imsi.digits.utf8.last ?? 0x30) & 0x0F)
      try layout.fill(&usim, .efACC, at: index, with: accessClass.bigEndianBytes, for: .imsi)
      if let measure = layout.measure(USIMFile.efAD, of: index), measure.size >= 4 {
        // TS 31.102 §4.2.18: byte 4 is the number of digits of the MNC.
        usim[.efAD, default: File()].overwrite([UInt8(mncLength)], at: 3)
      }
    }
    if let number = data.serviceCentre, let length = layout.measure(USIMFile.efSMSP, of: index)?.recordLength {
      guard let record = ShortMessageParameters.bytes(serviceCentre: number, length: length) else {
        throw PersonalisationError(.serviceCentre, "EF.SMSP has records of \(length) bytes, 28 are needed")
      }
      usim[.efSMSP, default: File()].setContent(record)
    }
    if let name = data.serviceProviderName {
      // TS 31.102 §4.2.12: display condition (the network's name is shown as well), then the name.
      guard let text = GSMText.encode(name, limit: 16) else {
        throw PersonalisationError(.serviceProviderName, "at most 16 characters fit")
      }
      try layout.fill(&usim, .efSPN, at: index, with: [0x01] + text, for: .serviceProviderName)
    }
    if let networks = data.forbiddenNetworks {
      try layout.fill(&usim, .efFPLMN, at: index, with: networks.flatMap(\.bytes), for: .forbiddenNetworks)
    }
    setServices(&usim, at: index)
  }

  /// Makes the services available that the data stand for.
  private func setServices(_ usim: inout PE.USIM, at index: Int) {
    let wanted: [(Int, Bool)] = [
      (19, data.serviceProviderName != nil), (21, data.msisdn != nil), (12, data.serviceCentre != nil),
      (42, data.operatorNetworks != nil), (43, data.homeNetworks != nil), (71, data.equivalentHomeNetworks != nil),
      (124, data.suci != nil), (125, data.suci?.calculator == .usim),
    ]
    let isByTerminal = data.suci?.calculator == .terminal
    guard wanted.contains(where: \.1), let measure = layout.measure(USIMFile.efUST, of: index),
      let given = usim[.efUST]?.plainContent
    else { return }
    var table = ServiceTable(given)
    for (service, isWanted) in wanted where isWanted { table.set(service, true) }
    if isByTerminal { table.set(125, false) }
    guard table.bytes != given else { return }
    var file = usim[.efUST] ?? File()
    if table.bytes.count > measure.size { file.resize(to: table.bytes.count) }
    file.setContent(table.bytes)
    usim[.efUST] = file
  }

  /// Digits of the MNC.
  private var mncLength: Int {
    if let length = data.mncLength { return length == 3 ? 3 : 2 }
    let home = data.homeNetworks?.first { data.imsi?.digits.hasPrefix($0.network.mcc + $0.network.mnc) ?? false }
    return home?.network.mnc.utf8.count ?? 2
  }

  mutating func setOptionalUSIM() throws(PersonalisationError) {
    guard let index = layout.optUSIM,
      data.msisdn != nil || data.homeNetworks != nil || data.operatorNetworks != nil
        || data.equivalentHomeNetworks != nil
    else { return }
    let (layout, data) = (layout, data)
    try package.update(PE.OPTUSIM.self, at: index) { (usim: inout PE.OPTUSIM) throws(PersonalisationError) in
      if let number = data.msisdn, let length = layout.measure(OPTUSIMFile.efMSISDN, of: index)?.recordLength {
        guard let record = DiallingNumber(number: number).bytes(length: length) else {
          throw PersonalisationError(.msisdn, "EF.MSISDN has records of \(length) bytes, 14 are needed")
        }
        usim[.efMSISDN, default: File()].setContent(record)
      }
      let lists: [(OPTUSIMFile, [NetworkChoice]?, ProfileTemplate.Slot)] = [
        (.efHPLMNwAcT, data.homeNetworks, .homeNetworks), (.efOPLMNwAcT, data.operatorNetworks, .operatorNetworks),
      ]
      for (field, networks, slot) in lists {
        guard let networks else { continue }
        let empty: [UInt8] = [0xFF, 0xFF, 0xFF, 0x00, 0x00]
        let room = (layout.measure(field, of: index)?.size ?? 0) / 5
        let filling = (networks.count..<max(networks.count, room)).flatMap { _ in empty }
        try layout.fill(&usim, field, at: index, with: networks.flatMap(\.bytes) + filling, for: slot)
      }
      if let networks = data.equivalentHomeNetworks {
        try layout.fill(&usim, .efEHPLMN, at: index, with: networks.flatMap(\.bytes), for: .equivalentHomeNetworks)
      }
    }
  }

  // MARK: 5G

  mutating func setDF5GS() throws(PersonalisationError) {
    guard let index = layout.df5GS else { return }
    let calculation = data.suci?.calculator == .terminal ? data.suci?.info : nil
    guard data.routingIndicator != nil || calculation != nil else { return }
    let (layout, indicator) = (layout, data.routingIndicator)
    try package.update(PE.DF5GS.self, at: index) { (element: inout PE.DF5GS) throws(PersonalisationError) in
      if let indicator {
        // TS 31.102 §4.4.11.11: 1 to 4 digits in two bytes, low nibble first, filled with F.
        let digits = indicator.utf8.map { $0 &- 0x30 }
        guard (1...4).contains(digits.count), digits.allSatisfy({ $0 <= 9 }) else {
          throw PersonalisationError(.routingIndicator, "1 to 4 digits are wanted")
        }
        let nibbles = digits + [UInt8](repeating: 0x0F, count: 4 - digits.count)
        element[.efRoutingIndicator, default: File()].overwrite(
          [nibbles[1] << 4 | nibbles[0], nibbles[3] << 4 | nibbles[2]], at: 0)
      }
      if let calculation {
        try layout.fill(&element, .efSUCICalcInfo, at: index, with: calculation.bytes, for: .suci)
      }
    }
  }

  mutating func setDFSAIP() throws(PersonalisationError) {
    guard let index = layout.dfSAIP, let suci = data.suci, suci.calculator == .usim else { return }
    let layout = layout
    try package.update(PE.DFSAIP.self, at: index) { (element: inout PE.DFSAIP) throws(PersonalisationError) in
      try layout.fill(&element, .efSUCICalcInfoUSIM, at: index, with: suci.info.bytes, for: .suciByUSIM)
    }
  }

  // MARK: ISIM

  mutating func setISIM() throws(PersonalisationError) {
    guard let index = layout.isim else { return }
    let home = derivedDomain
    let domain = data.domain ?? home
    let impi = data.impi ?? data.imsi.flatMap { imsi in home.map { "\(imsi)@\($0)" } }
    let impu = data.impu ?? data.imsi.flatMap { imsi in home.map { ["sip:\(imsi)@\($0)"] } }
    guard domain != nil || impi != nil || impu != nil else { return }
    let layout = layout
    try package.update(PE.ISIM.self, at: index) { (element: inout PE.ISIM) throws(PersonalisationError) in
      if let impi {
        try layout.fill(&element, .efIMPI, at: index, with: URIObject(impi).bytes, for: .impi)
      }
      if let domain {
        try layout.fill(&element, .efDomain, at: index, with: URIObject(domain).bytes, for: .domain)
      }
      if let impu {
        try layout.fillRecords(&element, .efIMPU, at: index, with: impu.map { URIObject($0).bytes }, for: .impu)
      }
    }
  }

  /// TS 23.003 §13.2: ims.mnc<MNC>.mcc<MCC>.3gppnetwork.org, the MNC with three digits.
  private var derivedDomain: String? {
    guard let digits = data.imsi?.digits, digits.utf8.count > 5 else { return nil }
    let mnc = digits.dropFirst(3).prefix(mncLength)
    return "ims.mnc\(mnc.count == 2 ? "0" : "")\(mnc).mcc\(digits.prefix(3)).3gppnetwork.org"
  }
}

// MARK: Writing

extension Layout {
  /// Sets a whole file without records, filling it with FF; a file that is too small grows.
  func fill<Field: FileField>(
    _ element: inout FileElement<Field>, _ field: Field, at index: Int, with content: [UInt8],
    for slot: ProfileTemplate.Slot
  ) throws(PersonalisationError) {
    guard let measure = measure(field, of: index), measure.recordLength == nil else {
      throw PersonalisationError(slot, "the template's \(ResolvedFile.name(field.rawValue)) is missing or has records")
    }
    guard content.count <= 0x7FFF else { throw PersonalisationError(slot, "its \(content.count) bytes are too many") }
    var file = element[field] ?? File()
    if content.count > measure.size { file.resize(to: content.count) }
    file.setContent(content.padded(to: measure.size))
    element[field] = file
  }

  /// Sets the records of a file, filling them with FF; records that are too short or too few grow.
  func fillRecords<Field: FileField>(
    _ element: inout FileElement<Field>, _ field: Field, at index: Int, with records: [[UInt8]],
    for slot: ProfileTemplate.Slot
  ) throws(PersonalisationError) {
    guard let measure = measure(field, of: index), let length = measure.recordLength, length > 0 else {
      throw PersonalisationError(slot, "the template's \(ResolvedFile.name(field.rawValue)) has no records")
    }
    let longest = max(length, records.map(\.count).max() ?? 0)
    let count = max(measure.size / length, records.count)
    guard longest <= 255, count <= 254 else { throw PersonalisationError(slot, "it does not fit into records") }
    var file = element[field] ?? File()
    if longest > length || count * length > measure.size {
      var fcp = file.fcp ?? Fcp()
      fcp.fileDescriptor = Array((fcp.fileDescriptor ?? [0x42, 0x21]).prefix(2)) + [0x00, UInt8(longest)]
      fcp.fileSize = longest * count
      file.fcp = fcp
    }
    file.setContent(records.flatMap { $0.padded(to: longest) }.padded(to: longest * count))
    element[field] = file
  }
}

extension FileElement {
  subscript(field: Field, default file: File) -> File {
    get { self[field] ?? file }
    set { self[field] = newValue }
  }
}

extension File {
  /// Gives a file without records another size.
  mutating func resize(to size: Int) {
    var parameters = fcp ?? Fcp()
    parameters.fileSize = size
    fcp = parameters
  }

  /// Writes `bytes` at `offset` after everything else that is written.
  mutating func overwrite(_ bytes: [UInt8], at offset: Int) {
    var content = plainContent ?? []
    if content.count >= offset + bytes.count {
      content.replaceSubrange(offset..<offset + bytes.count, with: bytes)
      setContent(content)
    } else {
      items = items.filter { if case .fileDescriptor = $0 { true } else { false } }
      if !content.isEmpty, content.count <= offset {
        items.append(.fillFileContent(content))
        if content.count < offset { items.append(.fillFileOffset(offset - content.count)) }
      } else if offset > 0 {
        items.append(.fillFileOffset(offset))
      }
      items.append(.fillFileContent(bytes))
    }
  }

  /// The contents, where they are written in one piece from the beginning.
  var plainContent: [UInt8]? {
    var content: [UInt8] = []
    for item in items {
      switch item {
      case .fillFileContent(let bytes): content += bytes
      case .fillFileOffset: return nil
      case .fileDescriptor, .doNotCreate: break
      }
    }
    return content.isEmpty ? nil : content
  }
}
