import Bytes
import Identifiers

/// Security domains, remote file management and applications (§8.6 to §8.8).
extension Lint {
  /// §8.6
  mutating func checkSecurityDomains() {
    for (number, item) in profile.securityDomains.enumerated() {
      let (index, domain) = (item.element.index, item.domain)
      let name = number == 0 ? "the MNO-SD" : "the domain \(domain.instance.instanceAID)"
      if number == 0, domain.instance.extraditeSecurityDomainAID != nil {
        // §8.7.3: the MNO-SD is associated with itself.
        say(.error, index, "the MNO-SD names a domain that it belongs to")
      }
      if domain.instance.lifeCycleState != [0x0F], !(domain.keyList ?? []).isEmpty {
        say(.warning, index, "\(name) has keys, but is not in life cycle state PERSONALIZED (0F)")
      }
      if (domain.keyList ?? []).isEmpty { say(.note, index, "\(name) has no keys: it cannot be reached over the air") }
      if ![1, 3].contains(domain.instance.applicationPrivileges.count) {
        say(.error, index, "applicationPrivileges are not 1 or 3 bytes")
      }
      checkKeys(domain.keyList ?? [], index)
    }
    for (index, element) in elements.enumerated() where element is PE.RFM || element is PE.Application {
      // §8.6.2: the MNO-SD is installed before any RFM parameters or applications.
      if profile.securityDomains.first.map({ $0.element.index > index }) ?? true {
        say(.error, index, "no security domain comes before it", .invalidRequestFormat)
      }
    }
  }

  /// §8.6.3
  private mutating func checkKeys(_ keys: [KeyObject], _ index: Int) {
    var seen: Set<[UInt8]> = []
    for key in keys {
      let name = "key \(key.keyIdentifier.hex) of version \(key.keyVersionNumber.hex)"
      if key.keyIdentifier.count != 1 || key.keyVersionNumber.count != 1 {
        say(.error, index, "\(name): identifier and version are one byte each")
      }
      if !seen.insert(key.keyVersionNumber + key.keyIdentifier).inserted {
        say(.error, index, "\(name) is given twice")
      }
      if !(1...2).contains(key.keyUsageQualifier.count) {
        say(.error, index, "\(name): keyUsageQualifier is not 1 or 2 bytes")
      }
      if key.keyComponents.isEmpty { say(.error, index, "\(name) has no component") }
      var types: Set<[UInt8]> = []
      for component in key.keyComponents {
        if !types.insert(component.keyType).inserted {
          say(.error, index, "\(name) has two components of type \(component.keyType.hex)")
        }
        let lengths: [UInt8: [Int]] = [0x80: [8, 16, 24], 0x82: [16, 24], 0x88: [16, 24, 32]]
        guard let type = component.keyType.first, let allowed = lengths[type] else { continue }
        if !allowed.contains(component.keyData.bytes.count) {
          say(.error, index, "\(name) has \(component.keyData.bytes.count) bytes")
        }
        if let length = component.macLength, ![4, 8].contains(length) {
          say(.error, index, "\(name): a MAC of \(length) bytes is neither 4 nor 8")
        }
      }
    }
  }

  /// §8.8
  mutating func checkFileManagers() {
    let domains = Set(profile.securityDomains.map(\.domain.instance.instanceAID))
    let adfs = Set(profile.applicationDirectories.compactMap(\.parameters.dfName))
    var owners: [[UInt8]: Int] = [:]
    for (element, manager) in profile.fileManagers {
      let index = element.index
      if let domain = manager.securityDomainAID, !domains.contains(domain) {
        say(.error, index, "the security domain \(domain) it belongs to does not exist")
      }
      if let adf = manager.adfRFMAccess?.adfAID, !adfs.contains(adf) {
        say(.error, index, "the ADF \(adf) it manages does not exist")
      }
      if manager.minimumSecurityLevel.count != 1 { say(.error, index, "minimumSecurityLevel is not one byte") }
      if manager.minimumSecurityLevel == [0] {
        say(.warning, index, "minimumSecurityLevel 00 lets anybody change the files over the air")
      }
      // §8.8: without tarList, bytes 13 to 15 of the instance's identifier are the TAR.
      let aid = manager.instanceAID.bytes
      let list = manager.tarList?.map(\.bytes) ?? (aid.count >= 15 ? [Array(aid[12..<15])] : [])
      if list.isEmpty { say(.error, index, "it has neither a TAR nor an identifier of 15 bytes") }
      for tar in list {
        if tar.count != 3 { say(.error, index, "the TAR \(tar.hex) is not 3 bytes") }
        if let other = owners.updateValue(index, forKey: tar) {
          say(.error, index, "element \(other + 1) has the TAR \(tar.hex) too")
        }
      }
    }
  }

  /// §8.7: identifiers are unique and the domains exist.
  mutating func checkApplications() {
    let domains = Set(profile.securityDomains.map(\.domain.instance.instanceAID))
    var aids: [AID: Int] = [:]
    func owners(_ instance: ApplicationInstance, _ index: Int) -> [(AID, Int)] { [(instance.instanceAID, index)] }
    var instances = profile.securityDomains.flatMap { owners($0.domain.instance, $0.element.index) }
    instances += profile.fileManagers.map { ($0.application.instanceAID, $0.element.index) }
    for (element, application) in profile.applications {
      for instance in application.instanceList ?? [] {
        instances.append((instance.instanceAID, element.index))
        if let domain = instance.extraditeSecurityDomainAID, !domains.contains(domain) {
          say(.error, element.index, "the security domain \(domain) does not exist")
        }
      }
      if let domain = application.loadBlock?.securityDomainAID, !domains.contains(domain) {
        say(.error, element.index, "the security domain \(domain) does not exist")
      }
      if application.loadBlock == nil, (application.instanceList ?? []).isEmpty {
        say(.error, element.index, "it has neither code nor instance")
      }
    }
    for adf in profile.applicationDirectories {
      if let aid = adf.parameters.dfName { instances.append((aid, adf.element.index)) }
    }
    for (aid, index) in instances {
      if let other = aids.updateValue(index, forKey: aid) {
        say(.error, index, "element \(other + 1) has the identifier \(aid) too")
      }
    }
  }
}
