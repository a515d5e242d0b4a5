import ArgumentParser
import Bytes
import Foundation
import Identifiers
import SGP02
import SGP22
import Stations
import Transport

/// A call to the SM-SR that manages the eUICC, until it is answered.
struct ManagementCall: ParsableArguments {
  @OptionGroup var options: MNOOptions
  @Option(help: "Seconds that the eUICC's answer is waited for.") var patience: Count = 120

  /// Calls the first of the operator's SM-SRs that manages the eUICC. Each command is a call of its own; while the eUICC has
  /// not answered it is repeated under its name.
  func call<Function: ServerFunction>(
    _ function: Function.Type, _ request: Function.Request, _ name: String
  ) throws -> Function.Response {
    let party = try options.party()
    let client = try party.client()
    defer { client.close() }
    let identifier = SystemRandomSource.shared.bytes(16).hex
    var managers = party.configuration.managers.map(\.host)[...]
    var last = Refusal.eidUnknown
    var response: Function.Response?
    let isOver = try Patience.wait(patience.number, name) {
      guard let host = managers.first else { return nil }
      let calls = FunctionClient(link: client, host: host, requester: party.configuration.name)
      switch calls.call(function, request, identifier: identifier) {
      case .success(let answer):
        response = answer
        return nil
      case .refused(.eidUnknown):
        managers = managers.dropFirst()
        return "asking another SM-SR"
      case .refused(.functionUnderWay): return "the eUICC has not answered yet"
      case .refused(let refusal):
        last = refusal
        return nil
      case .unknown(let why): throw Complaint(.unavailable, "\(why).", remedy: "Start it with: simurgh sm-sr serve")
      }
    }
    if let response { return response }
    guard isOver else {
      throw Complaint(
        .temporary, "The eUICC has not answered in \(patience.number) seconds; the SM-SR goes on asking it.",
        remedy: "See later what came of it: simurgh mno audit EID")
    }
    throw last
  }
}

/// `simurgh mno enable`.
struct MNOEnableCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enable", abstract: "Enable a profile of the operator's (ES4.EnableProfile).",
    discussion: """
      The profile that was enabled is disabled; where the new one finds no network, the eUICC goes back by itself.

      Example: simurgh mno enable 89049032123451234512345678901235 8988211000000000018
      """)
  @OptionGroup var call: ManagementCall
  @OptionGroup var target: TargetArguments

  func run() throws {
    try Complaint.reporting {
      let target = try target.target()
      _ = try call.call(ES4.EnableProfile.self, target, "enable")
      try call.options.show(["iccid": target.iccid.digits, "state": "enabled"], "\(target.iccid) is enabled")
    }
  }
}

/// `simurgh mno disable`.
struct MNODisableCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "disable", abstract: "Disable a profile of the operator's (ES4.DisableProfile).",
    discussion: """
      The eUICC goes back to the profile with the fall-back attribute.

      Example: simurgh mno disable 89049032123451234512345678901235 8988211000000000018
      """)
  @OptionGroup var call: ManagementCall
  @OptionGroup var target: TargetArguments

  func run() throws {
    try Complaint.reporting {
      let target = try target.target()
      _ = try call.call(ES4.DisableProfile.self, target, "disable")
      try call.options.show(["iccid": target.iccid.digits, "state": "disabled"], "\(target.iccid) is disabled")
    }
  }
}

/// `simurgh mno delete`.
struct MNODeleteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Delete a disabled profile of the operator's (ES4.DeleteProfile).",
    discussion: "Example: simurgh mno delete 89049032123451234512345678901235 8988211000000000018")
  @OptionGroup var call: ManagementCall
  @OptionGroup var target: TargetArguments

  func run() throws {
    try Complaint.reporting {
      let target = try target.target()
      _ = try call.call(ES4.DeleteProfile.self, target, "delete")
      try call.options.show(["iccid": target.iccid.digits, "state": "deleted"], "\(target.iccid) is deleted")
    }
  }
}

/// `simurgh mno policy`.
struct MNOPolicyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "policy", abstract: "Set what the SM-SR allows with a profile (POL2, ES4.UpdatePolicyRules).",
    discussion: """
      What is not said is allowed.

      Example: simurgh mno policy 89049032123451234512345678901235 8988211000000000018 --keep-enabled
      """)
  @OptionGroup var call: ManagementCall
  @OptionGroup var target: TargetArguments
  @Flag(help: "It must not be disabled.") var keepEnabled = false
  @Flag(help: "It must not be enabled.") var keepDisabled = false
  @Flag(help: "It must not be deleted.") var keep = false
  @Flag(help: "It is deleted when it is disabled.") var deleteWhenDisabled = false

  func run() throws {
    try Complaint.reporting {
      let target = try target.target()
      var rules: POL2 = []
      if keepEnabled { rules.insert(.disablingNotAllowed) }
      if keepDisabled { rules.insert(.enablingNotAllowed) }
      if keep { rules.insert(.deletionNotAllowed) }
      if deleteWhenDisabled { rules.insert(.deletedWhenDisabled) }
      _ = try call.call(ES4.UpdatePolicyRules.self, .init(target: target, pol2: rules), "policy")
      try call.options.show(["iccid": target.iccid.digits], "the rules of \(target.iccid) are set")
    }
  }
}

/// `simurgh mno audit`.
struct MNOAuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Ask an eUICC what is on it, and show the operator's profiles (ES4.AuditEIS).",
    discussion: """
      With --books the SM-SR's books are shown as they are (ES4.GetEIS).

      Example: simurgh mno audit 89049032123451234512345678901235
      """)
  @OptionGroup var call: ManagementCall
  @Argument(help: "The EID.") var eid: String
  @Flag(help: "Do not ask the eUICC.") var books = false

  func run() throws {
    try Complaint.reporting {
      let eid = try Complaint.naming("the EID") { try EID(self.eid) }
      let answer =
        try books
        ? call.call(ES4.GetEIS.self, .init(eid: eid), "books") : call.call(ES4.AuditEIS.self, .init(eid: eid), "audit")
      try EISReport(answer.eis, of: eid).print(json: call.options.json)
    }
  }
}
