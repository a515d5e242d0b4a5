// The files of an IoT minimal profile (§8.3.4) in the order of their SEQUENCEs.

/// PE-IoT: MF and ADF.USIM of an IoT minimal profile.
public enum IoTFile: String, FileField {
  case mf
  case efPL = "ef-pl"
  case efICCID = "ef-iccid"
  case efDIR = "ef-dir"
  case efARR = "ef-arr"
  case efUMPC = "ef-umpc"
  case adfUSIM = "adf-usim"
  case efIMSI = "ef-imsi"
  case efARRUSIM = "ef-arr-usim"
  case efKeys = "ef-keys"
  case efKeysPS = "ef-keysPS"
  case efHPPLMN = "ef-hpplmn"
  case efUST = "ef-ust"
  case efStartHFN = "ef-start-hfn"
  case efThreshold = "ef-threshold"
  case efPSLOCI = "ef-psloci"
  case efACC = "ef-acc"
  case efFPLMN = "ef-fplmn"
  case efLOCI = "ef-loci"
  case efAD = "ef-ad"
  case efECC = "ef-ecc"
  case efNETPAR = "ef-netpar"

  public static let elementName = "iot"
  public static let mandatory: Set<IoTFile> = [.efIMSI, .efACC]
  public static let elementNumber: UInt32 = 32
}

/// PE-OPT-IoT: further files of an IoT minimal profile.
public enum OPTIoTFile: String, FileField {
  case efFDN = "ef-fdn"
  case efSMS = "ef-sms"
  case efSMSP = "ef-smsp"
  case efSMSS = "ef-smss"
  case efSPN = "ef-spn"
  case efEST = "ef-est"
  case efOPLMNwAcT = "ef-oplmnwact"
  case efHPLMNwAcT = "ef-hplmnwact"
  case efEHPLMN = "ef-ehplmn"
  case efEPSLOCI = "ef-epsloci"
  case efEPSNSC = "ef-epsnsc"
  case df5GS = "df-df-5gs"
  case ef5GS3GPPLOCI = "ef-5gs3gpploci"
  case ef5GSN3GPPLOCI = "ef-5gsn3gpploci"
  case ef5GS3GPPNSC = "ef-5gs3gppnsc"
  case ef5GSN3GPPNSC = "ef-5gsn3gppnsc"
  case ef5GAUTHKEYS = "ef-5gauthkeys"
  case efUACAIC = "ef-uac-aic"
  case efSUCICalcInfo = "ef-suci-calc-info"
  case efOPL5G = "ef-opl5g"
  case efSUPINAI = "ef-supi-nai"
  case efRoutingIndicator = "ef-routing-indicator"
  case efURSP = "ef-ursp"
  case efTN3GPPSNN = "ef-tn3gppsnn"
  case dfSAIP = "df-df-saip"
  case efSUCICalcInfoUSIM = "ef-suci-calc-info-usim"

  public static let elementName = "opt-iot"
  public static let mandatory: Set<OPTIoTFile> = []
  public static let elementNumber: UInt32 = 33
}

extension PE {
  /// PE-IoT: MF and ADF.USIM of an IoT minimal profile.
  public typealias IoT = FileElement<IoTFile>
  /// PE-OPT-IoT: further files of an IoT minimal profile.
  public typealias OPTIoT = FileElement<OPTIoTFile>
}
