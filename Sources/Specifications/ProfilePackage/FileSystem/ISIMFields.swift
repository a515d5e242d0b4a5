// The files of an ISIM and of DF.EAP (§8.3.4, TS 31.103) in the order of their SEQUENCEs.

/// PE-ISIM: an ADF.ISIM and the files every ISIM has.
public enum ISIMFile: String, FileField {
  case adfISIM = "adf-isim"
  case efIMPI = "ef-impi"
  case efIMPU = "ef-impu"
  case efDomain = "ef-domain"
  case efIST = "ef-ist"
  case efAD = "ef-ad"
  case efARR = "ef-arr"

  public static let elementName = "isim"
  public static let mandatory: Set<ISIMFile> = [.adfISIM, .efIMPI, .efIMPU, .efDomain, .efIST, .efARR]
  public static let elementNumber: UInt32 = 21
}

/// PE-OPT-ISIM: further files of the ADF.ISIM.
public enum OPTISIMFile: String, FileField {
  case efPCSCF = "ef-pcscf"
  case efSMS = "ef-sms"
  case efSMSP = "ef-smsp"
  case efSMSS = "ef-smss"
  case efSMSR = "ef-smsr"
  case efGBABP = "ef-gbabp"
  case efGBANL = "ef-gbanl"
  case efNAFKCA = "ef-nafkca"
  case efUICCIARI = "ef-uicciari"
  case efFromPreferred = "ef-frompreferred"
  case efIMSConfigData = "ef-imsconfigdata"
  case efXCAPConfigData = "ef-xcapconfigdata"
  case efWebRTCURI = "ef-webrtcuri"
  case efMuDMiDConfigData = "ef-mudmidconfigdata"

  public static let elementName = "opt-isim"
  public static let mandatory: Set<OPTISIMFile> = []
  public static let elementNumber: UInt32 = 22
}

/// PE-EAP: a DF.EAP.
public enum EAPFile: String, FileField {
  case dfEAP = "df-eap"
  case efEAPKEYS = "ef-eapkeys"
  case efEAPSTATUS = "ef-eapstatus"
  case efPUID = "ef-puid"
  case efPS = "ef-ps"
  case efCURID = "ef-curid"
  case efREID = "ef-reid"
  case efRealm = "ef-realm"

  public static let elementName = "eap"
  public static let mandatory: Set<EAPFile> = [.dfEAP, .efEAPSTATUS]
  public static let elementNumber: UInt32 = 27
}

extension PE {
  /// PE-ISIM: an ADF.ISIM and the files every ISIM has.
  public typealias ISIM = FileElement<ISIMFile>
  /// PE-OPT-ISIM: further files of the ADF.ISIM.
  public typealias OPTISIM = FileElement<OPTISIMFile>
  /// PE-EAP: a DF.EAP.
  public typealias EAP = FileElement<EAPFile>
}
