import UICC

/// EF.UST or EF.IST: a bit for each service, from number 1 in bit 1 of the first byte (TS 31.102 §4.2.8, TS 31.103
/// §4.2.7).
public struct ServiceTable: Hashable, Sendable {
  /// The table's bytes.
  public private(set) var bytes: [UInt8]

  /// The table in a file.
  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The shortest table in which the given services are available.
  public init(services: some Sequence<Int>) {
    bytes = []
    for service in services { set(service, true) }
  }

  /// Whether `service` is available.
  public func contains(_ service: Int) -> Bool {
    let place = (service - 1) / 8
    return service > 0 && bytes.indices.contains(place) && bytes[place] >> UInt8((service - 1) % 8) & 1 != 0
  }

  /// The available services' numbers.
  public var services: [Int] { bytes.isEmpty ? [] : (1...bytes.count * 8).filter(contains) }

  /// Makes a service available, or not.
  public mutating func set(_ service: Int, _ isAvailable: Bool) {
    guard service > 0 else { return }
    let (place, bit) = ((service - 1) / 8, UInt8(1) << UInt8((service - 1) % 8))
    while isAvailable, bytes.count <= place { bytes.append(0) }
    guard place < bytes.count else { return }
    bytes[place] = isAvailable ? bytes[place] | bit : bytes[place] & ~bit
  }

  /// A file that a service needs, by its path from the ADF.
  struct Need: Sendable {
    let name: String
    let path: [FileIdentifier]

    init(_ name: String, _ path: FileIdentifier...) { (self.name, self.path) = (name, path) }
  }

  /// The files without which a service of a USIM is none (TS 31.102 §4.2 and §4.4, "this file shall be present if …").
  static let usimNeeds: [(service: Int, files: [Need])] = [
    (2, [Need("EF.FDN", 0x6F3B)]), (4, [Need("EF.SDN", 0x6F49)]), (8, [Need("EF.OCI", 0x6F81)]),
    (9, [Need("EF.ICI", 0x6F80)]), (10, [Need("EF.SMS", 0x6F3C)]), (11, [Need("EF.SMSR", 0x6F47)]),
    (12, [Need("EF.SMSP", 0x6F42)]), (15, [Need("EF.CBMI", 0x6F45)]), (16, [Need("EF.CBMIR", 0x6F50)]),
    (17, [Need("EF.GID1", 0x6F3E)]), (18, [Need("EF.GID2", 0x6F3F)]), (19, [Need("EF.SPN", 0x6F46)]),
    (20, [Need("EF.PLMNwAcT", 0x6F60)]), (21, [Need("EF.MSISDN", 0x6F40)]),
    (27, [Need("DF.GSM-ACCESS", 0x5F3B), Need("EF.Kc", 0x5F3B, 0x4F20), Need("EF.KcGPRS", 0x5F3B, 0x4F52)]),
    (35, [Need("EF.ACL", 0x6F57)]), (36, [Need("EF.DCK", 0x6F2C)]), (37, [Need("EF.CNL", 0x6F32)]),
    (42, [Need("EF.OPLMNwAcT", 0x6F61)]), (43, [Need("EF.HPLMNwAcT", 0x6F62)]), (45, [Need("EF.PNN", 0x6FC5)]),
    (46, [Need("EF.OPL", 0x6FC6)]), (47, [Need("EF.MBDN", 0x6FC7), Need("EF.MBI", 0x6FC9)]),
    (48, [Need("EF.MWIS", 0x6FCA)]), (49, [Need("EF.CFIS", 0x6FCB)]), (51, [Need("EF.SPDI", 0x6FCD)]),
    (71, [Need("EF.EHPLMN", 0x6FD9)]), (74, [Need("EF.LRPLMNSI", 0x6FDC)]), (78, [Need("EF.SPNI", 0x6FDE)]),
    (85, [Need("EF.EPSLOCI", 0x6FE3), Need("EF.EPSNSC", 0x6FE4)]), (96, [Need("EF.NASCONFIG", 0x6FE8)]),
    (
      122,
      [
        Need("EF.5GS3GPPLOCI", 0x5FC0, 0x4F01), Need("EF.5GSN3GPPLOCI", 0x5FC0, 0x4F02),
        Need("EF.5GS3GPPNSC", 0x5FC0, 0x4F03), Need("EF.5GSN3GPPNSC", 0x5FC0, 0x4F04),
      ]
    ), (123, [Need("EF.5GAUTHKEYS", 0x5FC0, 0x4F05)]),
    (124, [Need("EF.Routing_Indicator", 0x5FC0, 0x4F0A)]), (126, [Need("EF.UAC_AIC", 0x5FC0, 0x4F06)]),
    (129, [Need("EF.OPL5G", 0x5FC0, 0x4F08)]), (130, [Need("EF.SUPI_NAI", 0x5FC0, 0x4F09)]),
    (132, [Need("EF.URSP", 0x5FC0, 0x4F0B)]), (135, [Need("EF.TN3GPPSNN", 0x5FC0, 0x4F0C)]),
  ]

  /// What a service of a USIM is called, for the services a person asks about.
  public static let usimNames: [Int: String] = [
    1: "local phone book", 2: "FDN", 10: "SMS", 12: "SMS parameters", 17: "GID1", 18: "GID2", 19: "SPN",
    20: "user PLMN selector", 21: "MSISDN", 26: "CB identifier ranges", 27: "GSM access", 28: "data by SMS-PP",
    32: "proactive UICC: RUN AT COMMAND", 33: "shall be 1", 34: "enabled services table", 35: "APN control list",
    38: "GSM security context", 42: "operator PLMN selector", 43: "HPLMN selector", 45: "PNN", 46: "OPL", 51: "SPDI",
    71: "EHPLMN", 73: "HPLMN direct access", 85: "EPS mobility management", 86: "call control on EPS",
    87: "call control on PDN", 95: "communication control for IMS", 122: "5GS mobility management",
    123: "5G security", 124: "SUCI support", 125: "SUCI by the USIM", 126: "UAC access identities",
    129: "5GS OPL", 130: "SUPI as NAI", 132: "URSP",
  ]
}
