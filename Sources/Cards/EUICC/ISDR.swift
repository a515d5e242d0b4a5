import APDU
import Bytes
import CircleOfTrust
import Identifiers
import Keys
import SGP22
import SecureElement
import TLV

/// The root security domain of an eUICC: the other end of ES10 (SGP.22 §2.4, §5.7).
public final class ISDR: Application {
  let vault: KeyVault
  let installer: any ProfileInstaller
  var session = Session.none
  let rehearsal: Rehearsal?
  let circles = CircleShelf()
  private var transfers: [Int: StoreDataTransfer] = [:]

  init(vault: KeyVault, installer: any ProfileInstaller, rehearsal: Rehearsal? = nil) {
    (self.vault, self.installer, self.rehearsal) = (vault, installer, rehearsal)
  }

  public func identifiers(in exchange: Exchange) -> [AID] { [.isdr] }

  /// SGP.22 §5.7.1: the answer tells the version of the specification.
  public func select(_ aid: AID, in exchange: Exchange) throws(StatusWordError) -> [UInt8] {
    transfers[exchange.channelIndex] = nil
    let constants = try CardRecords(exchange.memory).constants()
    return SecurityDomainInformation(
      aid: aid, template: ISDRProprietaryApplicationTemplate(svn: constants.info.svn)
    ).encoded
  }

  public func respond(to exchange: Exchange) throws(StatusWordError) -> Response? {
    guard exchange.command.ins == StoreDataTransfer.instruction else { return nil }
    let channel = exchange.channelIndex
    var transfer = transfers[channel] ?? StoreDataTransfer()
    transfers[channel] = nil
    guard let data = try transfer.take(exchange.command) else {
      transfers[channel] = transfer
      return Response()
    }
    return Response(try call(data, in: exchange))
  }

  /// One function of ES10: its request in, its answer out.
  private func call(_ data: [UInt8], in exchange: Exchange) throws(StatusWordError) -> [UInt8] {
    if case .loading(let loader) = session, data.first != 0xBF {
      return try continueLoading(loader, data, in: exchange)
    }
    var reader = TLVReader(data)
    guard let tag = reader.nextTag else { throw StatusWordError(.wrongData) }
    if tag == BoundProfilePackage.tag { return try beginLoading(data, in: exchange) }
    guard let function = Self.functions[tag] else { throw StatusWordError(.referencedDataNotFound) }
    // Every other function ends a package that is still coming in, without a trace; CancelSession still finds its
    // session.
    if case .loading(let loader) = session {
      session = tag == ES10b.CancelSession.tag ? .prepared(loader.prepared) : .none
    }
    do { _ = try reader.element() } catch { throw StatusWordError(.wrongData) }
    guard reader.isAtEnd else { throw StatusWordError(.wrongData) }
    return try function(self, data, exchange)
  }
}

/// What a recorded download needs to be played again: the values that are different each time.
package struct Rehearsal: Sendable {
  /// otSK.EUICC.ECKA.
  package var oneTimeKey: PrivateKey
  /// The signature that the recorded server signed in its turn.
  package var euiccSignature1: [UInt8]

  /// Both values.
  package init(oneTimeKey: PrivateKey, euiccSignature1: [UInt8]) {
    (self.oneTimeKey, self.euiccSignature1) = (oneTimeKey, euiccSignature1)
  }
}

/// What SELECT answers for a security domain (GlobalPlatform Card Specification §11.9.3.1, SGP.22 §5.7.1).
///
/// ```
/// 6F { 84 AID, A5 { 9F65 maximum length of data in commands }, E0 ISDRProprietaryApplicationTemplate? }
/// ```
struct SecurityDomainInformation {
  let aid: AID
  let template: ISDRProprietaryApplicationTemplate?

  var encoded: [UInt8] {
    var writer = TLVWriter()
    writer.write(0x6F) { writer in
      writer.write(0x84, aid)
      writer.write(0xA5) { writer in writer.write(0x9F65, bytes: [0xFF]) }
      writer.write(template)
    }
    return writer.bytes
  }
}

/// The eUICC's certificate authority security domain: it keeps the keys, and is asked nothing by anybody (§2.4.2).
final class ECASD: Application {
  func identifiers(in exchange: Exchange) -> [AID] { [.ecasd] }

  func select(_ aid: AID, in exchange: Exchange) throws(StatusWordError) -> [UInt8] {
    SecurityDomainInformation(aid: aid, template: nil).encoded
  }
}
