import APDU
import Bytes
import GlobalPlatform
import Identifiers
import Keys
import TLV
import TestSupport
import Testing

@Suite("GlobalPlatform Card Specification 2.3: commands of content management") struct ContentManagementTests {
  static let file = AID(literal: "A00000066701")
  static let module = AID(literal: "A0000006670101")
  static let application = AID(literal: "A000000667010101")
  static let domain = AID(literal: "A000000151000001")

  static var parameters: ContentParameters {
    var parameters = ContentParameters()
    parameters.applicationSpecific = [1, 2, 3]
    parameters.quota = 40_000
    parameters.codeSize = 100
    parameters.tokenReference = TokenReference(issuer: [0x42], card: [1, 2, 3, 4], provider: [9], number: 7)
    return parameters
  }

  static let requests: [Install.Request] = [
    .load(file: file, domain: domain, hash: [UInt8](repeating: 5, count: 32)),
    .load(file: file, domain: nil, hash: []),
    .install(file: file, module: module, application: application, privileges: [], isSelectable: true),
    .install(
      file: nil, module: nil, application: domain, privileges: [.securityDomain, .delegatedManagement],
      isSelectable: false), .makeSelectable(application: application, privileges: .globalRegistry),
    .extradition(object: application, domain: domain),
    .registryUpdate(application: domain, privileges: .securityDomain), .personalization(application: application),
  ]

  @Test("§11.5: every form of INSTALL is read as it was written, with and without token", arguments: requests)
  func install(_ request: Install.Request) throws {
    for parameters in [ContentParameters(), Self.parameters] {
      for token in [[], [UInt8](repeating: 3, count: 64), [UInt8](repeating: 3, count: 300)] {
        let made = Install(request, parameters: parameters)
        let command = try Command(bytes: made.command(token: token).bytes)
        let read = try Install(p1: command.p1, data: command.data)
        #expect((read.request, read.parameters, read.token) == (request, parameters, token))
        #expect(read.tokenData == made.tokenData)
        // §C.4: a token signs P1, P2, the length of what follows and what follows, but for the token and its length.
        #expect(read.tokenData.starts(with: [command.p1, 0x00]))
        for length in 0..<command.data.count {
          #expect(throws: CodingError.self) { try Install(p1: command.p1, data: Array(command.data.prefix(length))) }
        }
        #expect(throws: CodingError.self) { try Install(p1: command.p1, data: command.data + [0]) }
      }
    }
  }

  @Test("§11.5: the commands of a foreign host are understood") func foreignInstall() throws {
    // As pySim's shell sends them.
    let load = try Install(p1: 0x02, data: [UInt8](hex: "06A0000006670108A000000151000000000000"))
    #expect(load.request == .load(file: Self.file, domain: AID(literal: "A000000151000000"), hash: []))
    let personalization = try Install(p1: 0x20, data: [UInt8](hex: "000008A000000667010101000000"))
    #expect(personalization.request == .personalization(application: Self.application))
    let install = try Install(
      p1: 0x0C, data: [UInt8](hex: "06A0000006670107A000000667010108A000000667010101010002C90000"))
    #expect(install.request == Self.requests[2])
    #expect(install.parameters.applicationSpecific == [])
  }

  @Test("§11.1.2: privileges that only a security domain has, or that exclude each other, are refused")
  func privileges() {
    #expect(Privileges(bytes: [0x00]) == [])
    #expect(Privileges(bytes: [0x80, 0xC0, 0x00]) == [.securityDomain, .trustedPath, .authorizedManagement])
    #expect(Privileges(bytes: [0x20]) == nil)
    #expect(Privileges(bytes: [0x81]) == nil)
    #expect(Privileges(bytes: [0xC1]) == [.securityDomain, .dapVerification, .mandatedDAPVerification])
    #expect(Privileges(bytes: [0xA0, 0x40, 0x00]) == nil)
    #expect(Privileges(bytes: [0x80, 0x00]) == nil)
    #expect(Privileges(bytes: [0x00, 0x20, 0x00]) == nil)
    let some: Privileges = [.securityDomain, .tokenVerification, .receiptGeneration]
    #expect(Privileges(bytes: some.bytes) == some)
  }

  @Test("§5.1.2: the card's life goes forwards, but for its lock") func cardLife() {
    for from in CardLifeCycle.allCases {
      let next = CardLifeCycle.allCases.filter { from.canBecome($0) }
      switch from {
      case .opReady: #expect(next == [.initialized, .secured, .terminated])
      case .initialized: #expect(next == [.secured, .terminated])
      case .secured: #expect(next == [.cardLocked, .terminated])
      case .cardLocked: #expect(next == [.secured, .terminated])
      case .terminated: #expect(next == [])
      }
    }
  }

  @Test("§11.2: DELETE is read as it was written") func delete() throws {
    let subjects: [Delete.Subject] = [
      .object(Self.file, related: true), .object(Self.application, related: false), .key(identifier: 1, version: 2),
      .key(identifier: nil, version: 3),
    ]
    for subject in subjects {
      for reference in [nil, Self.parameters.tokenReference] {
        for token in [[], [UInt8](repeating: 3, count: 64)] {
          let made = Delete(subject, tokenReference: reference)
          let command = try Command(bytes: made.command(token: token).bytes)
          let read = try Delete(p2: command.p2, data: command.data)
          #expect((read.subject, read.tokenReference, read.token) == (subject, reference, token))
          #expect(read.tokenData == made.tokenData)
        }
      }
    }
    for bad in ["", "4F03A00000", "D00101FF", "9E0100"] {
      #expect(throws: CodingError.self) { try Delete(p2: 0, data: [UInt8](hex: bad)) }
    }
    #expect(throws: CodingError.self) { try Delete(p2: 1, data: [UInt8](hex: "4F05A000000001")) }
  }

  @Test("§11.6: the LOAD commands bring the load file together, numbered, the last marked") func load() throws {
    let file = LoadFile(
      dapBlocks: [.init(domain: Self.domain, signature: [UInt8](repeating: 9, count: 64))],
      dataBlock: (0..<1000).map { UInt8($0 & 0xFF) })
    let commands = file.commands()
    #expect(try LoadFile(bytes: commands.flatMap(\.data)) == file)
    #expect(commands.map(\.p2) == (0..<UInt8(commands.count)).map { $0 })
    #expect(commands.map(\.p1) == [UInt8](repeating: 0, count: commands.count - 1) + [0x80])
    for length in 0..<file.bytes.count {
      #expect(throws: CodingError.self) { try LoadFile(bytes: Array(file.bytes.prefix(length))) }
    }
    let double = LoadFile(dapBlocks: file.dapBlocks + file.dapBlocks, dataBlock: [])
    #expect(throws: CodingError.self) { try LoadFile(bytes: double.bytes) }
  }

  @Test("§11.8: PUT KEY is read as it was written, and as hosts write it that leave out the length") func putKey()
    throws
  {
    let point = PrivateKey(.p256, random: SystemRandomSource.shared).publicKey.point
    let made = PutKey(
      replaces: 1, version: 2, identifier: 1,
      keys: [
        .init(.aes(length: 16, wrapped: [UInt8](repeating: 1, count: 16)), checkValue: [1, 2, 3]),
        .init(.aes(length: 24, wrapped: [UInt8](repeating: 1, count: 32)), checkValue: [1, 2, 3]),
        .init(.p256(point: point)),
      ])
    let command = try Command(bytes: made.command.bytes)
    #expect(try PutKey(p1: command.p1, p2: command.p2, data: command.data) == made)
    let bare = [0x02, 0x88, 0x10] + [UInt8](repeating: 1, count: 16) + [0x03, 1, 2, 3]
    #expect(
      try PutKey(p1: 0, p2: 1, data: bare).keys
        == [.init(.aes(length: 16, wrapped: [UInt8](repeating: 1, count: 16)), checkValue: [1, 2, 3])])
    for length in 0..<command.data.count {
      let cut = try? PutKey(p1: command.p1, p2: command.p2, data: Array(command.data.prefix(length)))
      // A cut between two keys is a shorter command.
      #expect(cut == nil || cut.map { $0.keys.count < 3 } == true)
    }
    #expect(throws: CodingError.self) { try PutKey(p1: 0, p2: 1, data: [0x00] + bare.dropFirst()) }
  }

  @Test("§11.1.6: a receipt proves one deed of one card, and nothing else") func receipts() throws {
    let key = Secret([UInt8](repeating: 8, count: 16))
    let deeds: [Receipt.Deed] = [
      .load(file: Self.file, domain: Self.domain), .install(file: Self.file, application: Self.application),
      .delete(Self.file), .delete(Self.application),
      .extradition(from: Self.domain, object: Self.file, to: Self.application),
      .registryUpdate(Self.domain, .securityDomain),
    ]
    for confirmation: Receipt.Confirmation in [
      .init(counter: 1, card: [1, 2, 3]),
      .init(counter: 2, card: [1, 2, 3], tokenNumber: 7, tokenDataDigest: [UInt8](repeating: 1, count: 32)),
    ] {
      for deed in deeds {
        let receipt = try Receipt(of: deed, confirmation, key: key)
        let read = try #require(try Receipt.read(Receipt.answer(receipt)))
        #expect(read == receipt)
        for other in deeds { #expect(try read.proves(other, key: key) == (other == deed)) }
        #expect(try !read.proves(deed, key: Secret([UInt8](repeating: 9, count: 16))))
        let answer = Receipt.answer(receipt)
        for offset in answer.indices {
          var bad = answer
          bad[offset] ^= 1
          let changed = try? Receipt.read(bad)
          #expect(try changed == nil || changed?.proves(deed, key: key) == false, "byte \(offset)")
        }
      }
    }
    #expect(Receipt.answer(nil) == [0])
    #expect(try Receipt.read([0]) == nil)
  }

  @Test("Amendment F §6.1: a certificate is verified over the bytes that arrived, each of them") func certificate()
    throws
  {
    let random = SystemRandomSource.shared
    let (issuer, subject) = (PrivateKey(.p256, random: random), PrivateKey(.p256, random: random))
    let made = try CardCertificate(
      .init(
        serialNumber: [1], issuer: Array("registrar".utf8), subject: Array("provider".utf8), effective: "20260101",
        expiration: "20271231", key: subject.publicKey), signedBy: issuer)
    let read = try CardCertificate(encoded: made.encoded)
    #expect(read == made)
    #expect(read.isSigned(by: issuer.publicKey))
    #expect(!read.isSigned(by: subject.publicKey))
    for offset in made.encoded.indices {
      var bad = made.encoded
      bad[offset] ^= 1
      let changed = try? CardCertificate(encoded: bad)
      #expect(changed == nil || changed?.isSigned(by: issuer.publicKey) == false, "byte \(offset)")
    }
  }

  @Test("a data package is read as it was written; names that stand twice are refused") func package() throws {
    var package = DataPackage(
      module: Self.module, version: 0x0102,
      files: [
        .init(0x6F01, shortIdentifier: 1, content: [1, 2, 3]),
        .init(0x6F02, accessRule: try [UInt8](hex: "800101A406830101950108"), content: []),
      ])
    #expect(try DataPackage(encoded: package.encoded) == package)
    package.files[1].shortIdentifier = 1
    #expect(throws: TLVError.self) { try DataPackage(encoded: package.encoded) }
    package.files[1].shortIdentifier = nil
    package.files[1].identifier = 0x6F01
    #expect(throws: TLVError.self) { try DataPackage(encoded: package.encoded) }
  }

  @Test("§11.4: registry entries are read as they were written") func registry() throws {
    let entries: [Registry.Entry] = [
      .init(aid: Self.domain, lifeCycle: 0x0F, privileges: .securityDomain),
      .init(
        aid: Self.file, lifeCycle: 1, version: [1, 2], modules: [Self.module, Self.application], domain: Self.domain),
    ]
    #expect(try Registry.entries(entries.flatMap(\.encoded)) == entries)
    #expect(throws: CodingError.self) { try Registry.entries([0xE3, 0x01]) }
  }
}
