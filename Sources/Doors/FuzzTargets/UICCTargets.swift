import TLV
import UICC

extension FuzzTarget {
  /// FCP templates and what stands in their tags.
  static let fileControlParameters = FuzzTarget("fcp") { bytes in
    guard let parameters = try? FileControlParameters(encoded: bytes) else { return }
    let again = try? FileControlParameters(encoded: parameters.encoded)
    precondition(again == parameters, "file control parameters survive their own bytes")
  }

  /// Records of EF.ARR, and of EF.DIR, which are padded alike.
  static let accessRule = FuzzTarget("access-rule") { bytes in
    if let rule = try? AccessRule(bytes) {
      let operations: [AccessRule.Operation] = [.read, .update, .deactivate, .activate, .delete, .terminate]
      for operation in operations { _ = rule.condition(for: operation) }
    }
    guard let template = try? ApplicationTemplate(record: bytes) else { return }
    let again = try? ApplicationTemplate(encoded: template.encoded)
    precondition(again?.aid == template.aid, "an application template survives its own bytes")
  }

  /// The card application toolkit's messages in both directions.
  static let toolkit = FuzzTarget("toolkit") { bytes in
    if let list = try? ComprehensionTLV.list(bytes) {
      let again = try? ComprehensionTLV.list(list.flatMap(\.encoded))
      precondition(again == list, "data objects survive their own bytes")
    }
    if let response = try? TerminalResponse(bytes) {
      let again = try? TerminalResponse(response.encoded)
      precondition(again == response, "a terminal response survives its own bytes")
    }
    if let envelope = try? Envelope(bytes) {
      let again = try? Envelope(envelope.encoded)
      precondition(again == envelope, "an envelope survives its own bytes")
    }
    if let command = try? ProactiveCommand(encoded: bytes) {
      let again = try? ProactiveCommand(encoded: command.encoded)
      precondition(again == command, "a proactive command survives its own bytes")
    }
    _ = TerminalProfile(bytes).supports(byte: bytes.count + 1, bit: 8)
  }
}
