// swift-tools-version:6.2
// Simurgh: the life of a SIM, an eSIM or a secure element. ARCHITECTURE.md tells what each room is for.

import Foundation
import PackageDescription

let settings: [SwiftSetting] = [.enableUpcomingFeature("ExistentialAny")]

// MARK: The rooms, lowest first. Imports go down only; Tests/Tidy holds the code to this table.

let rooms: [Target] = [
  room("Encoding/Bytes"),
  room("Encoding/Identifiers", ["Bytes"]),
  room("Encoding/TLV", ["Bytes", "Identifiers"]),
  room("Encoding/APDU", ["Bytes"]),
  room("Encoding/JSON", ["Bytes"]),

  system("COpenSSL", package: "libssl-dev", pkgConfig: "libcrypto"),
  system("CPNG", package: "libpng-dev", pkgConfig: "libpng"),
  system("CQREncode", package: "libqrencode-dev", pkgConfig: "libqrencode"),
  system("CSQLite", package: "libsqlite3-dev", pkgConfig: "sqlite3"),
  system("CPQ", package: "libpq-dev", pkgConfig: "libpq"),
  system("CResolv", package: "libc6-dev", pkgConfig: nil),
  // Without pkg-config, whose -pthread SwiftPM warns about.
  system("CPCSC", package: "libpcsclite-dev", pkgConfig: nil),

  room("Encoding/QRCode", ["CQREncode", "CPNG"]),
  room("Encoding/Tables", [.yaml, .csv]),

  room("Trust/Keys", ["Bytes", "COpenSSL", .crypto]),
  room("Trust/CircleOfTrust", ["Bytes", "Identifiers", "TLV", "Keys"]),
  room("Trust/CircleFiles", ["Bytes", "Identifiers", "TLV", "Keys", "CircleOfTrust"]),
  room("Trust/SecureMessages", ["Bytes", "Identifiers", "TLV", "Keys"]),
  room("Trust/SecureChannel", ["Bytes", "Identifiers", "TLV", "APDU", "Keys"]),
  room("Trust/NetworkAccess", ["Bytes", "Identifiers", "Keys", .crypto]),

  room("Specifications/UICC", ["Bytes", "Identifiers", "TLV", "APDU"]),
  room("Specifications/ProfilePackage", ["Bytes", "Identifiers", "TLV", "UICC"]),
  room("Specifications/SGP22", ["Bytes", "Identifiers", "TLV", "JSON", "CircleOfTrust", "Keys"]),

  room("Specifications/OperatorChange", ["Bytes", "Identifiers", "TLV", "JSON", "SecureMessages", "SGP22"]),
  room(
    "Specifications/AddressLookup",
    ["Bytes", "Identifiers", "TLV", "JSON", "Keys", "CircleOfTrust", "SecureMessages", "SGP22"]),
  room("Specifications/HandsetRegistration", ["Bytes", "Identifiers", "TLV", "APDU", "Keys", "SecureMessages"]),
  room("Specifications/GlobalPlatform", ["Bytes", "Identifiers", "TLV", "APDU", "Keys", "UICC"]),
  room(
    "Specifications/SGP02",
    [
      "Bytes", "Identifiers", "TLV", "JSON", "APDU", "Keys", "CircleOfTrust", "SecureMessages", "SGP22",
      "GlobalPlatform",
    ]),
  room(
    "Specifications/ProfileMove",
    [
      "Bytes", "Identifiers", "TLV", "JSON", "Keys", "CircleOfTrust", "SecureMessages", "ProfilePackage", "UICC",
      "SGP22",
    ]),
  room("Specifications/GSUP", ["Bytes", "Identifiers"]),
  room("Specifications/OfflineCard", ["Bytes", "Identifiers", "TLV", "APDU", "Keys", "SecureMessages"]),
  room(
    "Specifications/MutualAgreement", ["Bytes", "Identifiers", "TLV", "Keys", "GlobalPlatform", "SecureMessages"]),

  room("Store/Store", ["Bytes", "Identifiers"]),
  room("Store/StoreSQLite", ["Bytes", "Store", "CSQLite"]),
  room("Store/StorePostgreSQL", ["Bytes", "Store", "CPQ"]),

  room("Transport/Transport", ["Bytes", "TLV", "APDU", "JSON"]),
  room("Transport/TransportCard", ["Bytes", "APDU", "JSON", "Transport", "CPCSC"]),
  room(
    "Transport/TransportHTTP",
    [
      "Bytes", "Identifiers", "Keys", "CircleOfTrust", "Transport", .httpClient, .nioHTTP1,
    ] + .nio),

  room("Transport/TransportSocket", ["Bytes", "Transport"] + .nio),
  room("Transport/TransportDNS", ["Transport", "CResolv"]),
  room("Transport/Stations", ["Bytes", "Identifiers", "TLV", "JSON", "Keys", "SGP22", "Store", "Transport"]),

  room("Cards/SecureElement", ["Bytes", "Identifiers", "TLV", "APDU", "Keys", "UICC", .crypto]),
  room(
    "Cards/USIM",
    [
      "Bytes", "Identifiers", "TLV", "APDU", "Keys", "NetworkAccess", "UICC", "ProfilePackage", "SecureElement",
    ]),
  room(
    "Cards/ProfileInterpreter",
    ["Bytes", "Identifiers", "TLV", "APDU", "Keys", "UICC", "ProfilePackage", "GlobalPlatform", "SecureElement"]),
  room(
    "Cards/EUICC",
    [
      "Bytes", "Identifiers", "TLV", "APDU", "Keys", "CircleOfTrust", "SecureChannel", "UICC", "ProfilePackage",
      "SGP22", "SecureElement", "SecureMessages", "ProfileMove",
    ]),

  room(
    "Cards/ManagedEUICC",
    [
      "Bytes", "Identifiers", "TLV", "APDU", "Keys", "SecureChannel", "UICC", "ProfilePackage", "SGP02",
      "SecureElement",
      "ProfileInterpreter",
    ]),
  room(
    "Cards/IdentityModule",
    [
      "Bytes", "Identifiers", "TLV", "APDU", "Keys", "SecureMessages", "HandsetRegistration", "SecureElement",
    ]),
  room(
    "Cards/BatchModule",
    [
      "Bytes", "Identifiers", "TLV", "APDU", "Keys", "SecureMessages", "HandsetRegistration", "SecureElement",
    ]),
  room(
    "Cards/PaymentCard",
    [
      "Bytes", "Identifiers", "TLV", "APDU", "Keys", "SecureMessages", "SecureChannel", "OfflineCard", "SecureElement",
    ]),
  room(
    "Cards/SecurityDomains",
    [
      "Bytes", "Identifiers", "TLV", "APDU", "Keys", "SecureChannel", "UICC", "GlobalPlatform", "SecureElement",
    ]),

  room(
    "Operator/AuC",
    ["Bytes", "Identifiers", "JSON", "Keys", "NetworkAccess", "GSUP", "Store", "Transport", "TransportSocket"]),
  room(
    "Operator/Charging",
    ["Bytes", "Identifiers", "TLV", "Keys", "CircleOfTrust", "SecureMessages", "OfflineCard", "Store", "Transport"]),
  room("Operator/CustomerManagement", ["Bytes", "Identifiers", "JSON", "Store", "Transport"]),
  room(
    "Operator/DeviceChange",
    ["Bytes", "Identifiers", "Keys", "SGP22", "ProfileMove", "Stations", "Store", "Transport"]),
  room("Operator/OrderDesk", ["Bytes", "Identifiers", "Keys", "SGP22", "Stations", "Store", "TLV", "Transport"]),

  room(
    "Servers/ProfileFactory",
    [
      "Bytes", "Identifiers", "TLV", "Keys", "CircleOfTrust", "SecureChannel", "ProfilePackage", "SGP22", "Store",
      "SecureMessages", "UICC", "ProfileMove",
    ]),
  room(
    "Servers/MutualAuthentication",
    ["Bytes", "Identifiers", "TLV", "Keys", "CircleOfTrust", "SGP22", "Store", "Stations"]),
  room(
    "Servers/SMDPPlus",
    [
      "Bytes", "Identifiers", "TLV", "Keys", "CircleOfTrust", "SecureChannel", "ProfilePackage", "SGP22", "Store",
      "ProfileFactory", "Stations", "MutualAuthentication", "Transport", "JSON", .log,
    ]),

  room(
    "Servers/SMDS",
    [
      "Bytes", "Identifiers", "TLV", "Keys", "CircleOfTrust", "SGP22", "Store", "Stations", "MutualAuthentication",
      "Transport",
    ]),

  room(
    "Servers/AddressDirectory",
    [
      "Bytes", "Identifiers", "TLV", "Keys", "CircleOfTrust", "SecureMessages", "SGP22", "AddressLookup", "Store",
      "Stations", "MutualAuthentication", "Transport",
    ]),

  room(
    "Servers/SMDP",
    [
      "Bytes", "Identifiers", "TLV", "APDU", "Keys", "CircleOfTrust", "SGP02", "SGP22", "Store", "ProfileFactory",
      "Stations", "MutualAuthentication", "Transport",
    ]),

  room(
    "Operator/ConnectivityManagement",
    [
      "Bytes", "Identifiers", "CircleOfTrust", "SGP02", "SGP22", "Stations", "Store", "Transport",
      "MutualAuthentication",
    ]),

  room(
    "Servers/SMSR",
    [
      "Bytes", "Identifiers", "TLV", "APDU", "Keys", "CircleOfTrust", "SecureMessages", "SecureChannel", "SGP02",
      "SGP22", "JSON", "AddressLookup", "UICC",
      "Store", "Stations", "MutualAuthentication", "Transport", "TransportDNS",
    ]),

  room(
    "Operator/SubscriberTransfer",
    [
      "Bytes", "Identifiers", "TLV", "Keys", "CircleOfTrust", "SecureMessages", "SGP02", "SGP22", "OperatorChange",
      "Store",
      "Stations", "MutualAuthentication", "Transport",
    ]),

  room(
    "Servers/CardIssuer",
    ["Bytes", "Identifiers", "APDU", "Keys", "SecureMessages", "OfflineCard", "Store", "Transport"]),

  room(
    "Terminals/CardTerminal",
    [
      "Bytes", "Identifiers", "TLV", "APDU", "Keys", "SecureMessages", "SecureChannel", "OfflineCard", "Transport",
      "Store",
    ]),
  room(
    "Servers/CarrierTerminal",
    ["Bytes", "Identifiers", "TLV", "Keys", "SecureMessages", "HandsetRegistration", "Store", "Transport"]),

  room(
    "Servers/ContentManagement",
    [
      "Bytes", "Identifiers", "TLV", "APDU", "Keys", "SecureMessages", "SecureChannel", "GlobalPlatform",
      "MutualAgreement", "Store", "Transport",
    ]),
  room(
    "Servers/CertificateIssuer",
    ["Bytes", "Identifiers", "Keys", "SecureMessages", "MutualAgreement", "ContentManagement", "Store"]),
  room(
    "Servers/DataRegistrar",
    [
      "Bytes", "Identifiers", "TLV", "Keys", "SecureMessages", "GlobalPlatform", "MutualAgreement",
      "ContentManagement", "Store",
    ]),
  room(
    "Servers/IssuingApparatus",
    [
      "Bytes", "Identifiers", "TLV", "APDU", "Keys", "SecureMessages", "SecureChannel", "GlobalPlatform",
      "MutualAgreement", "ContentManagement", "Store",
    ]),
  room(
    "Servers/DataProvidingApparatus",
    [
      "Bytes", "Identifiers", "TLV", "APDU", "Keys", "SecureMessages", "SecureChannel", "GlobalPlatform",
      "MutualAgreement", "ContentManagement", "Store",
    ]),

  room(
    "Terminals/DealerTerminal", ["Bytes", "Identifiers", "APDU", "SecureMessages", "HandsetRegistration", "Transport"]),
  room(
    "Terminals/UserApparatus",
    [
      "Bytes", "Identifiers", "TLV", "APDU", "Keys", "SecureMessages", "GlobalPlatform", "MutualAgreement", "Store",
      "Transport",
    ]),
  room(
    "Terminals/RegistrationDevice",
    ["Bytes", "Identifiers", "TLV", "APDU", "Keys", "SecureMessages", "HandsetRegistration", "Transport"]),
  room(
    "Terminals/Handset",
    [
      "Bytes", "Identifiers", "TLV", "APDU", "Keys", "SecureMessages", "HandsetRegistration", "RegistrationDevice",
      "Transport",
    ]),
  room(
    "Terminals/RegistrationTerminal",
    [
      "Bytes", "Identifiers", "APDU", "Keys", "SecureMessages", "HandsetRegistration", "RegistrationDevice", "Store",
      "Transport",
    ]),
  room(
    "Terminals/CardManagement",
    ["Bytes", "Identifiers", "APDU", "Keys", "SecureChannel", "GlobalPlatform", "Transport"]),
  room("Terminals/Modem", ["Bytes", "TLV", "APDU", "UICC", "Transport"]),
  room(
    "Terminals/LPA",
    ["Bytes", "Identifiers", "TLV", "APDU", "Keys", "CircleOfTrust", "SGP22", "Transport"]),

  room(
    "Doors/World",
    [
      "Bytes", "Identifiers", "TLV", "APDU", "JSON", "Keys", "CircleOfTrust", "SGP22", "ProfilePackage", "Store",
      "StoreSQLite", "Transport", "TransportCard", "SecureElement", "EUICC", "ManagedEUICC", "SGP02", "PaymentCard",
      "ProfileInterpreter",
      "ProfileMove", "ProfileFactory", "SecurityDomains", "SecureChannel", "GlobalPlatform", "UICC",
      "USIM", "AuC", "CustomerManagement", "OrderDesk", "DeviceChange", "Stations", "MutualAuthentication", "SMDPPlus",
      "SMDS", "LPA",
      "SecureMessages",
      "HandsetRegistration", "IdentityModule", "CarrierTerminal", "RegistrationDevice", "Handset",
      "RegistrationTerminal", "BatchModule", "DealerTerminal",
      "MutualAgreement", "ContentManagement", "CertificateIssuer", "DataRegistrar", "IssuingApparatus",
      "DataProvidingApparatus", "UserApparatus",
      "OfflineCard", "CardIssuer", "CardTerminal", "Charging", "OperatorChange", "SubscriberTransfer",
      "SMSR", "SMDP", "Modem", "ConnectivityManagement", "AddressDirectory", "AddressLookup",
    ]),
  door(
    "simurgh", at: "Sources/Doors/simurgh",
    [
      "Bytes", "Identifiers", "TLV", "APDU", "JSON", "QRCode", "Keys", "CircleOfTrust", "CircleFiles", "ProfilePackage",
      "SGP22", "Store", "StoreSQLite", "StorePostgreSQL",
      "Transport", "TransportCard", "TransportHTTP", "TransportSocket", "SecureElement", "EUICC", "NetworkAccess",
      "AuC", "Stations", "MutualAuthentication", "CustomerManagement", "OrderDesk", "DeviceChange", "ProfileMove",
      "SMDPPlus",
      "SMDS", "LPA", "World", "HandsetRegistration", "RegistrationDevice", "RegistrationTerminal", "Handset",
      "BatchModule", "DealerTerminal", "IdentityModule",
      "SecureMessages", "OfflineCard",
      "CardIssuer", "CarrierTerminal",
      "CardTerminal", "Charging", "CardManagement", "GlobalPlatform",
      "SecurityDomains", "MutualAgreement", "ContentManagement", "CertificateIssuer", "DataRegistrar",
      "IssuingApparatus", "DataProvidingApparatus", "UserApparatus", "SecureChannel", "Tables", "UICC", "SGP02",
      "ManagedEUICC", "AddressDirectory", "SMSR", "SMDP", "ConnectivityManagement", "SubscriberTransfer",
      "OperatorChange",
      .arguments, .yaml,
    ]),
  door(
    "bench", at: "Bench",
    [
      "Bytes", "Identifiers", "TLV", "APDU", "Keys", "CircleOfTrust", "SecureChannel", "ProfilePackage", "SGP22",
      "Store", "StoreSQLite", "Transport", "TransportCard", "TransportHTTP", "SecureElement", "ProfileFactory",
      "Stations", "SMDPPlus", "LPA", "World", "GSUP", "AuC", "TransportSocket", "SecureMessages", "OfflineCard",
      "CardIssuer", "CardTerminal", "Charging", "HandsetRegistration", "RegistrationDevice",
      "Handset",
      "CarrierTerminal",
      "CustomerManagement", "OrderDesk", "DeviceChange", "ProfileMove", "GlobalPlatform", "SecurityDomains",
      "CardManagement", "UICC",
      "MutualAgreement", "UserApparatus",
      "IssuingApparatus", "DataProvidingApparatus",
    ]),
  room(
    "Doors/FuzzTargets",
    [
      "Bytes", "Identifiers", "TLV", "APDU", "JSON", "Keys", "CircleOfTrust", "SecureChannel", "UICC",
      "ProfilePackage", "SGP22", "Store", "StoreSQLite", "SecureElement", "SecureMessages", "HandsetRegistration",
      "IdentityModule", "ManagedEUICC", "SGP02", "CarrierTerminal",
      "CustomerManagement", "USIM", "ProfileInterpreter", "Stations", "SMDPPlus", "OfflineCard", "CardIssuer",
      "CardTerminal", "TransportCard", "GlobalPlatform", "MutualAgreement", "SecurityDomains", "World",
      "AuC", "GSUP", "OrderDesk", "Tables",
    ]),
]

let tests: [Target] = [
  support("TestSupport", ["Bytes", "Identifiers", "TLV", "Keys", "CircleOfTrust", "ProfilePackage"]),
  test("Encoding/Bytes"), test("Encoding/Identifiers"), test("Encoding/TLV"), test("Encoding/APDU"),
  test("Encoding/JSON"), test("Encoding/QRCode"), test("Encoding/Tables"),
  test("Trust/Keys"), test("Trust/CircleOfTrust", ["TestPrograms", .x509]), test("Trust/CircleFiles"),
  test("Trust/SecureChannel"),
  test("Trust/SecureMessages"),
  test("Trust/NetworkAccess"),
  test("Specifications/UICC"), test("Specifications/ProfilePackage"), test("Specifications/SGP22"),
  .target(
    name: "TestStores", dependencies: ["Bytes", "Store", "StoreSQLite", "StorePostgreSQL"],
    path: "Tests/Store/TestStores", swiftSettings: settings),
  test("Specifications/HandsetRegistration"), test("Specifications/OfflineCard"), test("Specifications/GSUP"),
  test("Specifications/GlobalPlatform"), test("Specifications/SGP02"), test("Specifications/MutualAgreement", ["APDU"]),
  test("Specifications/ProfileMove"),
  test("Store/Store"), test("Store/StoreSQLite", ["TestStores"]),
  test("Store/StorePostgreSQL", ["TestStores"]),
  .testTarget(
    name: "StoreContract", dependencies: ["Bytes", "Identifiers", "Store", "TestStores"], path: "Tests/StoreContract",
    swiftSettings: settings),
  test("Transport/Transport", ["World"]), test("Transport/TransportCard", ["World"]),
  test("Transport/TransportHTTP", ["TLV"]),
  test("Transport/TransportSocket"),
  .target(
    name: "TestScheme",
    dependencies: [
      "Bytes", "Identifiers", "Keys", "SecureMessages", "OfflineCard", "SecureElement", "PaymentCard", "CardIssuer",
      "CardTerminal", "Transport", "TransportCard",
    ], path: "Tests/Cards/TestScheme", swiftSettings: settings),
  test("Cards/PaymentCard", ["TestScheme", "CardIssuer", "CardTerminal", "Transport"]), test("Cards/SecureElement"),
  test("Cards/USIM"), test("Cards/ProfileInterpreter", ["USIM"]),
  test("Cards/EUICC", ["JSON", "World", "ProfileFactory", "LPA", "Transport"]), test("Cards/ManagedEUICC"),
  test("Cards/IdentityModule", ["TransportCard", "Transport", "RegistrationDevice", "Handset"]),
  test("Cards/SecurityDomains"),
  test("Operator/AuC", ["TestStores", "StoreSQLite"]),
  test(
    "Operator/Charging",
    [
      "TestStores", "TestScheme", "TestPrograms", "StoreSQLite", "SecureElement", "CardTerminal", "CardIssuer",
      "TransportHTTP",
    ]),
  test("Operator/CustomerManagement", ["TestStores", "TransportHTTP", "CircleFiles", "CircleOfTrust", "Keys", "TLV"]),

  test("Operator/ConnectivityManagement", ["TestStores", "Keys"]),
  test("Operator/SubscriberTransfer", ["TestStores", "World"]),
  test("Specifications/OperatorChange"),
  test("Operator/DeviceChange", ["TestStores", "JSON", "AuC", "World"]),
  test(
    "Operator/OrderDesk",
    [
      "TestStores", "SMDPPlus", "ProfileFactory", "CustomerManagement", "CircleOfTrust", "World", "AuC",
      "StoreSQLite",
    ]),
  test("Servers/CardIssuer", ["TestStores", "TestScheme", "SecureElement", "CardTerminal"]),
  test("Servers/ProfileFactory"), test("Servers/SMDPPlus", ["TestStores", "World"]),
  test(
    "Servers/SMDS",
    [
      "StoreSQLite", "TestStores", "SMDPPlus", "ProfilePackage", "LPA", "SecureElement", "World", "TransportCard",
      "TransportHTTP",
    ]),

  test("Servers/SMDP", ["TestStores"]),
  test(
    "Servers/SMSR",
    [
      "TestStores", "GlobalPlatform", "ManagedEUICC", "SecureElement", "ProfilePackage", "AddressDirectory",
      "SubscriberTransfer", "OperatorChange",
    ]),
  test(
    "Servers/AddressDirectory",
    ["TestStores", "TestPrograms", "TransportHTTP", "TransportDNS", "StoreSQLite", "SMSR"]),
  test("Terminals/CardTerminal", ["TestScheme", "StoreSQLite", "SecureElement", "PaymentCard", "TransportCard"]),
  test(
    "Servers/CarrierTerminal",
    [
      "TestStores", "World", "RegistrationDevice", "Handset", "CustomerManagement", "AuC", "SecureElement",
      "TransportCard", "APDU", "IdentityModule",
    ]),
  test(
    "Terminals/DealerTerminal",
    [
      "TestStores", "StoreSQLite", "World", "RegistrationDevice", "Handset", "CarrierTerminal", "CustomerManagement",
      "AuC", "SecureElement", "TransportCard", "Keys",
    ]),
  test(
    "Terminals/RegistrationTerminal",
    [
      "TestStores", "StoreSQLite", "World", "Handset", "CarrierTerminal", "CustomerManagement", "SecureElement",
      "AuC", "IdentityModule", "TransportCard",
    ]),
  test("Terminals/Handset", ["TestStores", "World", "SecureElement", "TransportCard", "IdentityModule"]),
  test("Terminals/CardManagement", ["TestPrograms", "TransportCard", "SecureElement", "SecurityDomains", "World"]),
  test("Servers/IssuingApparatus", ["TestStores", "World", "DataProvidingApparatus", "UserApparatus", "Transport"]),
  test("Terminals/LPA", ["EUICC", "SecureElement", "UICC", "TransportCard", "TransportHTTP", "World"]),
  test("Doors/World"), test("Doors/FuzzTargets"),
  .testTarget(
    name: "Simulation",
    dependencies: [
      "Bytes", "Identifiers", "Keys", "MutualAgreement", "TestSupport", "World", "SMDPPlus", "SecureElement",
      "DeviceChange", "SGP02", "SubscriberTransfer",
    ],
    path: "Tests/Simulation",
    swiftSettings: settings),
  .testTarget(
    name: "Procedures", dependencies: ["HandsetRegistration", "Keys", "LPA", "MutualAgreement", "SGP22", "World"],
    path: "Tests/Procedures",
    exclude: ["Transcripts"],
    swiftSettings: settings),
  .target(
    name: "TestPrograms", dependencies: [.subprocess, .system], path: "Tests/Programs", swiftSettings: settings),
  // Runs the built program; links nothing of it but what starts a PostgreSQL.
  .testTarget(
    name: "CommandLineTests", dependencies: ["TestStores", "TestPrograms", "CSQLite", .yaml],
    path: "Tests/Doors/simurghTests",
    swiftSettings: settings),
  .testTarget(
    name: "Models", dependencies: ["TestPrograms"], path: "Tests/Models",
    exclude: ["UsageUpload.pml", "PINAndService.pml", "ProfileMove.pml"],
    swiftSettings: settings),
  .testTarget(name: "Tidy", path: "Tests/Tidy", swiftSettings: settings),
]

// MARK: The manifest's own words

extension Target.Dependency {
  static let crypto = product(name: "CryptoExtras", package: "swift-crypto")
  static let x509 = product(name: "X509", package: "swift-certificates")
  static let log = product(name: "Logging", package: "swift-log")
  static let arguments = product(name: "ArgumentParser", package: "swift-argument-parser")
  static let httpClient = product(name: "AsyncHTTPClient", package: "async-http-client")
  static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
  static let subprocess = product(name: "Subprocess", package: "swift-subprocess")
  static let system = product(name: "SystemPackage", package: "swift-system")
  static let yaml = product(name: "Yams", package: "Yams")
  static let csv = product(name: "SwiftCSV", package: "SwiftCSV")
}

extension [Target.Dependency] {
  static let nio: Self = [
    .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOSSL", package: "swift-nio-ssl"),
  ]
}

/// A room at `Sources/<place>`; the module is called after the last part of its place.
@MainActor func room(_ place: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(
    name: place.components(separatedBy: "/").last ?? place, dependencies: dependencies, path: "Sources/\(place)",
    swiftSettings: settings)
}

/// A program.
@MainActor func door(_ name: String, at path: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

/// What several rooms' tests share, at `Tests/Support`.
@MainActor func support(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, path: "Tests/Support", swiftSettings: settings)
}

/// The tests of a room, at `Tests/<place>Tests`; they may import what the room imports.
@MainActor func test(_ place: String, _ more: [Target.Dependency] = []) -> Target {
  let name = place.components(separatedBy: "/").last ?? place
  let subject = rooms.first { $0.name == name }
  return .testTarget(
    name: "\(name)Tests", dependencies: ["TestSupport", .byName(name: name)] + (subject?.dependencies ?? []) + more,
    path: "Tests/\(place)Tests", swiftSettings: settings)
}

/// A C library that Debian provides.
func system(_ name: String, package: String, pkgConfig: String?) -> Target {
  .systemLibrary(name: name, path: "Sources/System/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

let package = Package(
  name: "simurgh",
  products: [.library(name: "FuzzTargets", targets: ["FuzzTargets"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-crypto.git", exact: "4.5.2"),
    .package(url: "https://github.com/apple/swift-certificates.git", exact: "1.21.1"),
    .package(url: "https://github.com/apple/swift-log.git", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-argument-parser.git", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl.git", exact: "2.37.6"),
    .package(url: "https://github.com/swift-server/async-http-client.git", exact: "1.37.0"),
    .package(url: "https://github.com/jpsim/Yams.git", exact: "6.2.2"),
    .package(url: "https://github.com/swiftcsv/SwiftCSV.git", exact: "0.10.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess.git", exact: "1.0.2"),
    .package(url: "https://github.com/apple/swift-system.git", exact: "1.8.1"),
  ],
  targets: rooms + tests
)
