import TLV

/// What became of a proactive command: the data field of TERMINAL RESPONSE (ETSI TS 102 223 §6.8).
public struct TerminalResponse: Hashable, Sendable {
  /// The command's number, type and qualifier, as the terminal repeats them.
  public var number: UInt8
  public var kind: ProactiveCommand.Kind
  public var qualifier: UInt8
  /// The general result (§8.12): below 10 hex success, 20 to 2F try again, 30 and above no use in trying again.
  public var generalResult: UInt8
  /// What the terminal adds to the result.
  public var additionalInformation: [UInt8]
  /// The type's own data objects.
  public var objects: [ComprehensionTLV]

  /// An answer to `command`.
  public init(
    to command: ProactiveCommand, generalResult: UInt8 = 0x00, additionalInformation: [UInt8] = [],
    objects: [ComprehensionTLV] = []
  ) {
    (number, kind, qualifier) = (command.number, command.kind, command.qualifier)
    (self.generalResult, self.additionalInformation) = (generalResult, additionalInformation)
    self.objects = objects
  }

  /// The answer that `bytes` are.
  public init(_ bytes: some Collection<UInt8>) throws(TLVError) {
    var all = try ComprehensionTLV.list(bytes)
    func take(_ tag: UInt16) -> [UInt8]? {
      guard let index = all.firstIndex(where: { $0.tag == tag }) else { return nil }
      return all.remove(at: index).value
    }
    guard let details = take(0x01), details.count == 3, let result = take(0x03), let general = result.first else {
      throw .truncated
    }
    _ = take(0x02)
    (number, kind, qualifier) = (details[0], ProactiveCommand.Kind(rawValue: details[1]), details[2])
    (generalResult, additionalInformation, objects) = (general, Array(result.dropFirst()), all)
  }

  /// Whether the terminal did what it was told (§8.12: 0x).
  public var isSuccess: Bool { generalResult & 0xF0 == 0 }

  /// The data field.
  public var encoded: [UInt8] {
    let details = ComprehensionTLV(0x01, [number, kind.rawValue, qualifier])
    let devices = ComprehensionTLV(
      0x02, isRequired: false, [ProactiveCommand.Device.terminal.rawValue, ProactiveCommand.Device.uicc.rawValue])
    let result = ComprehensionTLV(0x03, isRequired: false, [generalResult] + additionalInformation)
    return ([details, devices, result] + objects).flatMap(\.encoded)
  }
}
