import APDU
import GlobalPlatform
import Identifiers
import ProfilePackage
import SecureElement
import TLV

/// The security domains of the visible profile, as a terminal meets them: it selects one by name and asks what keys it
/// has (GlobalPlatform Card Specification 2.3 §11.3, §11.9). What they are for is used over the air alone.
public final class ProfileDomains: Application {
  /// Makes it for a card.
  public static let maker: ApplicationMaker = { ProfileDomains() }

  /// What is selected, by channels.
  private var selected: [Int: AID] = [:]

  public func identifiers(in exchange: Exchange) -> [AID] { domains(in: exchange).map(\.instance.instanceAID) }

  public func select(_ aid: AID, in exchange: Exchange) throws(StatusWordError) -> [UInt8] {
    selected[exchange.channelIndex] = aid
    var writer = TLVWriter()
    writer.write(0x6F) { writer in
      writer.write(0x84, aid)
      // 9F65: the longest data field that a command may bring.
      writer.write(0xA5) { $0.write(0x9F65, bytes: [0xFF]) }
    }
    return writer.bytes
  }

  public func deselected(on channel: Int) { selected[channel] = nil }

  public func powerOn(in exchange: Exchange) throws(StatusWordError) { selected = [:] }

  public func respond(to exchange: Exchange) throws(StatusWordError) -> Response? {
    try Self.commands.run(exchange, by: self)
  }

  private static let commands = CommandTable<ProfileDomains>([
    CommandEntry("GET DATA", ins: CardData.getData, .any) { owner, exchange throws(StatusWordError) in
      try owner.getData(exchange)
    }
  ])

  /// GET DATA: the key information template, and nothing else.
  private func getData(_ exchange: Exchange) throws(StatusWordError) -> Response {
    let tag = TLVTag(rawValue: UInt32(exchange.command.p1) << 8 | UInt32(exchange.command.p2))
    guard tag == CardData.keyInformation, let aid = selected[exchange.channelIndex],
      let domain = domains(in: exchange).first(where: { $0.instance.instanceAID == aid })
    else { throw StatusWordError(.referencedDataNotFound) }
    let lines = (domain.keyList ?? []).compactMap { key -> CardData.KeyLine? in
      guard let identifier = key.keyIdentifier.first, let version = key.keyVersionNumber.first,
        let component = key.keyComponents.first, let type = component.keyType.first
      else { return nil }
      return CardData.KeyLine(
        identifier: identifier, version: version, type: type, length: UInt8(clamping: component.keyData.bytes.count))
    }
    return Response(CardData.keyInformation(lines))
  }

  private func domains(in exchange: Exchange) -> [PE.SecurityDomain] {
    guard let files = exchange.fileSystem else { return [] }
    var domains: [PE.SecurityDomain] = []
    while let encoded = files.attachment(ProfileRecord.securityDomain.attachment(domains.count)),
      let domain = try? Package(decoding: encoded).elements.first as? PE.SecurityDomain
    { domains.append(domain) }
    return domains
  }
}
