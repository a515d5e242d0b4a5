import Identifiers
import SGP22

/// Reads what a row says about the profile's description.
struct MetadataReader {
  private let reader: RowReader
  private let address: String
  private let file: (String) throws -> [UInt8]

  init(_ reader: RowReader, address: String, file: @escaping (String) throws -> [UInt8]) {
    (self.reader, self.address, self.file) = (reader, address, file)
  }

  /// The description of the profile `iccid`.
  func metadata(_ iccid: ICCID) throws(OrderImport.RowProblem) -> StoreMetadataRequest {
    var metadata = StoreMetadataRequest(
      iccid: iccid, serviceProviderName: try text("serviceProvider", atMost: 32) ?? "Simurgh",
      profileName: try text("profileName", atMost: 64) ?? "Profile \(iccid)")
    metadata.profileClass = try reader.optional("profileClass", wanted: "test, provisioning or operational") { word in
      ProfileClass.allCases.first { "\($0)" == word.lowercased() }
    }
    metadata.notificationConfigurationInfo = try notifications()
    metadata.profileOwner = try owner()
    metadata.profilePolicyRules = try rules()
    // SGP.22 §5.5.3: profileOwner SHALL be present if profilePolicyRules is present.
    if metadata.profilePolicyRules != nil, metadata.profileOwner == nil {
      throw .init("plmn", "a profile with policy rules needs its operator")
    }
    try readIcon(&metadata)
    return metadata
  }

  private func text(_ name: String, atMost limit: Int) throws(OrderImport.RowProblem) -> String? {
    try reader.optional(name, wanted: "a text of at most \(limit) characters") { text in
      text.unicodeScalars.count <= limit ? text : nil
    }
  }

  /// Without a value, every event is told to the server itself.
  private func notifications() throws(OrderImport.RowProblem) -> [NotificationConfigurationInformation]? {
    let names: [String: NotificationEvent] = [
      "install": .notificationInstall, "enable": .notificationEnable, "disable": .notificationDisable,
      "delete": .notificationDelete,
    ]
    let words = reader.words("notifications")
    if words == ["none"] { return nil }
    var events: [NotificationEvent] = words.isEmpty ? NotificationEvent.allCases : []
    for word in words {
      guard let event = names[word] else {
        throw .init("notifications", "install, enable, disable, delete or none are wanted, not \"\(word)\"")
      }
      events.append(event)
    }
    return events.map {
      NotificationConfigurationInformation(profileManagementOperation: [$0], notificationAddress: address)
    }
  }

  private func owner() throws(OrderImport.RowProblem) -> OperatorID? {
    let gid1 = try reader.optional("gid1") { try [UInt8](hex: $0) }
    let gid2 = try reader.optional("gid2") { try [UInt8](hex: $0) }
    guard let plmn = try reader.optional("plmn", { try PLMN($0) }) else {
      // SGP.22 §5.5.3: mccMnc is not OPTIONAL in OperatorId.
      guard gid1 == nil, gid2 == nil else { throw .init("plmn", "gid1 and gid2 need it") }
      return nil
    }
    return OperatorID(plmn, gid1: gid1, gid2: gid2)
  }

  private func rules() throws(OrderImport.RowProblem) -> PprIds? {
    var rules: [ProfilePolicyRule] = []
    for word in reader.words("policyRules") {
      guard let rule = ["ppr1": ProfilePolicyRule.ppr1, "ppr2": .ppr2][word] else {
        throw .init("policyRules", "ppr1 or ppr2 is wanted, not \"\(word)\"")
      }
      rules.append(rule)
    }
    return rules.isEmpty ? nil : PprIds(rules)
  }

  private func readIcon(_ metadata: inout StoreMetadataRequest) throws(OrderImport.RowProblem) {
    guard let path = reader["icon"] else { return }
    let bytes: [UInt8]
    do { bytes = try file(path) } catch { throw .init("icon", "\(path) cannot be read: \(error)") }
    // SGP.22 §5.5.3: icon OCTET STRING (SIZE(0..1024))
    guard bytes.count <= 1024 else { throw .init("icon", "\(path) has more than 1024 bytes") }
    metadata.iconType = bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) ? .png : .jpg
    guard metadata.iconType == .png || bytes.starts(with: [0xFF, 0xD8]) else {
      throw .init("icon", "\(path) is neither PNG nor JPEG")
    }
    metadata.icon = bytes
  }
}
