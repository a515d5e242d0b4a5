import Bytes
import Identifiers
import ProfilePackage
import SMDPPlus

/// A template whose packages cannot be installed: an element before the last selects a directory that is not there.
struct SpoiltTemplate: PackageBuilder {
  let base: SubscriberTemplate

  var parameters: Set<String> { base.parameters }

  func package(iccid: ICCID, personalData: PersonalValues) throws -> [UInt8] {
    var package = try Package(decoding: base.package(iccid: iccid, personalData: personalData))
    let number = 1 + (package.elements.compactMap { $0.header?.identification }.max() ?? 0)
    package.insert(PE.GenericFileManagement(number, [.filePath([0x5F, 0x99])]), at: package.count - 1)
    return package.encoded
  }
}
