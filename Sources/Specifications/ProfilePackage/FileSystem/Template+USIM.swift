/// The templates of a USIM (Annex A, §9.5).
extension Template {
  /// ADF.USIM and its mandatory files (§9.5.1); version 2 has a longer service table.
  static let usim = Template(
    ["2.4", "2.4.2"], USIMFile.self,
    [
      .adfUSIM: .adf(arr: 14),
      .efIMSI: .transparent(0x6F07, 9, arr: 2, sfi: 0x07),
      .efARR: .linear(0x6F06, nil, nil, arr: 10, sfi: 0x17),
      .efKeys: .transparent(0x6F08, 33, arr: 5, sfi: 0x08, "07FF..", .highUpdate),
      .efKeysPS: .transparent(0x6F09, 33, arr: 5, sfi: 0x09, "07FF..", .highUpdate),
      .efHPPLMN: .transparent(0x6F31, 1, arr: 2, sfi: 0x12, "0A"),
      .efUST: .transparent(0x6F38, 14, arr: 2, sfi: 0x04),
      .efFDN: .linear(0x6F3B, 20, 26, arr: 8, "FF.."),
      .efSMS: .linear(0x6F3C, 10, 176, arr: 5, "00FF.."),
      .efSMSP: .linear(0x6F42, 1, 38, arr: 5, "FF.."),
      .efSMSS: .transparent(0x6F43, 2, arr: 5, "FF.."),
      .efSPN: .transparent(0x6F46, 17, arr: 10),
      .efEST: .transparent(0x6F56, 1, arr: 8, sfi: 0x05),
      .efStartHFN: .transparent(0x6F5B, 6, arr: 5, sfi: 0x0F, "F00000F00000", .highUpdate),
      .efThreshold: .transparent(0x6F5C, 3, arr: 2, sfi: 0x10, "FF.."),
      .efPSLOCI: .transparent(0x6F73, 14, arr: 5, sfi: 0x0C, "FF..0000FF01", .highUpdate),
      .efACC: .transparent(0x6F78, 2, arr: 2, sfi: 0x06),
      .efFPLMN: .transparent(0x6F7B, 12, arr: 5, sfi: 0x0D, "FF.."),
      .efLOCI: .transparent(0x6F7E, 11, arr: 5, sfi: 0x0B, "FF..0000FF01", .highUpdate),
      .efAD: .transparent(0x6FAD, 4, arr: 10, sfi: 0x03, "00000002"),
      .efECC: .linear(0x6FB7, 1, 4, arr: 10, sfi: 0x01),
      .efNETPAR: .transparent(0x6FC4, 128, arr: 5, "FF..", .highUpdate),
      .efEPSLOCI: .transparent(0x6FE3, 18, arr: 5, sfi: 0x1E, "FF..000001", .highUpdate),
      .efEPSNSC: .linear(0x6FE4, 1, 80, arr: 5, sfi: 0x18, "FF..", .highUpdate),
    ],
    changes: ["2.4.2": [.efUST: .transparent(0x6F38, 17, arr: 2, sfi: 0x04)]])

  /// Optional files of an ADF.USIM (§9.5.2); versions 2 and 3 added files.
  static let optUSIM = Template(
    ["2.5", "2.5.2", "2.5.3"], OPTUSIMFile.self, optUSIMFiles.merging(newerUSIMFiles) { $1 })

  private static let optUSIMFiles: [OPTUSIMFile: FileTemplate] = [
    .efLI: .transparent(0x6F05, 6, arr: 1, sfi: 0x02, "FF.."),
    .efACMmax: .transparent(0x6F37, 3, arr: 5, "00.."),
    .efACM: .cyclic(0x6F39, 1, 3, arr: 7, "00..", .highUpdate),
    .efGID1: .transparent(0x6F3E, 8, arr: 2),
    .efGID2: .transparent(0x6F3F, 8, arr: 2),
    .efMSISDN: .linear(0x6F40, 1, 24, arr: 2, "FF.."),
    .efPUCT: .transparent(0x6F41, 5, arr: 5, "(FFFFFF0000)"),
    .efCBMI: .transparent(0x6F45, 10, arr: 5, "FF.."),
    .efCBMID: .transparent(0x6F48, 10, arr: 2, sfi: 0x0E, "FF.."),
    .efSDN: .linear(0x6F49, 10, 24, arr: 2, "FF.."),
    .efEXT2: .linear(0x6F4B, 10, 13, arr: 8, "00FF.."),
    .efEXT3: .linear(0x6F4C, 10, 13, arr: 2, "00FF.."),
    .efCBMIR: .transparent(0x6F50, 20, arr: 5, "FF.."),
    .efPLMNwAcT: .transparent(0x6F60, 40, arr: 5, sfi: 0x0A, "(FFFFFF0000)"),
    .efOPLMNwAcT: .transparent(0x6F61, 40, arr: 2, sfi: 0x11, "(FFFFFF0000)"),
    .efHPLMNwAcT: .transparent(0x6F62, 5, arr: 2, sfi: 0x13, "(FFFFFF0000)"),
    .efDCK: .transparent(0x6F2C, 16, arr: 5, "FF.."),
    .efCNL: .transparent(0x6F32, 30, arr: 2, "FF.."),
    .efSMSR: .linear(0x6F47, 10, 30, arr: 5, "00FF.."),
    .efBDN: .linear(0x6F4D, 10, 25, arr: 8, "FF.."),
    .efEXT5: .linear(0x6F4E, 10, 13, arr: 5, "00FF.."),
    .efCCP2: .linear(0x6F4F, 5, 15, arr: 5, sfi: 0x16, "FF.."),
    .efEXT4: .linear(0x6F55, 10, 13, arr: 8, "00FF.."),
    .efACL: .transparent(0x6F57, 101, arr: 8, "00FF.."),
    .efCMI: .linear(0x6F58, 10, 11, arr: 2, "FF.."),
    .efICI: .cyclic(0x6F80, 20, 38, arr: 5, sfi: 0x14, "FF..0000000001FFFF", .highUpdate),
    .efOCI: .cyclic(0x6F81, 20, 37, arr: 5, sfi: 0x15, "FF..00000001FFFF", .highUpdate),
    .efICT: .cyclic(0x6F82, 1, 3, arr: 7, "00..", .highUpdate),
    .efOCT: .cyclic(0x6F83, 1, 3, arr: 7, "00..", .highUpdate),
    .efVGCS: .transparent(0x6FB1, 20, arr: 2),
    .efVGCSS: .transparent(0x6FB2, 7, arr: 5),
    .efVBS: .transparent(0x6FB3, 20, arr: 2),
    .efVBSS: .transparent(0x6FB4, 7, arr: 5),
    .efEMLPP: .transparent(0x6FB5, 2, arr: 2),
    .efAAEM: .transparent(0x6FB6, 1, arr: 5, "00"),
    .efHiddenKey: .transparent(0x6FC3, 4, arr: 5, "FF.."),
    .efPNN: .linear(0x6FC5, 10, 16, arr: 10, sfi: 0x19),
    .efOPL: .linear(0x6FC6, 5, 8, arr: 10, sfi: 0x1A),
    .efMBDN: .linear(0x6FC7, 3, 24, arr: 5),
    .efEXT6: .linear(0x6FC8, 10, 13, arr: 5, "00FF.."),
    .efMBI: .linear(0x6FC9, 10, 5, arr: 5),
    .efMWIS: .linear(0x6FCA, 10, 6, arr: 5, "00..", .highUpdate),
    .efCFIS: .linear(0x6FCB, 10, 16, arr: 5, "0100FF.."),
    .efEXT7: .linear(0x6FCC, 10, 13, arr: 5, "00FF.."),
    .efSPDI: .transparent(0x6FCD, 17, arr: 2, sfi: 0x1B),
  ]

  private static let newerUSIMFiles: [OPTUSIMFile: FileTemplate] = [
    .efMMSN: .linear(0x6FCE, 10, 6, arr: 5, "000000FF.."),
    .efEXT8: .linear(0x6FCF, 10, 13, arr: 5, "00FF.."),
    .efMMSICP: .transparent(0x6FD0, 100, arr: 2, "FF.."),
    .efMMSUP: .linear(0x6FD1, nil, nil, arr: 5, "FF.."),
    .efMMSUCP: .transparent(0x6FD2, 100, arr: 5, "FF.."),
    .efNIA: .linear(0x6FD3, 5, 11, arr: 2, "FF.."),
    .efVGCSCA: .transparent(0x6FD4, nil, arr: 2, "00.."),
    .efVBSCA: .transparent(0x6FD5, nil, arr: 2, "00.."),
    .efGBABP: .transparent(0x6FD6, nil, arr: 5, "FF.."),
    .efMSK: .linear(0x6FD7, nil, nil, arr: 2, "FF..", .highUpdate),
    .efMUK: .linear(0x6FD8, nil, nil, arr: 2, "FF.."),
    .efEHPLMN: .transparent(0x6FD9, 15, arr: 2, sfi: 0x1D, "FF.."),
    .efGBANL: .linear(0x6FDA, nil, nil, arr: 2, "FF.."),
    .efEHPLMNPI: .transparent(0x6FDB, 1, arr: 2, "00"),
    .efLRPLMNSI: .transparent(0x6FDC, 1, arr: 2, "00"),
    .efNAFKCA: .linear(0x6FDD, nil, nil, arr: 2, "FF.."),
    .efSPNI: .transparent(0x6FDE, nil, arr: 10, "00FF.."),
    .efPNNI: .linear(0x6FDF, nil, nil, arr: 10, "00FF.."),
    .efNCPIP: .linear(0x6FE2, nil, nil, arr: 2),
    .efUFC: .transparent(0x6FE6, 30, arr: 10, "801E60C01E900080040000000000000000F0000000004000000000000080"),
    .efNASCONFIG: .transparent(0x6FE8, 18, arr: 2),
    .efUICCIARI: .linear(0x6FE7, nil, nil, arr: 2),
    .efPWS: .transparent(0x6FEC, nil, arr: 10),
    .efFDNURI: .linear(0x6FED, nil, nil, arr: 8, "FF.."),
    .efBDNURI: .linear(0x6FEE, nil, nil, arr: 8, "FF.."),
    .efSDNURI: .linear(0x6FEF, nil, nil, arr: 2, "FF.."),
    .efIAL: .linear(0x6FF0, nil, nil, arr: 3, "FF.."),
    .efIPS: .cyclic(0x6FF1, nil, 4, arr: 10, "FF..", .highUpdate),
    .efIPD: .linear(0x6FF2, nil, nil, arr: 3, "FF..", .highUpdate),
    .efEPDGID: .transparent(0x6FF3, nil, arr: 2),
    .efEPDGSelection: .transparent(0x6FF4, nil, arr: 2),
    .efEPDGIDEm: .transparent(0x6FF5, nil, arr: 2),
    .efEPDGSelectionEm: .transparent(0x6FF6, nil, arr: 2),
    .efFromPreferred: .transparent(0x6FF7, 1, arr: 2, "00"),
    .efIMSConfigData: .berTLV(0x6FF8, arr: 2),
    .ef3GPPPSDataOff: .transparent(0x6FF9, 4, arr: 2),
    .ef3GPPPSDataOffServiceList: .linear(0x6FFA, nil, nil, arr: 2),
    .efXCAPConfigData: .berTLV(0x6FFC, arr: 2),
    .efEARFCNList: .transparent(0x6FFD, nil, arr: 10),
    .efMuDMiDConfigData: .berTLV(0x6FFE, arr: 2),
    .efEAKA: .transparent(0x6F01, 1, arr: 3),
  ]

  /// DF.GSM-ACCESS (§9.5.4).
  static let gsmAccess = Template(
    ["2.7"], GSMACCESSFile.self,
    [
      .dfGSMAccess: .df(0x5F3B, arr: 14),
      .efKc: .transparent(0x4F20, 9, arr: 5, sfi: 0x01, "FF..07", .highUpdate),
      .efKcGPRS: .transparent(0x4F52, 9, arr: 5, sfi: 0x02, "FF..07", .highUpdate),
      .efCPBCCH: .transparent(0x4F63, 10, arr: 5, "FF..", .highUpdate),
      .efInvScan: .transparent(0x4F64, 1, arr: 2, "00"),
    ])

  /// DF.5GS (§9.5.11); versions 2 and 4 added files, version 3 lengthened the security contexts.
  static let df5GS = Template(
    ["2.13", "2.13.2", "2.13.3", "2.13.4"], DF5GSFile.self,
    [
      .df5GS: .df(0x5FC0, arr: 14),
      .ef5GS3GPPLOCI: .transparent(0x4F01, 20, arr: 5, sfi: 0x01, "FF..00000001", .highUpdate),
      .ef5GSN3GPPLOCI: .transparent(0x4F02, 20, arr: 5, sfi: 0x02, "FF..00000001", .highUpdate),
      .ef5GS3GPPNSC: .linear(0x4F03, 1, 57, arr: 5, sfi: 0x03, "FF..", .highUpdate),
      .ef5GSN3GPPNSC: .linear(0x4F04, 1, 57, arr: 5, sfi: 0x04, "FF..", .highUpdate),
      .ef5GAUTHKEYS: .transparent(0x4F05, 110, arr: 5, sfi: 0x05, nil, .highUpdate),
      .efUACAIC: .transparent(0x4F06, 4, arr: 2, sfi: 0x06),
      .efSUCICalcInfo: .transparent(0x4F07, nil, arr: 2, sfi: 0x07, "FF.."),
      .efOPL5G: .linear(0x4F08, nil, 10, arr: 10, sfi: 0x08, "FF.."),
      .efSUPINAI: .transparent(0x4F09, nil, arr: 2, sfi: 0x09),
      .efRoutingIndicator: .transparent(0x4F0A, 4, arr: 2, sfi: 0x0A, "F0FFFFFF"),
      .efURSP: .berTLV(0x4F0B, arr: 2),
      .efTN3GPPSNN: .transparent(0x4F0C, 1, arr: 2, sfi: 0x0C, "00"),
      .efCAG: .transparent(0x4F0D, 2, arr: 2, sfi: 0x0D),
      .efSORCMCI: .transparent(0x4F0E, nil, arr: 2, sfi: 0x0E),
      .efDRI: .transparent(0x4F0F, 7, arr: 2, sfi: 0x0F),
      .ef5GSEDRX: .transparent(0x4F10, 2, arr: 2, sfi: 0x10),
      .ef5GNSWOConf: .transparent(0x4F11, 1, arr: 2, sfi: 0x11),
      .efMCHPPLMN: .transparent(0x4F15, 1, arr: 2, sfi: 0x15),
      .efKAUSFDerivation: .transparent(0x4F16, 1, arr: 2, sfi: 0x16),
    ],
    changes: [
      "2.13.3": securityContexts,
      "2.13.4": securityContexts.merging(
        [.efRoutingIndicator: .transparent(0x4F0A, 4, arr: 2, sfi: 0x0A, "F0FF0000")]) { $1 },
    ])

  private static let securityContexts: [DF5GSFile: FileTemplate] = [
    .ef5GS3GPPNSC: .linear(0x4F03, 2, 62, arr: 5, sfi: 0x03, "FF..", .highUpdate),
    .ef5GSN3GPPNSC: .linear(0x4F04, 2, 62, arr: 5, sfi: 0x04, "FF..", .highUpdate),
  ]

  /// DF.SAIP (§9.5.12).
  static let dfSAIP = Template(
    ["2.14"], DFSAIPFile.self,
    [
      .dfSAIP: .df(0x5FD0, arr: 14),
      .efSUCICalcInfoUSIM: .transparent(0x4F01, nil, arr: 3, "FF.."),
    ])

  /// DF.SNPN (§9.5.13).
  static let dfSNPN = Template(
    ["2.15"], DFSNPNFile.self,
    [
      .dfSNPN: .df(0x5FE0, arr: 14),
      .efPWSSNPN: .transparent(0x4F01, 1, arr: 10),
    ])

  /// DF.5G_ProSe (§9.5.14).
  static let df5GProSe = Template(
    ["2.16"], DF5GPROSEFile.self,
    [
      .df5GProSe: .df(0x5FF0, arr: 14),
      .ef5GProSeST: .transparent(0x4F01, 1, arr: 2, sfi: 0x01),
      .ef5GProSeDD: .transparent(0x4F02, 26, arr: 2, sfi: 0x02),
      .ef5GProSeDC: .transparent(0x4F03, 12, arr: 2, sfi: 0x03),
      .ef5GProSeU2NRU: .transparent(0x4F04, 32, arr: 2, sfi: 0x04),
      .ef5GProSeRU: .transparent(0x4F05, 29, arr: 2, sfi: 0x05),
      .ef5GProSeUIR: .transparent(0x4F06, 32, arr: 2, sfi: 0x06),
    ])
}
