import TLV

/// What the data objects of SGP.22 are called, for logs that people read. Context tags below 31 mean different things in
/// different places and have no name here.
public enum MessageNames {
  /// Names by tag.
  public static let all: [TLVTag: String] = [
    0xBF20: "EUICCInfo1", 0xBF21: "PrepareDownload", 0xBF22: "EUICCInfo2", 0xBF23: "InitialiseSecureChannel",
    0xBF24: "ConfigureISDP", 0xBF25: "StoreMetadata", 0xBF26: "ReplaceSessionKeys",
    0xBF27: "ProfileInstallationResultData", 0xBF28: "ListNotification", 0xBF29: "SetNickname",
    0xBF2A: "UpdateMetadata", 0xBF2B: "RetrieveNotificationsList", 0xBF2D: "GetProfilesInfo",
    0xBF2E: "GetEUICCChallenge", 0xBF2F: "NotificationMetadata", 0xBF30: "NotificationSent",
    0xBF31: "EnableProfile", 0xBF32: "DisableProfile", 0xBF33: "DeleteProfile", 0xBF34: "eUICCMemoryReset",
    0xBF35: "LoadCRL", 0xBF36: "BoundProfilePackage", 0xBF37: "ProfileInstallationResult",
    0xBF38: "AuthenticateServer", 0xBF39: "InitiateAuthentication", 0xBF3A: "GetBoundProfilePackage",
    0xBF3B: "AuthenticateClient", 0xBF3C: "EuiccConfiguredAddresses", 0xBF3D: "HandleNotification",
    0xBF3E: "GetEuiccData", 0xBF3F: "SetDefaultDpAddress", 0xBF40: "AuthenticateClient (ES11)",
    0xBF41: "CancelSession", 0xBF43: "GetRAT", 0xBF4B: "VerifyDeviceChange", 0xBF4C: "ConfirmDeviceChange",
    0xBF4D: "PrepareDeviceChange", 0xE0: "ISDRProprietaryApplicationTemplate", 0xE3: "ProfileInfo",
    0x4F: "AID", 0x5A: "ICCID or EID", 0x5C: "tag list", 0x5F37: "signature", 0x5F49: "one-time public key",
    0x7F21: "certificate", 0x9F70: "profile state", 0xB6: "notification configuration", 0xB7: "profile owner",
  ]
}
