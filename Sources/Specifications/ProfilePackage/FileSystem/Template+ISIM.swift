/// The templates of an ISIM and of DF.EAP (Annex A, §9.6 and §9.8).
extension Template {
  /// ADF.ISIM and its mandatory files (§9.6.1).
  static let isim = Template(
    ["2.8"], ISIMFile.self,
    [
      .adfISIM: .adf(arr: 14),
      .efIMPI: .transparent(0x6F02, nil, arr: 2, sfi: 0x02),
      .efIMPU: .linear(0x6F04, 1, nil, arr: 2, sfi: 0x04),
      .efDomain: .transparent(0x6F03, nil, arr: 2, sfi: 0x05),
      .efIST: .transparent(0x6F07, 14, arr: 2, sfi: 0x07),
      .efAD: .transparent(0x6FAD, 3, arr: 10, sfi: 0x03, "00.."),
      .efARR: .linear(0x6F06, nil, nil, arr: 10, sfi: 0x06),
    ])

  /// Optional files of an ADF.ISIM (§9.6.2); version 2 added files.
  static let optISIM = Template(
    ["2.9", "2.9.2"], OPTISIMFile.self,
    [
      .efPCSCF: .linear(0x6F09, 1, nil, arr: 2),
      .efSMS: .linear(0x6F3C, 10, 176, arr: 5, "00FF.."),
      .efSMSP: .linear(0x6F42, 1, 38, arr: 5, "FF.."),
      .efSMSS: .transparent(0x6F43, 2, arr: 5, "FF.."),
      .efSMSR: .linear(0x6F47, 10, 30, arr: 5, "00FF.."),
      .efGBABP: .transparent(0x6FD5, nil, arr: 5, "FF.."),
      .efGBANL: .linear(0x6FD7, nil, nil, arr: 2, "FF.."),
      .efNAFKCA: .linear(0x6FDD, nil, nil, arr: 2, "FF.."),
      .efUICCIARI: .linear(0x6FE7, nil, nil, arr: 2),
      .efFromPreferred: .transparent(0x6FF7, 1, arr: 2, "00"),
      .efIMSConfigData: .berTLV(0x6FF8, arr: 2),
      .efXCAPConfigData: .berTLV(0x6FFC, arr: 2),
      .efWebRTCURI: .linear(0x6FFA, nil, nil, arr: 2),
      .efMuDMiDConfigData: .berTLV(0x6FFE, arr: 2),
    ])

  /// DF.EAP (§9.8): the package names the directory.
  static let eap = Template(
    ["2.12"], EAPFile.self,
    [
      .dfEAP: .df(nil, arr: 14),
      .efEAPKEYS: .transparent(0x4F01, nil, arr: 2, nil, .highUpdate),
      .efEAPSTATUS: .transparent(0x4F02, 1, arr: 2, "00", .highUpdate),
      .efPUID: .transparent(0x4F03, nil, arr: 2),
      .efPS: .transparent(0x4F04, nil, arr: 5, "FF..", .highUpdate),
      .efCURID: .transparent(0x4F20, nil, arr: 5, "FF..", .highUpdate),
      .efREID: .transparent(0x4F21, nil, arr: 5),
      .efRealm: .transparent(0x4F22, nil, arr: 5),
    ])
}
