import Identifiers
import ProfilePackage
import SecureElement

/// What a card keeps of a profile beside files, PINs and AKA parameters: elements as they came, in DER.
///
/// They stand with the profile's file system as attachments; the first of a kind has the number below, others follow.
public enum ProfileRecord: UInt32, CaseIterable, Sendable {
  /// PE-SecurityDomain; the first is the MNO-SD.
  case securityDomain = 0x01_0000
  /// PE-RFM.
  case remoteFileManagement = 0x02_0000
  /// PE-CDMAParameter.
  case cdmaParameter = 0x03_0000

  /// The number of the `index`th attachment of this kind, counted from 0; at most 1,024 are kept.
  public func attachment(_ index: Int) -> UInt32 { rawValue + UInt32(clamping: index) }

  /// What has been kept so far.
  struct Book {
    var counts: [ProfileRecord: Int] = [:]
    var domains: Set<AID> = []
    var instances: Set<AID> = []
  }
}

extension Installation {
  /// §8.6: the first security domain of a package is the MNO-SD.
  mutating func keep(_ domain: PE.SecurityDomain, _ encoded: [UInt8]) throws(Complaint) {
    for key in domain.keyList ?? [] {
      guard key.keyIdentifier.count == 1, key.keyVersionNumber.count == 1, !key.keyComponents.isEmpty else {
        throw Complaint(.badValues, "a key has no identifier, version or component")
      }
    }
    try claim(domain.instance.instanceAID)
    records.domains.insert(domain.instance.instanceAID)
    try keep(.securityDomain, encoded)
  }

  /// §8.8: the domain and the ADF that it names exist.
  mutating func keep(_ manager: PE.RFM, _ encoded: [UInt8]) throws(Complaint) {
    // §8.6.2: the MNO-SD is installed before any RFM parameters.
    guard !records.domains.isEmpty else {
      throw Complaint(.invalidRequestFormat, "no security domain comes before it")
    }
    if let domain = manager.securityDomainAID, !records.domains.contains(domain) {
      throw Complaint(.badValues, "the security domain \(domain) does not exist")
    }
    if let adf = manager.adfRFMAccess?.adfAID, applications[adf] == nil {
      throw Complaint(.badValues, "the ADF \(adf) does not exist")
    }
    try claim(manager.instanceAID)
    try keep(.remoteFileManagement, encoded)
  }

  mutating func keep(_ kind: ProfileRecord, _ encoded: [UInt8]) throws(Complaint) {
    try reserve(encoded.count)
    let index = records.counts[kind, default: 0]
    builder.attach(encoded, as: kind.attachment(index))
    records.counts[kind] = index + 1
  }

  /// No two applications have the same identifier.
  private mutating func claim(_ aid: AID) throws(Complaint) {
    guard applications[aid] == nil, records.instances.insert(aid).inserted else {
      throw Complaint(.badValues, "an application \(aid) exists already")
    }
  }
}
