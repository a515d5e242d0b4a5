import ArgumentParser
import Bytes
import Foundation
import Identifiers
import SGP02
import Store
import TransportHTTP

/// `simurgh mno`: an operator's connectivity management.
struct MNOCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mno", abstract: "Provision devices in the field as an operator, and change their operator.",
    discussion: """
      An order (provision) has the eUICC verified, the profile downloaded by the SM-DP through the SM-SR, and enabled; \
      `mno serve` carries it out. What is there may be enabled, disabled, deleted, its rules set and the eUICC asked. \
      Subscribers come from another operator by `mno change start`; whether they may go, the contract says that \
      `mno contract` enters. Customers, numbers and SIMs are the back office's: `simurgh operator`, `simurgh number`. \
      docs/remote-provisioning.md plays it all and explains mno.yaml.

      Example: simurgh mno status
      """,
    subcommands: [
      MNOServeCommand.self, MNOProvisionCommand.self, MNOStatusCommand.self, MNOEnableCommand.self,
      MNODisableCommand.self, MNODeleteCommand.self, MNOPolicyCommand.self, MNOAuditCommand.self,
      MNOContractCommand.self, MNOChangeCommand.self,
    ])
}

/// What all commands of the operator share.
struct MNOOptions: ParsableArguments {
  @OptionGroup var site: StoredSiteOptions
  @Flag(help: "Print JSON.") var json = false

  /// The operator, which must be there unless the command is one that begins it.
  func party(beginning: Bool = false) throws -> MNOParty { try MNOParty(site.site, beginning: beginning) }

  /// Prints `item` as JSON or as `text`.
  func show(_ item: some Encodable, _ text: @autoclosure () -> String) throws {
    if json { try Output.json(item) } else { print(text()) }
  }
}

/// `simurgh mno serve`: carries orders out, and answers other operators.
struct MNOServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Carry orders and changes of operator out, and answer other operators, until interrupted.",
    discussion: """
      Without a configuration it listens for other operators on 127.0.0.1:8455, with the certificate DPtls/mno. What a crash \
      interrupted goes on by itself.

      Example: simurgh mno serve --log mno.log
      """)

  @OptionGroup var site: StoredSiteOptions
  @Option(help: "Write every message, decoded, to this file; - is standard error.") var log: String?

  func run() async throws {
    try await Complaint.reporting {
      let site = site.site
      let party = try MNOParty(site, beginning: true)
      let listener = try party.listener(sink: try log.map { try LogFile($0) })
      try await ServerRun.untilInterrupted(
        "mno \(party.configuration.name)", listener, site: site, trust: party.trust
      ) { try party.workers() }
    }
  }
}

/// An act over several parties as people and scripts see it.
struct ActItem: Encodable {
  let state, step: String
  let tries: Int
  let waitsFor, cause, nextTry: String?

  init(_ act: Act) {
    (state, step, tries) = ("\(act.state)", act.step, act.attempts)
    (waitsFor, cause, nextTry) = (act.failure, act.undoCause, act.due?.description)
  }

  var text: String {
    cause.map { "\(state): \($0)" } ?? waitsFor.map { "\(state), \(step): \($0)" } ?? "\(state), \(step)"
  }
}

/// Waits for what others do, with a word to whoever looks on.
enum Patience {
  /// Asks until `isOver` says so, for `seconds` at most; whether it was over in time.
  static func wait(_ seconds: Int, _ name: String, isOver: () throws -> String?) throws -> Bool {
    let end = Date(timeIntervalSinceNow: Double(seconds))
    var told = ""
    while let state = try isOver() {
      guard Date() < end else { return false }
      if Output.isTerminal, state != told { print("\r\u{1B}[K  ⋯ \(name): \(state)", terminator: "") }
      fflush(nil)
      told = state
      Thread.sleep(forTimeInterval: 0.2)
    }
    if Output.isTerminal, !told.isEmpty { print("\r\u{1B}[K", terminator: "") }
    return true
  }
}
