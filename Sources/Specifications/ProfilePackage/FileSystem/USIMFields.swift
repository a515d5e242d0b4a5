// The files of a USIM (§8.3.4, TS 31.102) in the order of their SEQUENCEs.

/// PE-USIM: an ADF.USIM and the files every USIM has.
public enum USIMFile: String, FileField {
  case adfUSIM = "adf-usim"
  case efIMSI = "ef-imsi"
  case efARR = "ef-arr"
  case efKeys = "ef-keys"
  case efKeysPS = "ef-keysPS"
  case efHPPLMN = "ef-hpplmn"
  case efUST = "ef-ust"
  case efFDN = "ef-fdn"
  case efSMS = "ef-sms"
  case efSMSP = "ef-smsp"
  case efSMSS = "ef-smss"
  case efSPN = "ef-spn"
  case efEST = "ef-est"
  case efStartHFN = "ef-start-hfn"
  case efThreshold = "ef-threshold"
  case efPSLOCI = "ef-psloci"
  case efACC = "ef-acc"
  case efFPLMN = "ef-fplmn"
  case efLOCI = "ef-loci"
  case efAD = "ef-ad"
  case efECC = "ef-ecc"
  case efNETPAR = "ef-netpar"
  case efEPSLOCI = "ef-epsloci"
  case efEPSNSC = "ef-epsnsc"

  public static let elementName = "usim"
  public static let mandatory: Set<USIMFile> = [.adfUSIM, .efIMSI, .efARR, .efUST, .efSPN, .efEST, .efACC, .efECC]
  public static let elementNumber: UInt32 = 19
}

/// PE-OPT-USIM: further files of the ADF.USIM.
public enum OPTUSIMFile: String, FileField {
  case efLI = "ef-li"
  case efACMmax = "ef-acmax"
  case efACM = "ef-acm"
  case efGID1 = "ef-gid1"
  case efGID2 = "ef-gid2"
  case efMSISDN = "ef-msisdn"
  case efPUCT = "ef-puct"
  case efCBMI = "ef-cbmi"
  case efCBMID = "ef-cbmid"
  case efSDN = "ef-sdn"
  case efEXT2 = "ef-ext2"
  case efEXT3 = "ef-ext3"
  case efCBMIR = "ef-cbmir"
  case efPLMNwAcT = "ef-plmnwact"
  case efOPLMNwAcT = "ef-oplmnwact"
  case efHPLMNwAcT = "ef-hplmnwact"
  case efDCK = "ef-dck"
  case efCNL = "ef-cnl"
  case efSMSR = "ef-smsr"
  case efBDN = "ef-bdn"
  case efEXT5 = "ef-ext5"
  case efCCP2 = "ef-ccp2"
  case efEXT4 = "ef-ext4"
  case efACL = "ef-acl"
  case efCMI = "ef-cmi"
  case efICI = "ef-ici"
  case efOCI = "ef-oci"
  case efICT = "ef-ict"
  case efOCT = "ef-oct"
  case efVGCS = "ef-vgcs"
  case efVGCSS = "ef-vgcss"
  case efVBS = "ef-vbs"
  case efVBSS = "ef-vbss"
  case efEMLPP = "ef-emlpp"
  case efAAEM = "ef-aaem"
  case efHiddenKey = "ef-hiddenkey"
  case efPNN = "ef-pnn"
  case efOPL = "ef-opl"
  case efMBDN = "ef-mbdn"
  case efEXT6 = "ef-ext6"
  case efMBI = "ef-mbi"
  case efMWIS = "ef-mwis"
  case efCFIS = "ef-cfis"
  case efEXT7 = "ef-ext7"
  case efSPDI = "ef-spdi"
  case efMMSN = "ef-mmsn"
  case efEXT8 = "ef-ext8"
  case efMMSICP = "ef-mmsicp"
  case efMMSUP = "ef-mmsup"
  case efMMSUCP = "ef-mmsucp"
  case efNIA = "ef-nia"
  case efVGCSCA = "ef-vgcsca"
  case efVBSCA = "ef-vbsca"
  case efGBABP = "ef-gbabp"
  case efMSK = "ef-msk"
  case efMUK = "ef-muk"
  case efEHPLMN = "ef-ehplmn"
  case efGBANL = "ef-gbanl"
  case efEHPLMNPI = "ef-ehplmnpi"
  case efLRPLMNSI = "ef-lrplmnsi"
  case efNAFKCA = "ef-nafkca"
  case efSPNI = "ef-spni"
  case efPNNI = "ef-pnni"
  case efNCPIP = "ef-ncp-ip"
  case efUFC = "ef-ufc"
  case efNASCONFIG = "ef-nasconfig"
  case efUICCIARI = "ef-uicciari"
  case efPWS = "ef-pws"
  case efFDNURI = "ef-fdnuri"
  case efBDNURI = "ef-bdnuri"
  case efSDNURI = "ef-sdnuri"
  case efIAL = "ef-ial"
  case efIPS = "ef-ips"
  case efIPD = "ef-ipd"
  case efEPDGID = "ef-epdgid"
  case efEPDGSelection = "ef-epdgselection"
  case efEPDGIDEm = "ef-epdgidem"
  case efEPDGSelectionEm = "ef-epdgselectionem"
  case efFromPreferred = "ef-frompreferred"
  case efIMSConfigData = "ef-imsconfigdata"
  case ef3GPPPSDataOff = "ef-3gpppsdataoff"
  case ef3GPPPSDataOffServiceList = "ef-3gpppsdataoffservicelist"
  case efXCAPConfigData = "ef-xcapconfigdata"
  case efEARFCNList = "ef-earfcnlist"
  case efMuDMiDConfigData = "ef-mudmidconfigdata"
  case efEAKA = "ef-eaka"

  public static let elementName = "opt-usim"
  public static let mandatory: Set<OPTUSIMFile> = []
  public static let elementNumber: UInt32 = 20
}

/// PE-GSM-ACCESS: DF.GSM-ACCESS of the ADF.USIM.
public enum GSMACCESSFile: String, FileField {
  case dfGSMAccess = "df-gsm-access"
  case efKc = "ef-kc"
  case efKcGPRS = "ef-kcgprs"
  case efCPBCCH = "ef-cpbcch"
  case efInvScan = "ef-invscan"

  public static let elementName = "gsm-access"
  public static let mandatory: Set<GSMACCESSFile> = [.dfGSMAccess]
  public static let elementNumber: UInt32 = 24
}

/// PE-DF-5GS: DF.5GS of the ADF.USIM.
public enum DF5GSFile: String, FileField {
  case df5GS = "df-df-5gs"
  case ef5GS3GPPLOCI = "ef-5gs3gpploci"
  case ef5GSN3GPPLOCI = "ef-5gsn3gpploci"
  case ef5GS3GPPNSC = "ef-5gs3gppnsc"
  case ef5GSN3GPPNSC = "ef-5gsn3gppnsc"
  case ef5GAUTHKEYS = "ef-5gauthkeys"
  case efUACAIC = "ef-uac-aic"
  case efSUCICalcInfo = "ef-suci-calc-info"
  case efOPL5G = "ef-opl5g"
  case efSUPINAI = "ef-supinai"
  case efRoutingIndicator = "ef-routing-indicator"
  case efURSP = "ef-ursp"
  case efTN3GPPSNN = "ef-tn3gppsnn"
  case efCAG = "ef-cag"
  case efSORCMCI = "ef-sor-cmci"
  case efDRI = "ef-dri"
  case ef5GSEDRX = "ef-5gsedrx"
  case ef5GNSWOConf = "ef-5gnswo-conf"
  case efMCHPPLMN = "ef-mchpplmn"
  case efKAUSFDerivation = "ef-kausf-derivation"

  public static let elementName = "df-5gs"
  public static let mandatory: Set<DF5GSFile> = [.df5GS]
  public static let elementNumber: UInt32 = 28
}

/// PE-DF-SAIP: DF.SAIP of the ADF.USIM.
public enum DFSAIPFile: String, FileField {
  case dfSAIP = "df-df-saip"
  case efSUCICalcInfoUSIM = "ef-suci-calc-info-usim"

  public static let elementName = "df-saip"
  public static let mandatory: Set<DFSAIPFile> = [.dfSAIP]
  public static let elementNumber: UInt32 = 29
}

/// PE-DF-SNPN: DF.SNPN of the ADF.USIM.
public enum DFSNPNFile: String, FileField {
  case dfSNPN = "df-df-snpn"
  case efPWSSNPN = "ef-pws-snpn"

  public static let elementName = "df-snpn"
  public static let mandatory: Set<DFSNPNFile> = [.dfSNPN]
  public static let elementNumber: UInt32 = 30
}

/// PE-DF-5GPROSE: DF.5G_ProSe of the ADF.USIM.
public enum DF5GPROSEFile: String, FileField {
  case df5GProSe = "df-df-5g-prose"
  case ef5GProSeST = "ef-5g-prose-st"
  case ef5GProSeDD = "ef-5g-prose-dd"
  case ef5GProSeDC = "ef-5g-prose-dc"
  case ef5GProSeU2NRU = "ef-5g-prose-u2nru"
  case ef5GProSeRU = "ef-5g-prose-ru"
  case ef5GProSeUIR = "ef-5g-prose-uir"

  public static let elementName = "df-5gprose"
  public static let mandatory: Set<DF5GPROSEFile> = [.df5GProSe]
  public static let elementNumber: UInt32 = 31
}

extension PE {
  /// PE-USIM: an ADF.USIM and the files every USIM has.
  public typealias USIM = FileElement<USIMFile>
  /// PE-OPT-USIM: further files of the ADF.USIM.
  public typealias OPTUSIM = FileElement<OPTUSIMFile>
  /// PE-GSM-ACCESS: DF.GSM-ACCESS of the ADF.USIM.
  public typealias GSMACCESS = FileElement<GSMACCESSFile>
  /// PE-DF-5GS: DF.5GS of the ADF.USIM.
  public typealias DF5GS = FileElement<DF5GSFile>
  /// PE-DF-SAIP: DF.SAIP of the ADF.USIM.
  public typealias DFSAIP = FileElement<DFSAIPFile>
  /// PE-DF-SNPN: DF.SNPN of the ADF.USIM.
  public typealias DFSNPN = FileElement<DFSNPNFile>
  /// PE-DF-5GPROSE: DF.5G_ProSe of the ADF.USIM.
  public typealias DF5GPROSE = FileElement<DF5GPROSEFile>
}
