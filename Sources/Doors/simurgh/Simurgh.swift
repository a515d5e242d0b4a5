import ArgumentParser
import Foundation

/// The one program.
@main struct Simurgh: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simurgh", abstract: "The life of a SIM, an eSIM or a secure element.",
    discussion: """
      Begin with `simurgh lab`: it makes certificates, starts every party and takes an order to a working SIM. \
      All commands keep what they need in one directory (--dir, "lab" if it is left out). docs/commands.md tells \
      the exit statuses and how shells complete commands.

      Example: simurgh lab --once && simurgh lpa list
      """, version: "0.1.0",
    subcommands: [
      LabCommand.self, CACommand.self, SMDPPlusCommand.self, SMDSCommand.self, ProfileCommand.self, OrderCommand.self,
      CardCommand.self, SMSRCommand.self, SMDPCommand.self, DirectoryCommand.self, SMSCentreCommand.self,
      MNOCommand.self,
      LPACommand.self, AuCCommand.self, OperatorCommand.self, MoveCommand.self, NumberCommand.self,
      DealerCommand.self,
      CarrierTerminalCommand.self, RegistrationTerminalCommand.self,
      IssuerCommand.self, TerminalCommand.self, ChargingCommand.self, RegistrarCommand.self, ProviderCommand.self,
      UserCommand.self, DoctorCommand.self,
    ])

  /// As the library does it; a command line that is wrong is told in JSON too where that is wanted.
  static func main() async {
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      if Output.isJSONWanted, exitCode(for: error) == .validationFailure {
        Complaint(.usage, message(for: error)).printJSON()
      }
      // What was typed stands in the message.
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      FileHandle.standardError.write(Data("\(fullMessage(for: error).printable(lineBreaks: true))\n".utf8))
      exit(withError: exitCode(for: error))
    }
  }
}
