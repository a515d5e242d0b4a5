import Bytes
import ProfilePackage
import TLV
import TestSupport
import Testing

@Suite("Profile package: reading and writing", .enabled(if: Vectors.exist, Vectors.missing))
struct RoundTripTests {
  @Test("§8.1: a TS.48 profile is written as it was read, kept bytes and types alike", arguments: TestProfiles.names)
  func roundTrip(_ name: String) throws {
    let bytes = try TestProfiles.bytes(name)
    let package = try Package(decoding: bytes)
    #expect(package.encoded == bytes)
    #expect(Package(package.elements).encoded == bytes)
    #expect(!package.elements.contains { $0 is UnknownElement })
  }

  @Test("named access is typed: header, IMSI, PINs, AKA, keys") func access() throws {
    let package = try TestProfiles.package("TS48v5_SAIP2.3_BERTLV_SUCI.der")
    let header = try #require(package.header)
    #expect(header.profileType == "GSMA Generic eUICC Test Profile")
    #expect(header.iccid?.digits == "89000123456789012341")
    #expect(header.mandatoryServices.contains(.getIdentity))
    let usim = try #require(package.first(PE.USIM.self))
    #expect(usim[.efIMSI]?.items.last == .fillFileContent([8, 9, 0x10, 0x10, 0x10, 0x32, 0x54, 0x06, 0x36]))
    #expect(usim[.adfUSIM]?.fcp?.fileID == 0x7FD0)
    #expect(usim[.efARR]?.fcp?.fileSize == 810)
    let pins = try #require(package.first(PE.PINCodes.self))
    #expect(pins.pins.map(\.keyReference) == [1, 10, 11])
    #expect(pins.pins.map(\.isEnabled) == [false, true, true])
    let aka = try #require(package.first(PE.AKAParameter.self))
    guard case .algoParameter(let parameter) = aka.algoConfiguration else { throw TLVError.trailing }
    #expect(parameter.algorithm == .usimTestAlgorithm)
    let domain = try #require(package.first(PE.SecurityDomain.self))
    #expect(domain.keyList?.map(\.keyVersionNumber) == [[1], [1], [1], [2], [2], [2]])
    #expect(package.indices(of: PE.RFM.self).count == 4)
  }

  @Test("a package cut at any byte is refused by name, or ends at an element's end") func truncation() throws {
    let bytes = try TestProfiles.bytes("TS48v1_A.der")
    var ends: Set<Int> = [0]
    let whole = try Package(decoding: bytes)
    for index in 0..<whole.count { ends.insert((ends.max() ?? 0) + whole.encoded(at: index).count) }
    for length in 0..<bytes.count {
      if ends.contains(length) {
        #expect(try Package(decoding: Array(bytes.prefix(length))).encoded == Array(bytes.prefix(length)))
      } else {
        #expect(throws: PackageError.self) { try Package(decoding: Array(bytes.prefix(length))) }
      }
    }
  }

  @Test("a package with any byte changed is refused or written as it was read", arguments: [1, 2, 3] as [UInt64])
  func mutation(_ seed: UInt64) throws {
    let bytes = try TestProfiles.bytes("TS48v5_SAIP2.3_BERTLV_SUCI.der")
    var dice = Dice(seed)
    for _ in 0..<2000 {
      var changed = bytes
      for _ in 0...dice.roll(3) { changed[dice.roll(bytes.count)] ^= UInt8(1 << dice.roll(8)) }
      guard let package = try? Package(decoding: changed) else { continue }
      #expect(package.encoded == changed)
      #expect(Package(package.elements).encoded == changed)
    }
  }
}

@Suite("Profile package: elements") struct ElementTests {
  @Test("an element of a later version survives as it is") func unknownElement() throws {
    let bytes = PE.End(1).asPackage + [0xBF, 0x50, 0x03, 0x80, 0x01, 0x2A]
    let package = try Package(decoding: bytes)
    #expect(package.encoded == bytes)
    #expect(package.elements.last is UnknownElement)
  }

  @Test("fields of a later version survive a change of the element") func laterFields() throws {
    let bytes: [UInt8] = [0xAA, 10, 0xA0, 3, 0x81, 1, 7, 0x81, 0x03, 1, 2, 3]
    var package = try Package(decoding: bytes)
    package.update(PE.End.self, at: 0) { _ in }
    #expect(package.encoded == bytes)
    let outOfOrder: [UInt8] = [0xB0, 14, 0xA0, 3, 0x81, 1, 7, 0x81, 1, 5, 0xA4, 0, 0xA3, 0, 0xA2, 0]
    #expect(throws: PackageError.self) { try Package(decoding: outOfOrder) }
  }

  @Test("BER that is not DER is refused: a length not in its shortest form") func notDER() {
    let bytes: [UInt8] = [0xAA, 0x81, 5, 0xA0, 3, 0x81, 1, 7]
    let error = #expect(throws: PackageError.self) { try Package(decoding: bytes) }
    #expect(error?.description == "profile element 1 (end) at byte 0: a length is malformed")
  }

  @Test("what is no profile element is refused") func notAnElement() {
    #expect(throws: PackageError.self) { try Package(decoding: [0x30, 0]) }
  }

  @Test("§8.11: EUICCResponse") func response() throws {
    let response = EUICCResponse(
      [PEStatus(.badValues, identification: 5, offset: 12)], isAborted: true, message: "EF.IMSI is too long")
    #expect(
      response.encoded.hex == "3024A00B3009800103810105830" + "10C8100" + "821345462E494D534920697320746F6F206C6F6E67")
    #expect(try EUICCResponse(encoded: response.encoded) == response)
    #expect("\(response.peStatus[0])" == "bad-values in element 5 at byte 12")
    let long = EUICCResponse([], isAborted: false, message: String(repeating: "ü", count: 80))
    #expect(long.statusMessage?.utf8.count == 64)
  }

  @Test("services are NULL fields in ascending order") func services() throws {
    var list = ServicesList([.usim, .getIdentity])
    #expect(list.contains(.usim) && !list.contains(.isim))
    list.set(.isim, true)
    #expect(list.numbers == [1, 2, 21])
    #expect(ServicesList.Service.profileAX25519.name == "profile-a-x25519")
    #expect(ServicesList.Service.eaka.rawValue == 29)
    #expect(throws: TLVError.self) { try ServicesList(TLVElement([0xA5, 4, 0x82, 0, 0x81, 0])) }
    #expect(try ServicesList(TLVElement([0xA5, 3, 0x9F, 40, 0])).numbers == [40])
  }
}

extension ProfileElement {
  fileprivate var asPackage: [UInt8] { Package([self]).encoded }
}
