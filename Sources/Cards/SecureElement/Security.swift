import UICC

/// Which PINs are verified since the card got power (ETSI TS 102 221 §9.4).
///
/// Verification holds on all channels: global PINs until reset, an application's own until its last session ends.
struct Security {
  struct Key: Hashable {
    let owner: FileNumber
    let reference: PINReference
  }

  private var verified: Set<Key> = []

  mutating func setVerified(_ reference: PINReference, of owner: FileNumber, _ isVerified: Bool) {
    let key = Key(owner: owner, reference: reference)
    if isVerified { verified.insert(key) } else { verified.remove(key) }
  }

  /// The last session of `application` ended: its local PINs count as not verified.
  mutating func endSession(of application: FileNumber, in tree: FileTree) {
    verified = verified.filter { !$0.reference.isLocal || tree.application(of: $0.owner) != application }
  }

  /// Whether `reference` is verified, or need not be, for someone in `directory`.
  func isSatisfied(_ reference: PINReference, in directory: FileNumber, of files: FileSystem) -> Bool {
    guard let owner = files.owner(of: reference, from: directory), let pin = files.pin(reference, of: owner) else {
      return false
    }
    if pin.isEnabled { return verified.contains(Key(owner: owner, reference: reference)) }
    // §9.5.1: the universal PIN may stand in for a disabled application PIN.
    guard pin.isReplacedByUniversal, let other = files.owner(of: .universal, from: directory),
      let universal = files.pin(.universal, of: other), universal.isEnabled
    else { return true }
    return verified.contains(Key(owner: other, reference: .universal))
  }

  /// Whether `condition` holds for someone in `directory`.
  func holds(_ condition: AccessRule.Condition, in directory: FileNumber, of files: FileSystem) -> Bool {
    switch condition {
    case .always: true
    case .never: false
    case .pin(let reference): isSatisfied(reference, in: directory, of: files)
    case .any(let list): list.contains { holds($0, in: directory, of: files) }
    case .all(let list): list.allSatisfy { holds($0, in: directory, of: files) }
    }
  }

  /// Whether the file's access rule allows `operation` (§9.2).
  func allows(_ operation: AccessRule.Operation, on file: FileNumber, of files: FileSystem) -> Bool {
    // ISO/IEC 7816-4 §5.3.3.2: in creation and initialisation the security attributes do not hold.
    switch files.lifeCycle(of: file) {
    case .creation, .initialisation: return true
    case .notGiven, .deactivated, .activated, .terminated: break
    }
    let directory = files.tree.directories(from: file).first ?? .mf
    guard let rule = files.accessRule(of: file) else { return false }
    return holds(rule.condition(for: operation), in: directory, of: files)
  }
}

extension FileSystem {
  /// The rule that governs `file`; nil where there is none that can be read, so that nothing is allowed.
  func accessRule(of file: FileNumber) -> AccessRule? {
    switch tree[file].parameters.security {
    case .expanded(let bytes): return try? AccessRule(bytes)
    case .referenced(let reference):
      // The record that a package leaves to the context: 2F06 for MF, ADFs and files under the MF, else 6F06.
      let node = tree[file]
      let isUpper = node.parent == .mf && (!node.isDirectory || node.aid != nil || file == .mf)
      let name = reference.file ?? (isUpper ? .accessRules : .localAccessRules)
      // §9.2.6: environment 01 while the application PIN is enabled, 00 while it is disabled.
      let environment: UInt8 = owner(of: .pin1, from: .mf).flatMap { pin(.pin1, of: $0) }?.isEnabled == true ? 1 : 0
      guard let record = reference.record(in: environment), record > 0 else { return nil }
      // §9.2.7: EF.ARR is looked for in the file's directory and in those above.
      for directory in tree.directories(from: file) {
        guard let arr = tree.child(name, of: directory), tree[arr].recordLength > 0 else { continue }
        let (content, length) = (content(of: arr), tree[arr].recordLength)
        let start = (Int(record) - 1) * length
        guard start + length <= content.count else { return nil }
        return try? AccessRule(content[start..<start + length])
      }
      return nil
    case .compact, nil: return nil
    }
  }
}
