import Bytes
import ProfilePackage

// The values of a template that are lists of keys.

extension SubscriberTemplate {
  /// "B 27 KEY; A 30 KEY; null": TS 33.501 Annex C's profiles with the home network's keys, most wanted first.
  static func suci(_ text: String) throws -> SUCICalculationInfo? {
    var info = SUCICalculationInfo(schemes: [], keys: [])
    for part in text.split(separator: ";") {
      let words = part.split(separator: " ")
      guard words.count == 3 else {
        guard words.count == 1, words[0].lowercased() == "null" else { return nil }
        info.schemes.append(.init(.null, keyIndex: 0))
        continue
      }
      guard let identifier = UInt8(words[1]), info.keys.count < 255 else { return nil }
      let key = try [UInt8](hex: String(words[2]))
      switch (words[0].uppercased(), key.count) {
      case ("A", 32): info.schemes.append(.init(.profileA, keyIndex: UInt8(info.keys.count + 1)))
      case ("B", 33), ("B", 65): info.schemes.append(.init(.profileB, keyIndex: UInt8(info.keys.count + 1)))
      default: return nil
      }
      info.keys.append(.init(identifier, key))
    }
    return info.schemes.isEmpty ? nil : info
  }

  /// "30 ENC MAC DEK": sets of AES keys of the MNO-SD (§8.6.3), parted by ";".
  static func domainKeys(_ text: String) throws -> [PersonalData.DomainKeys]? {
    var sets: [PersonalData.DomainKeys] = []
    for part in text.split(separator: ";") {
      let words = try part.split(separator: " ").map { try [UInt8](hex: String($0)) }
      guard words.count == 4, words[0].count == 1, words.dropFirst().allSatisfy({ [16, 24, 32].contains($0.count) })
      else { return nil }
      sets.append(
        .init(
          version: words[0][0], encryption: Secret(words[1]), authentication: Secret(words[2]),
          keyEncryption: Secret(words[3])))
    }
    return sets
  }
}
