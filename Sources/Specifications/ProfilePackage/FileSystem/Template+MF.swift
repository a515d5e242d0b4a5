/// The templates below the MF (Annex A, §9.2 to §9.4).
extension Template {
  /// The MF (§9.2).
  static let mf = Template(
    ["2.1"], MFFile.self,
    [
      .mf: .mf(arr: 14),
      .efPL: .transparent(0x2F05, 2, arr: 1, sfi: 0x05, "FF.."),
      .efICCID: .transparent(0x2FE2, 10, arr: 11),
      .efDIR: .linear(0x2F00, nil, nil, arr: 10, sfi: 0x1E),
      .efARR: .linear(0x2F06, nil, nil, arr: 10),
      .efUMPC: .transparent(0x2F08, 5, arr: 10, sfi: 0x08),
    ])

  /// DF.CD (§9.3).
  static let cd = Template(
    ["2.2"], CDFile.self,
    [
      .dfCD: .df(0x7F11, arr: 14),
      .efLaunchpad: .transparent(0x6F01, nil, arr: 2),
      .efIcon: .transparent(0x6F40, last: 0x6F7E, nil, arr: 2),
    ])

  /// DF.TELECOM (§9.4); DF.MCS and DF.V2X came with version 2.
  static let telecom = Template(
    ["2.3", "2.3.2"], TELECOMFile.self,
    [
      .dfTELECOM: .df(0x7F10, arr: 14),
      .efARR: .linear(0x6F06, nil, nil, arr: 10),
      .efRMA: .linear(0x6F53, nil, nil, arr: 3),
      .efSUME: .transparent(0x6F54, 22, arr: 3),
      .efICEDN: .linear(0x6FE0, 50, 24, arr: 9, "FF.."),
      .efICEFF: .linear(0x6FE1, nil, nil, arr: 9, "FF.."),
      .efPSISMSC: .linear(0x6FE5, nil, nil, arr: 5),
      .dfGraphics: .df(0x5F50, arr: 14),
      .efIMG: .linear(0x4F20, nil, nil, arr: 2, "00FF.."),
      .efICEGraphics: .berTLV(0x4F21, arr: 9),
      .efLaunchSCWS: .transparent(0x4F01, nil, arr: 10),
      .efIIDF: .transparent(0x4F40, last: 0x4F7F, nil, arr: 2, "FF.."),
      .efIcon: .transparent(0x4F80, last: 0x4FBF, nil, arr: 10),
      .dfPhonebook: .df(0x5F3A, arr: 14),
      .efPBR: .linear(0x4F30, nil, nil, arr: 2),
      .efEXT1: .linear(0x4F38, last: 0x4F3F, nil, 13, arr: 5, "00FF.."),
      .efAAS: .linear(0x4F40, last: 0x4F47, nil, nil, arr: 5, "FF.."),
      .efGAS: .linear(0x4F48, last: 0x4F4F, nil, nil, arr: 5, "FF.."),
      .efPSC: .transparent(0x4F22, 4, arr: 5, "00.."),
      .efCC: .transparent(0x4F23, 2, arr: 5, "00..", .highUpdate),
      .efPUID: .transparent(0x4F24, 2, arr: 5, "00..", .highUpdate),
      .efIAP: .linear(0x4F50, last: 0x4F57, nil, nil, arr: 5, "FF.."),
      .efADN: .linear(0x4F58, last: 0x4F5F, nil, nil, arr: 5, "FF.."),
      .efPBC: .linear(0x4F60, last: 0x4F67, nil, 2, arr: 5, "00.."),
      .efANR: .linear(0x4F68, last: 0x4F6F, nil, nil, arr: 5, "FF.."),
      .efPURI: .linear(0x4F70, last: 0x4F77, nil, nil, arr: 5),
      .efEmail: .linear(0x4F78, last: 0x4F7F, nil, nil, arr: 5, "FF.."),
      .efSNE: .linear(0x4F80, last: 0x4F87, nil, nil, arr: 5, "FF.."),
      .efUID: .linear(0x4F88, last: 0x4F8F, nil, 2, arr: 5, "00.."),
      .efGRP: .linear(0x4F90, last: 0x4F97, nil, nil, arr: 5, "00.."),
      .efCCP1: .linear(0x4F98, last: 0x4F9F, nil, nil, arr: 5, "FF.."),
      .dfMultimedia: .df(0x5F3B, arr: 14),
      .efMML: .berTLV(0x4F47, arr: 5),
      .efMMDF: .berTLV(0x4F48, arr: 5),
      .dfMMSS: .df(0x5F3C, arr: 14),
      .efMLPL: .transparent(0x4F20, nil, arr: 2, sfi: 0x01),
      .efMSPL: .transparent(0x4F21, nil, arr: 2, sfi: 0x02),
      .efMMSSMODE: .transparent(0x4F22, 1, arr: 2, sfi: 0x03),
      .dfMCS: .df(0x5F3D, arr: 14),
      .efMST: .transparent(0x4F01, nil, arr: 2, sfi: 0x01),
      .efMCSConfig: .berTLV(0x4F02, arr: 2, sfi: 0x02),
      .dfV2X: .df(0x5F3E, arr: 14),
      .efVST: .transparent(0x4F01, nil, arr: 2, sfi: 0x01),
      .efV2XConfig: .berTLV(0x4F02, arr: 2, sfi: 0x02),
      .efV2XPPC5: .transparent(0x4F03, nil, arr: 2),
      .efV2XPUu: .transparent(0x4F04, nil, arr: 2),
    ])

  /// DF.PHONEBOOK of a USIM (§9.5.3).
  static let phonebook = Template(
    ["2.6"], PHONEBOOKFile.self,
    [
      .dfPhonebook: .df(0x5F3A, arr: 14),
      .efPBR: .linear(0x4F30, nil, nil, arr: 2),
      .efEXT1: .linear(0x4F38, last: 0x4F3F, nil, 13, arr: 5, "00FF.."),
      .efAAS: .linear(0x4F40, last: 0x4F47, nil, nil, arr: 5, "FF.."),
      .efGAS: .linear(0x4F48, last: 0x4F4F, nil, nil, arr: 5, "FF.."),
      .efPSC: .transparent(0x4F22, 4, arr: 5, "00.."),
      .efCC: .transparent(0x4F23, 2, arr: 5, "00..", .highUpdate),
      .efPUID: .transparent(0x4F24, 2, arr: 5, "00..", .highUpdate),
      .efIAP: .linear(0x4F50, last: 0x4F57, nil, nil, arr: 5, "FF.."),
      .efADN: .linear(0x4F58, last: 0x4F5F, nil, nil, arr: 5, "FF.."),
      .efPBC: .linear(0x4F60, last: 0x4F67, nil, 2, arr: 5, "00.."),
      .efANR: .linear(0x4F68, last: 0x4F6F, nil, nil, arr: 5, "FF.."),
      .efPURI: .linear(0x4F70, last: 0x4F77, nil, nil, arr: 5),
      .efEmail: .linear(0x4F78, last: 0x4F7F, nil, nil, arr: 5, "FF.."),
      .efSNE: .linear(0x4F80, last: 0x4F87, nil, nil, arr: 5, "FF.."),
      .efUID: .linear(0x4F88, last: 0x4F8F, nil, 2, arr: 5, "00.."),
      .efGRP: .linear(0x4F90, last: 0x4F97, nil, nil, arr: 5, "00.."),
      .efCCP1: .linear(0x4F98, last: 0x4F9F, nil, nil, arr: 5, "FF.."),
    ])
}
