import APDU
import Bytes
import Identifiers
import Keys
import NetworkAccess
import ProfilePackage
import SecureElement
import TLV
import UICC

/// GET IDENTITY (TS 31.102 §7.5): the USIM conceals its subscriber's identity itself.
extension NetworkAccessApplication {
  static func getIdentity(
    _ application: NetworkAccessApplication, _ exchange: Exchange
  ) throws(StatusWordError) -> Response {
    // §7.5.2: P2 is the identity context, 01 SUCI; bit 8 refers to the application, which it is anyway.
    guard exchange.command.p1 == 0, exchange.command.p2 & 0x7F == 0x01 else { throw StatusWordError(.wrongP1P2) }
    guard application.kind == .usim, let files = exchange.fileSystem, let adf = exchange.currentApplication,
      exchange.isInCurrentApplication
    else { throw StatusWordError(.conditionsOfUse) }
    guard exchange.isApplicationPINSatisfied else { throw StatusWordError(.securityStatus) }
    // §7.5.1.2: only where services 124 and 125 are available: the USIM calculates the SUCI, not the terminal.
    let services = ServiceTable(files, adf)
    guard services.has(.suciSupport), services.has(.suciByUSIM) else { throw StatusWordError(.conditionsOfUse) }
    do {
      let suci = try Subscription(files, adf).suci(random: exchange.random)
      // §7.5.2.1: the SUCI TLV data object holds TS 24.501's 5GS mobile identity from octet 4 on.
      var writer = TLVWriter()
      writer.write(0xA1, bytes: suci.bytes)
      return Response(writer.bytes)
    } catch {
      // A profile whose files do not fit together.
      throw StatusWordError(.conditionsOfUse)
    }
  }
}

/// What a USIM's files tell of the identity and its concealment.
private struct Subscription {
  private let files: FileSystem
  private let adf: FileNumber

  init(_ files: FileSystem, _ adf: FileNumber) { (self.files, self.adf) = (files, adf) }

  private func content(_ path: FileIdentifier...) -> [UInt8]? {
    var place = adf
    for step in path {
      guard let next = files.tree.child(step, of: place) else { return nil }
      place = next
    }
    return files.content(of: place)
  }

  func suci(random: any RandomSource) throws -> SUCI {
    let imsi = try IMSI(bytes: content(0x6F07) ?? [])
    // §4.2.18: byte 4 of EF.AD tells how long the network's code is.
    let mncLength = content(0x6FAD)?.dropFirst(3).first.map { Int($0 & 0x0F) } ?? 2
    return try SUCI(
      concealing: imsi, mncLength: mncLength, routingIndicator: routingIndicator, key: key,
      ephemeral: random.bytes(32))
  }

  /// §4.4.11.11, EF.Routing_Indicator of DF.5GS; "0" where there is none (TS 24.501 §9.11.3.4).
  private var routingIndicator: String {
    let halves = content(0x5FC0, 0x4F0A)?.prefix(2).flatMap { [$0 & 0x0F, $0 >> 4] } ?? []
    let digits = halves.prefix { $0 < 10 }
    return digits.isEmpty ? "0" : digits.map(String.init).joined()
  }

  /// TS 33.501 §6.12.2: the scheme of highest priority for which there is a key. The null scheme is used where it comes
  /// first, and where the home network has not provisioned a key: nil.
  private var key: SUCI.PublicKeyChoice? {
    // EF.SUCI_Calc_Info of DF.SAIP is the USIM's own.
    guard let info = content(0x5FD0, 0x4F01).flatMap({ SUCICalculationInfo($0) }) else { return nil }
    for choice in info.schemes {
      guard let profile = ECIES.Profile(rawValue: choice.scheme.rawValue) else { return nil }
      guard choice.keyIndex > 0, Int(choice.keyIndex) <= info.keys.count else { continue }
      let key = info.keys[Int(choice.keyIndex) - 1]
      return SUCI.PublicKeyChoice(profile, identifier: key.identifier, bytes: key.bytes)
    }
    return nil
  }
}
