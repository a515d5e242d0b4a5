import APDU
import ProfileMove
import SGP22
import SecureElement
import TLV

extension ISDR {
  /// A function of ES10: the request's bytes in, the answer's bytes out.
  typealias Function = @Sendable (ISDR, [UInt8], Exchange) throws(StatusWordError) -> [UInt8]

  /// The functions by their tag (SGP.22 §5.7, table of ES10 functions).
  static let functions: [TLVTag: Function] = [
    // ES10a
    0xBF3C: entry(ES10a.GetEuiccConfiguredAddresses.self, run: getEuiccConfiguredAddresses),
    0xBF3F: entry(ES10a.SetDefaultDpAddress.self, run: setDefaultDpAddress),
    // ES10b
    0xBF21: entry(ES10b.PrepareDownload.self, run: prepareDownload),
    0xBF2E: entry(ES10b.GetEUICCChallenge.self, run: getEUICCChallenge),
    0xBF20: entry(ES10b.GetEUICCInfo1.self, run: getEUICCInfo1),
    0xBF22: entry(ES10b.GetEUICCInfo2.self, run: getEUICCInfo2),
    0xBF28: entry(ES10b.ListNotification.self, run: listNotification),
    0xBF2B: entry(ES10b.RetrieveNotificationsList.self, run: retrieveNotificationsList),
    0xBF30: entry(ES10b.RemoveNotificationFromList.self, run: removeNotificationFromList),
    0xBF35: entry(ES10b.LoadCRL.self, run: loadCRL),
    0xBF38: entry(ES10b.AuthenticateServer.self, run: authenticateServer),
    0xBF41: entry(ES10b.CancelSession.self, run: cancelSession),
    0xBF43: entry(ES10b.GetRAT.self, run: getRAT),
    0xBF4B: entry(ES10b.VerifyDeviceChange.self, run: verifyDeviceChange),
    0xBF4D: entry(ES10b.PrepareDeviceChange.self, run: prepareDeviceChange),
    // ES10c
    0xBF2D: entry(ES10c.GetProfilesInfo.self, run: getProfilesInfo),
    0xBF31: entry(ES10c.EnableProfile.self, run: enableProfile),
    0xBF32: entry(ES10c.DisableProfile.self, run: disableProfile),
    0xBF33: entry(ES10c.DeleteProfile.self, run: deleteProfile),
    0xBF34: entry(ES10c.EuiccMemoryReset.self, run: eUICCMemoryReset),
    0xBF3E: entry(ES10c.GetEID.self, run: getEID),
    0xBF29: entry(ES10c.SetNickname.self, run: setNickname),
    // System D
    0xBF7B: entry(BackUpProfile.self, run: backUpProfile),
  ]

  /// Reads the request, runs the function and writes its answer; 6A80 where the request is malformed.
  private static func entry<F: CardFunction>(
    _ function: F.Type,
    run: @escaping @Sendable (ISDR) -> (F.Request, Exchange) throws(StatusWordError) -> F.Response
  ) -> Function {
    { isdr, data, exchange throws(StatusWordError) in
      let request: F.Request
      do { request = try F.Request(encoded: data) } catch { throw StatusWordError(.wrongData) }
      return try run(isdr)(request, exchange).encoded
    }
  }
}
