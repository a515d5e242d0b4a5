import Bytes
import Identifiers
import UICC

extension ResolvedFile {
  /// What the contents of a well-known file mean, a line each; nothing for other files and for contents that do not
  /// fit.
  public var meaning: [String] {
    guard !isDirectory, !isLink else { return [] }
    let tail = path.count > 2 ? Array(path.suffix(2)) : Array(path.suffix(1))
    if tail.last == .localAccessRules || tail.last == .accessRules { return accessRules }
    switch element.name {
    case "isim": return ofISIM(tail)
    case "csim", "opt-csim", "opt-isim", "telecom", "phonebook", "gsm-access": return []
    default: return path.count == 1 ? ofMF(tail) : ofUSIM(tail)
    }
  }

  private var accessRules: [String] {
    records.enumerated().compactMap { number, record in
      guard record.first != 0xFF, let rule = try? AccessRule(record) else { return nil }
      return "\(number + 1): \(rule)"
    }
  }

  private func ofMF(_ tail: [FileIdentifier]) -> [String] {
    switch tail {
    case [.iccid]: (try? ICCID(bytes: contents)).map { [$0.description] } ?? []
    case [.dir]:
      records.compactMap { record in
        (try? ApplicationTemplate(record: record)).map { "\($0.aid)\($0.label.map { " \($0)" } ?? "")" }
      }
    case [.preferredLanguages]: languages
    default: []
    }
  }

  private var languages: [String] {
    let pairs = stride(from: 0, to: contents.count - 1, by: 2).map { contents[$0...$0 + 1] }
    let names = pairs.filter { $0.allSatisfy { (0x61...0x7A).contains($0) } }.map {
      String(decoding: $0, as: UTF8.self)
    }
    return names.isEmpty ? [] : [names.joined(separator: ", ")]
  }

  private func ofUSIM(_ tail: [FileIdentifier]) -> [String] {
    switch tail.map(\.rawValue) {
    case [0x6F07]: (try? IMSI(bytes: contents)).map { [$0.description] } ?? []
    case [0x6F05]: languages
    case [0x6F38]: services
    case [0x6F46]: GSMText.decode(contents.dropFirst()).map { $0.isEmpty ? [] : [$0] } ?? []
    case [0x6F40], [0x6F49], [0x6F3B]:
      records.compactMap(DiallingNumber.init).compactMap { item in
        item.number.map { item.name.isEmpty ? "\($0)" : "\(item.name): \($0)" }
      }
    case [0x6F42]: records.compactMap(ShortMessageParameters.serviceCentre).map { "service centre \($0)" }
    case [0x6F60], [0x6F61], [0x6F62]: NetworkChoice.list(contents).map(\.description)
    case [0x6F7B], [0x6FD9]: NetworkList.list(contents).map(\.description)
    case [0x6F78]: accessClasses
    case [0x6FAD]: contents.count < 4 ? [] : ["mode \(contents.prefix(1).hex), MNC of \(contents[3] & 0x0F) digits"]
    case [0x5FC0, 0x4F07], [0x5FD0, 0x4F01]: schemes
    case [0x5FC0, 0x4F0A]: routingIndicator
    default: []
    }
  }

  private var services: [String] {
    let table = ServiceTable(contents)
    let known = table.services.map { number in
      ServiceTable.usimNames[number].map { "\(number) \($0)" } ?? "\(number)"
    }
    return known.isEmpty ? [] : [known.joined(separator: ", ")]
  }

  private var accessClasses: [String] {
    guard let bits = UInt16(bigEndian: contents) else { return [] }
    let classes = (0..<16).filter { bits >> UInt16($0) & 1 != 0 }.map(String.init)
    return classes.isEmpty ? [] : ["class \(classes.joined(separator: ", "))"]
  }

  private var schemes: [String] {
    guard let info = SUCICalculationInfo(contents) else { return [] }
    return info.schemes.map { choice in
      let place = Int(choice.keyIndex) - 1
      guard info.keys.indices.contains(place) else { return "\(choice.scheme)" }
      return "\(choice.scheme) with key \(info.keys[place].identifier): \(info.keys[place].bytes.hex)"
    }
  }

  private var routingIndicator: [String] {
    let nibbles = contents.prefix(2).flatMap { [$0 & 0x0F, $0 >> 4] }.prefix { $0 <= 9 }
    return nibbles.isEmpty ? [] : [nibbles.map(String.init).joined()]
  }

  private func ofISIM(_ tail: [FileIdentifier]) -> [String] {
    switch tail.map(\.rawValue) {
    case [0x6F02], [0x6F03]: URIObject(contents).map { [$0.text] } ?? []
    case [0x6F04]: records.compactMap { URIObject($0)?.text }
    default: []
    }
  }
}
