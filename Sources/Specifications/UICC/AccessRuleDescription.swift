import Bytes

extension AccessRule {
  /// The PINs and administrative keys that the rule asks for.
  public var references: Set<PINReference> {
    entries.reduce(into: []) { found, entry in for condition in entry.conditions { condition.collect(&found) } }
  }
}

extension AccessRule.Condition {
  fileprivate func collect(_ found: inout Set<PINReference>) {
    switch self {
    case .always, .never: break
    case .pin(let reference): found.insert(reference)
    case .any(let list), .all(let list): for condition in list { condition.collect(&found) }
    }
  }
}

/// "read always; update PIN 01; activate, deactivate PIN 0A": the operations of an EF.
extension AccessRule: CustomStringConvertible {
  public var description: String {
    entries.map { entry in
      let conditions =
        entry.conditions.isEmpty ? "never" : entry.conditions.map(\.description).joined(separator: " or ")
      return "\(entry.mode) \(conditions)"
    }.joined(separator: "; ")
  }
}

extension AccessRule.Mode: CustomStringConvertible {
  var description: String {
    switch self {
    case .instructions(let list):
      return list.map { $0 == 0x32 ? "increase" : $0 == 0xD4 ? "resize" : "INS \([$0].hex)" }.joined(separator: ", ")
    case .bits(let bits):
      let names = ["read", "update", "create", "deactivate", "activate", "terminate", "delete"]
      return names.indices.filter { bits >> UInt8($0) & 1 != 0 }.map { names[$0] }.joined(separator: ", ")
    }
  }
}

extension AccessRule.Condition: CustomStringConvertible {
  public var description: String {
    switch self {
    case .always: "always"
    case .never: "never"
    case .pin(let reference): "\(reference.isAdministrative ? "ADM" : "PIN") \(reference)"
    case .any(let list): list.map(\.description).joined(separator: " or ")
    case .all(let list): list.map(\.description).joined(separator: " and ")
    }
  }
}
