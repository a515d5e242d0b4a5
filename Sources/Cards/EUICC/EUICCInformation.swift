import APDU
import Bytes
import Identifiers
import SGP22
import SecureElement

/// What the eUICC tells about itself.
extension ISDR {
  /// SGP.22 §5.7.20.
  func getEID(_ request: ES10c.GetEID.Request, in exchange: Exchange) throws(StatusWordError) -> ES10c.GetEID.Response {
    ES10c.GetEID.Response(eidValue: try CardRecords(exchange.memory).constants().eid)
  }

  /// SGP.22 §5.7.8.
  func getEUICCInfo1(
    _ request: ES10b.GetEUICCInfo1.Request, in exchange: Exchange
  ) throws(StatusWordError) -> EUICCInfo1 {
    let info = try CardRecords(exchange.memory).constants().info
    return EUICCInfo1(
      svn: info.svn, euiccCiPKIdListForVerification: info.euiccCiPKIdListForVerification,
      euiccCiPKIdListForSigning: info.euiccCiPKIdListForSigning)
  }

  /// SGP.22 §5.7.8.
  func getEUICCInfo2(
    _ request: ES10b.GetEUICCInfo2.Request, in exchange: Exchange
  ) throws(StatusWordError) -> EUICCInfo2 { try Self.info2(CardRecords(exchange.memory)) }

  /// The constant part with the memory that is left now.
  static func info2(_ records: CardRecords) throws(StatusWordError) -> EUICCInfo2 {
    var info = try records.constants().info
    info.extCardResource =
      ExtCardResource(
        installedApplications: records.profiles.count,
        freeNonVolatileMemory: min(records.memory.freeBytes, 0x00FF_FFFF), freeVolatileMemory: 16_384
      ).encoded
    return info
  }

  /// SGP.22 §5.7.22.
  func getRAT(_ request: ES10b.GetRAT.Request, in exchange: Exchange) throws(StatusWordError) -> ES10b.GetRAT.Response {
    ES10b.GetRAT.Response(rat: try CardRecords(exchange.memory).constants().rat)
  }

  /// SGP.22 §5.7.3.
  func getEuiccConfiguredAddresses(
    _ request: ES10a.GetEuiccConfiguredAddresses.Request, in exchange: Exchange
  ) throws(StatusWordError) -> ES10a.GetEuiccConfiguredAddresses.Response {
    let records = CardRecords(exchange.memory)
    return ES10a.GetEuiccConfiguredAddresses.Response(
      defaultDpAddress: records.defaultDpAddress, rootDsAddress: try records.constants().rootDsAddress)
  }

  /// SGP.22 §5.7.4: an empty address removes the one that is there.
  func setDefaultDpAddress(
    _ request: ES10a.SetDefaultDpAddress.Request, in exchange: Exchange
  ) throws(StatusWordError) -> ES10a.SetDefaultDpAddress.Response {
    let address = request.defaultDpAddress
    guard address.isEmpty || FQDN(address) != nil else { return .init(.undefinedError) }
    CardRecords(exchange.memory).defaultDpAddress = address.isEmpty ? nil : address
    return .init(.ok)
  }
}
