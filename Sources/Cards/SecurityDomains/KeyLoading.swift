import APDU
import Bytes
import GlobalPlatform
import Keys
import SecureChannel

/// PUT KEY (GlobalPlatform Card Specification 2.3 §11.8).
extension GlobalPlatformApplication {
  /// Keys in a domain.
  private static let keyLimit = 48

  func putKey(_ deed: Deed) throws(StatusWordError) -> Response {
    try requireSession(deed)
    let (command, registry, domain) = (deed.command, deed.registry, deed.place.selected)
    let put = try refusing { try PutKey(p1: command.p1, p2: command.p2, data: command.data) }
    var keys = registry.keys(of: domain)
    var answer = [put.version]
    var sizes: Set<Int> = []
    for (offset, key) in put.keys.enumerated() {
      let identifier = put.identifier + UInt8(offset)
      let record: KeyRecord
      switch key.value {
      case .aes(let length, let wrapped):
        guard Self.isPlace(ofSecret: put.version, identifier) else { throw StatusWordError(.wrongData) }
        let secret = try unwrap(wrapped, length, deed)
        // §11.8.2.3.3: a key whose check value is another is refused: 9484 and 9485 would tell more than that.
        guard let value = try? SCP03.checkValue(of: secret),
          key.checkValue.isEmpty || equalInConstantTime(value, key.checkValue)
        else { throw StatusWordError(.wrongData) }
        answer += value
        if put.version < 0x70 { sizes.insert(length) }
        record = try refusing(with: .technicalProblem) {
          try registry.wrap(
            secret, version: put.version, identifier: identifier, of: domain, random: deed.exchange.random)
        }
      case .p256(let point):
        guard Self.isPlace(ofPoint: put.version, identifier), (try? PublicKey(.p256, point: point)) != nil else {
          throw StatusWordError(.wrongData)
        }
        record = KeyRecord(
          version: put.version, identifier: identifier, kind: .point, length: point.count, value: point)
      }
      try replace(put, identifier, with: record, in: &keys)
    }
    // A set is three keys of one length, and comes as a whole.
    let isSet = put.keys.count == 3 && put.identifier == 1
    guard sizes.isEmpty || isSet && sizes.count == 1 else { throw StatusWordError(.wrongData) }
    guard keys.count <= Self.keyLimit else { throw StatusWordError(.notEnoughMemory) }
    let isMore = keys.count > registry.keys(of: domain).count
    registry.setKeys(keys, of: domain)
    if isMore { try registry.checkRoom(0, in: domain) }
    if !sizes.isEmpty, var object = registry.object(domain), object.lifeCycle == .selectable {
      // §5.4.1: a domain that has keys of its own is personalised.
      object.lifeCycle = .personalized
      registry.set(object, domain)
    }
    return Response(answer)
  }

  /// §11.8.2.1: P1 is 0 for a new key, else the version of the one that is replaced.
  private func replace(
    _ put: PutKey, _ identifier: UInt8, with record: KeyRecord, in keys: inout [KeyRecord]
  ) throws(StatusWordError) {
    func index(_ version: UInt8) -> Int? {
      keys.firstIndex { $0.version == version && $0.identifier == identifier }
    }
    if put.replaces != 0 {
      guard let old = index(put.replaces) else { throw StatusWordError(.referencedDataNotFound) }
      keys.remove(at: old)
    }
    guard index(put.version) == nil else { throw StatusWordError(.wrongData) }
    keys.append(record)
  }

  /// The key in the clear: it came under the DEK of the session's key set.
  private func unwrap(_ wrapped: [UInt8], _ length: Int, _ deed: Deed) throws(StatusWordError) -> Secret {
    guard let keys = deed.place.session?.channel.keys else { throw StatusWordError(.securityStatus) }
    return try refusing { try keys.unwrap(wrapped, length: length) }
  }

  private static func isPlace(ofSecret version: UInt8, _ identifier: UInt8) -> Bool {
    version < 0x70
      ? KeyReference.scp03.contains(identifier)
      : (version, identifier) == KeyReference.receipt
  }

  private static func isPlace(ofPoint version: UInt8, _ identifier: UInt8) -> Bool {
    (version, identifier) == KeyReference.token || (version, identifier) == KeyReference.dap
      || (0x10...0x1F).contains(version) && identifier == KeyReference.certificateAuthority.identifier
  }
}
