import APDU
import Bytes
import CircleOfTrust
import GlobalPlatform
import Identifiers
import Keys
import ProfileInterpreter
import ProfilePackage
import SecureChannel
import SecureElement
import SecurityDomains
import USIM
import World

extension FuzzTarget {
  /// A script of commands on a card with a profile: each a byte that says how many bytes it has, and then these.
  static let card = FuzzTarget("card") { bytes in
    let card = Card(
      memory: VolatileMemory(Samples.profile),
      applications: [NetworkAccessApplication.usim, NetworkAccessApplication.isim],
      random: SeededRandomSource(seed: [1]))
    precondition(!card.powerOn().isEmpty, "the card has power")
    // TERMINAL PROFILE, MF and USIM: whatever comes then meets a card at work.
    for command in [[0x80, 0x10, 0, 0, 4, 0xFF, 0xFF, 0xFF, 0xFF], selection(of: BaseProfile.usimAID)] as [[UInt8]] {
      _ = card.respond(command)
    }
    for command in script(bytes) { check(card.respond(command)) }
  }

  /// A script of requests to the eUICC's ISD-R, in STORE DATA, and commands to the card under it.
  static let euicc = FuzzTarget("euicc") { bytes in
    guard let vault = Samples.vault, let blank = Samples.euicc else { preconditionFailure("the samples are there") }
    let euicc = SoftwareEUICC(memory: VolatileMemory(blank), vault: vault, random: SeededRandomSource(seed: [1]))
    precondition(!euicc.powerOn().isEmpty, "the card has power")
    _ = euicc.respond(selection(of: AID(literal: "A0000005591010FFFFFFFF8900000100")))
    for piece in script(bytes) {
      // Every other kind of piece is a command as it stands; the rest are wrapped, the last block at once.
      if piece.first == 0xBF || piece.first ?? 0 >= 0xA0 {
        check(euicc.respond([0x80, 0xE2, 0x91, 0x00, UInt8(piece.count)] + piece))
        check(euicc.respond([0x00, 0xC0, 0x00, 0x00, 0x00]))
      } else {
        check(euicc.respond(piece))
      }
    }
  }

  /// A script of commands to a card's issuer security domain, each sent as it stands, or wrapped in a session that is
  /// opened again when it ends.
  static let securityDomains = FuzzTarget("security-domains") { bytes in
    guard let vault = Samples.vault, let made = Samples.managed else { preconditionFailure("the samples are there") }
    let card = SoftwareManagedCard(memory: VolatileMemory(made), vault: vault, random: SeededRandomSource(seed: [1]))
    precondition(!card.powerOn().isEmpty, "the card has power")
    var host: SCP03.Host?
    for piece in script(bytes) {
      // A first bit that is set means: as it stands.
      guard let first = piece.first, first & 1 == 0, let command = try? Command(bytes: [0x80] + piece.dropFirst())
      else {
        check(card.respond(piece))
        continue
      }
      if host == nil { host = session(card) }
      guard let wrapped = try? host?.wrap(command) else { continue }
      let answer = card.respond(wrapped.bytes)
      check(answer)
      if let response = Response(bytes: answer), (try? host?.unwrap(response)) == nil || response.status == 0x6982 {
        host = nil
      }
    }
  }

  /// A session with the issuer security domain, at the level of C-MAC.
  private static func session(_ card: SoftwareManagedCard) -> SCP03.Host? {
    guard let keys = try? SoftwareManagedCard.keys(master: nil, diversificationData: []) else { return nil }
    let challenge = [UInt8](repeating: 1, count: 8)
    _ = card.respond(selection(of: Personalisation.usualIssuerDomain))
    let answer = card.respond(SCP03.Host.initializeUpdate(challenge: challenge).bytes)
    var host = SCP03.Host(keys: keys, challenge: challenge)
    guard let command = try? host.externalAuthenticate(Array(answer.dropLast(2)), level: .commandMAC),
      card.respond(command.bytes) == [0x90, 0x00]
    else { return nil }
    return host
  }

  /// A profile package: read, checked, and installed as a whole or not at all.
  static let profilePackage = FuzzTarget("profile-package") { bytes in
    guard let package = try? Package(decoding: bytes) else {
      precondition((try? Interpreter().interpret(bytes)) == nil, "what cannot be read is not installed")
      return
    }
    precondition(package.encoded == bytes, "a package is written as it was read")
    _ = Lint.findings(in: package)
    _ = Inspection(package).description
    if let template = try? ProfileTemplate(package), let iccid = package.header?.iccid {
      _ = try? template.personalise(with: PersonalData(iccid: iccid))
    }
    guard let profile = try? Interpreter().interpret(bytes) else { return }
    let memory = VolatileMemory()
    precondition((try? Card.install(profile.image, on: memory)) != nil, "what was understood is installed")
    let card = Card(memory: memory, random: SeededRandomSource(seed: [1]))
    precondition(!card.powerOn().isEmpty, "an installed profile makes a card")
    precondition(card.respond([0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00]) == [0x90, 0x00], "it has an MF")
  }

  static func selection(of aid: AID) -> [UInt8] {
    [0x00, 0xA4, 0x04, 0x0C, UInt8(aid.bytes.count)] + aid.bytes
  }

  static func script(_ bytes: [UInt8]) -> [[UInt8]] {
    var rest = bytes[...]
    var commands: [[UInt8]] = []
    while let count = rest.popFirst(), commands.count < 256 {
      commands.append(Array(rest.prefix(Int(count))))
      rest = rest.dropFirst(Int(count))
    }
    return commands
  }

  static func check(_ answer: [UInt8]) {
    precondition(answer.count >= 2 && answer.count <= 65538, "every command has an answer")
    precondition(answer[answer.count - 2] >= 0x60, "an answer ends with a status word")
  }
}

/// Cards that the targets begin with, made once.
private enum Samples {
  static let vault = try? KeyVault(current: Secret([UInt8](repeating: 7, count: 32)))

  /// A card with the house's own profile.
  static let profile: MemoryMap = {
    let memory = VolatileMemory()
    if let image = try? Interpreter().interpret(BaseProfile.package.encoded).image {
      _ = try? Card.install(image, on: memory)
    }
    return memory.map
  }()

  /// A GlobalPlatform card with the public test keys.
  static let managed: MemoryMap? = {
    let memory = VolatileMemory()
    guard let vault, let iccid = try? ICCID("8988211000000000018") else { return nil }
    guard
      (try? SoftwareManagedCard.make(
        on: memory, iccid: iccid, master: nil, vault: vault, random: SeededRandomSource(seed: [3]))) != nil
    else { return nil }
    return memory.map
  }()

  /// An eUICC without profiles.
  static let euicc: MemoryMap? = {
    let random = SeededRandomSource(seed: [2])
    let now = Instant(seconds: 1_780_000_000)
    let validity = Validity(from: now, days: 3650)
    let memory = VolatileMemory()
    do {
      let root = try Authority(
        certificateIssuer: DistinguishedName([(.commonName, "Fuzz CI")]), key: PrivateKey(.p256, random: random),
        validity: validity, random: random)
      let key = PrivateKey(.p256, random: random)
      let maker = try Authority(
        certificate: root.issue(
          .eum(organization: "Fuzz", eins: [SoftwareEUICC.laboratoryPrefix]), named: "EUM", to: key.publicKey,
          validity: validity, random: random), key: key)
      guard let vault else { return nil }
      _ = try SoftwareEUICC.make(
        on: memory, seed: [1], manufacturers: [maker], roots: [root.certificate], validity: validity,
        rootSMDS: "ds.example.com", vault: vault, now: now)
      return memory.map
    } catch { return nil }
  }()
}
