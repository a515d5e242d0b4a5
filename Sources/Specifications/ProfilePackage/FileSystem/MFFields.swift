// The files of MF, DF.CD, DF.TELECOM and DF.PHONEBOOK (§8.3.4) in the order of their SEQUENCEs.

/// PE-MF: the master file and what stands in it.
public enum MFFile: String, FileField {
  case mf
  case efPL = "ef-pl"
  case efICCID = "ef-iccid"
  case efDIR = "ef-dir"
  case efARR = "ef-arr"
  case efUMPC = "ef-umpc"

  public static let elementName = "mf"
  public static let mandatory: Set<MFFile> = [.mf, .efICCID, .efDIR, .efARR]
  public static let elementNumber: UInt32 = 16
}

/// PE-CD: DF.CD: configuration data.
public enum CDFile: String, FileField {
  case dfCD = "df-cd"
  case efLaunchpad = "ef-launchpad"
  case efIcon = "ef-icon"

  public static let elementName = "cd"
  public static let mandatory: Set<CDFile> = [.dfCD]
  public static let elementNumber: UInt32 = 17
}

/// PE-TELECOM: DF.TELECOM and its directories.
public enum TELECOMFile: String, FileField {
  case dfTELECOM = "df-telecom"
  case efARR = "ef-arr"
  case efRMA = "ef-rma"
  case efSUME = "ef-sume"
  case efICEDN = "ef-ice-dn"
  case efICEFF = "ef-ice-ff"
  case efPSISMSC = "ef-psismsc"
  case dfGraphics = "df-graphics"
  case efIMG = "ef-img"
  case efIIDF = "ef-iidf"
  case efICEGraphics = "ef-ice-graphics"
  case efLaunchSCWS = "ef-launch-scws"
  case efIcon = "ef-icon"
  case dfPhonebook = "df-phonebook"
  case efPBR = "ef-pbr"
  case efEXT1 = "ef-ext1"
  case efAAS = "ef-aas"
  case efGAS = "ef-gas"
  case efPSC = "ef-psc"
  case efCC = "ef-cc"
  case efPUID = "ef-puid"
  case efIAP = "ef-iap"
  case efADN = "ef-adn"
  case efPBC = "ef-pbc"
  case efANR = "ef-anr"
  case efPURI = "ef-puri"
  case efEmail = "ef-email"
  case efSNE = "ef-sne"
  case efUID = "ef-uid"
  case efGRP = "ef-grp"
  case efCCP1 = "ef-ccp1"
  case dfMultimedia = "df-multimedia"
  case efMML = "ef-mml"
  case efMMDF = "ef-mmdf"
  case dfMMSS = "df-mmss"
  case efMLPL = "ef-mlpl"
  case efMSPL = "ef-mspl"
  case efMMSSMODE = "ef-mmssmode"
  case dfMCS = "df-mcs"
  case efMST = "ef-mst"
  case efMCSConfig = "ef-mcs-config"
  case dfV2X = "df-v2x"
  case efVST = "ef-vst"
  case efV2XConfig = "ef-v2x-config"
  case efV2XPPC5 = "ef-v2xp-pc5"
  case efV2XPUu = "ef-v2xp-Uu"

  public static let elementName = "telecom"
  public static let mandatory: Set<TELECOMFile> = [.dfTELECOM]
  public static let elementNumber: UInt32 = 18
}

/// PE-PHONEBOOK: DF.PHONEBOOK of the ADF.USIM; files of one kind may occur several times.
public enum PHONEBOOKFile: String, FileField {
  case dfPhonebook = "df-phonebook"
  case efPBR = "ef-pbr"
  case efEXT1 = "ef-ext1"
  case efAAS = "ef-aas"
  case efGAS = "ef-gas"
  case efPSC = "ef-psc"
  case efCC = "ef-cc"
  case efPUID = "ef-puid"
  case efIAP = "ef-iap"
  case efADN = "ef-adn"
  case efPBC = "ef-pbc"
  case efANR = "ef-anr"
  case efPURI = "ef-puri"
  case efEmail = "ef-email"
  case efSNE = "ef-sne"
  case efUID = "ef-uid"
  case efGRP = "ef-grp"
  case efCCP1 = "ef-ccp1"

  public static let elementName = "phonebook"
  public static let mandatory: Set<PHONEBOOKFile> = [.dfPhonebook]
  public static let elementNumber: UInt32 = 23
}

extension PE {
  /// PE-MF: the master file and what stands in it.
  public typealias MF = FileElement<MFFile>
  /// PE-CD: DF.CD: configuration data.
  public typealias CD = FileElement<CDFile>
  /// PE-TELECOM: DF.TELECOM and its directories.
  public typealias TELECOM = FileElement<TELECOMFile>
  /// PE-PHONEBOOK: DF.PHONEBOOK of the ADF.USIM; files of one kind may occur several times.
  public typealias PHONEBOOK = FileElement<PHONEBOOKFile>
}
