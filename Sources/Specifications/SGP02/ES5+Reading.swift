import APDU
import Bytes
import GlobalPlatform
import Identifiers
import TLV

extension ES5 {
  /// The function that a command of a script asks for; the refusals are 6E00, 6D00, 6A86, 6A80 and, for what is asked
  /// over HTTPS, 6A81.
  public init(_ command: Command) throws(StatusWordError) {
    guard command.cla == 0x80 else { throw StatusWordError(.classNotSupported) }
    do {
      switch command.ins {
      case Install.instruction: self = try Self.install(command)
      case Delete.instruction: self = try Self.delete(command)
      case Self.storeData: self = try Self.store(command)
      case Self.getData where command.p1 == 0xBF && command.p2 == 0x70 && command.data.isEmpty: self = .getReport
      default: throw StatusWordError(.instructionNotSupported)
      }
    } catch let error as StatusWordError {
      throw error
    } catch {
      throw StatusWordError(.wrongData)
    }
  }

  private static func install(_ command: Command) throws -> ES5 {
    let install = try Install(p1: command.p1, data: command.data)
    switch install.request {
    case .personalization(let aid): return .personalise(aid)
    case .install(let file, let module, let aid, _, isSelectable: true)
    where file == SecurityDomains.isdpFile && module == SecurityDomains.isdpModule:
      return .createISDP(aid, memory: install.parameters.quota ?? 0)
    default: throw StatusWordError(.wrongP1P2)
    }
  }

  private static func delete(_ command: Command) throws -> ES5 {
    let element = try TLVElement(command.data)
    switch (command.p2, element.tag) {
    case (0x40, 0x4F): return .deleteProfile(try AID(element.content))
    case (0x00, 0xF2) where element.content.elementsEqual([0x00, 0x01, 0x03]): return .finaliseISDRhandover
    default: throw StatusWordError(.wrongP1P2)
    }
  }

  private static func store(_ command: Command) throws -> ES5 {
    typealias Identifier = DataGroup.Identifier
    let groups = try DataGroup.list(command.data)
    guard let first = groups.first else { throw StatusWordError(.wrongData) }
    if first.identifier == Identifier.keySet { return .establishKeySet(try KeySetEstablishment(groups)) }
    guard groups.count == 1 else { throw StatusWordError(.wrongData) }
    switch first.identifier {
    case Identifier.certificate: return .presentCertificate(first.data)
    case Identifier.enableProfile: return .enableProfile(try aid(first.data))
    case Identifier.disableProfile: return .disableProfile(try aid(first.data))
    case Identifier.setFallbackAttribute: return .setFallbackAttribute(try aid(first.data))
    case Identifier.connectivity: return try connectivity(first.data)
    case Identifier.confirmNotification:
      var reader = TLVReader(first.data)
      let number: [UInt8] = try reader.read(0x4E)
      try reader.finish()
      guard number.count == 2, let number = UInt16(bigEndian: number) else { throw StatusWordError(.wrongData) }
      return .confirmNotification(number)
    case Identifier.proveIdentity: return .proveIdentity(try IdentityProof(encoded: first.data))
    case Identifier.makeKey where first.data.isEmpty: return .makeKey
    default: throw StatusWordError(.referencedDataNotFound)
    }
  }

  private static func aid(_ data: [UInt8]) throws -> AID {
    let element = try TLVElement(data)
    guard element.tag == 0x4F else { throw StatusWordError(.wrongData) }
    return try AID(element.content)
  }

  private static func connectivity(_ data: [UInt8]) throws -> ES5 {
    let element = try TLVElement(data)
    switch element.tag {
    case ConnectivityParameters.tag: return .updateConnectivityParameters(try ConnectivityParameters(encoded: data))
    case 0xA3:
      var reader = try element.reader()
      let address: [UInt8] = try reader.read(0x06)
      try reader.finish()
      guard (2...11).contains(address.count) else { throw StatusWordError(.wrongData) }
      return .updateSMSRAddressingParameters(address)
    // A1 and A2 are HTTPS parameters.
    default: throw StatusWordError(.functionNotSupported)
    }
  }
}
