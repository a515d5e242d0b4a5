import ArgumentParser
import Bytes
import Foundation
import Identifiers
import LPA
import ProfileMove
import SGP22

extension LPACommand {
  /// `simurgh lpa move`: a device's part in the move of a profile.
  struct Move: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take part in the move of a profile to another device, or begin one on the old device.",
      discussion: """
        With a ticket it does this device's part until the move is over: asks for consent and for the code that the \
        operator has sent, downloads or deletes the profile, and tells how things stand. With --to it begins the move of \
        this device's enabled profile and shows the new device's ticket. Broken off at any point, the same command goes on.

        Example: simurgh lpa move --to 89044045930000000000001637560076 --operator localhost:8456
        """)
    @OptionGroup var options: LPAOptions
    @OptionGroup var mobileOperator: MoveOperator
    @Flag(name: .shortAndLong, help: "Consent without being asked.") var yes = false
    @Argument(help: "This device's ticket.") var ticket: String?
    @Option(help: "Begin a move to the device with this EID.") var to: String?
    @Option(help: "The profile that is to move; the enabled one if it is left out.") var iccid: String?
    @Option(help: "The code that the operator has sent to the subscriber.") var code: String?
    @Option(help: "Seconds to wait for the other device and for the operator, at least 1.") var patience: Count = 3600
    @Flag(help: "Print JSON when the move is over.") var json = false

    func validate() throws {
      guard (ticket == nil) != (to == nil) else {
        throw ValidationError("Give either this device's ticket, or --to with the new device's EID.")
      }
      guard iccid == nil || to != nil else { throw ValidationError("--iccid goes with --to.") }
    }

    func run() throws {
      try Complaint.reporting {
        let line = try mobileOperator.line(options.site.site)
        let ticket = try self.ticket ?? begin(line)
        let part = MovePart(
          ticket: ticket, line: line, options: options, consents: yes,
          code: code.map { Secret(Array($0.utf8)) }, isQuiet: json)
        let status = try part.play(until: Date(timeIntervalSinceNow: TimeInterval(patience.number)))
        if json { try Output.json(MoveReport(status)) }
        guard status.state == "moved" else { throw ExitCode(Complaint.Kind.refused.rawValue) }
      }
    }

    /// Steps 605 and 610: the old device asks for the move.
    private func begin(_ line: MoveLine) throws -> String {
      let new = try MoveCommand.eid(to ?? "", "--to")
      let wanted = try iccid.map { text in try Complaint.naming("--iccid") { try ICCID(text) } }
      let isdr = try options.isdr()
      let old = try isdr.eid()
      guard old != new else { throw Complaint(.data, "--to is this device's own EID.") }
      let profiles = try isdr.profiles()
      let profile = profiles.first { wanted == nil ? $0.profileState == .enabled : $0.iccid == wanted }
      guard let iccid = profile?.iccid else {
        throw Complaint(
          .noInput,
          wanted.map { "There is no profile \($0) on this device." } ?? "No profile is enabled on this device.",
          remedy: "See: simurgh lpa list")
      }
      isdr.close()
      let answer = try line.start(iccid, from: old, to: new, isOldAtHand: true, at: options.site.site)
      // Where the result is JSON, this is said beside it.
      let words = "on the new device: simurgh lpa move \(answer.newTicket)"
      if json { Complaint.note(words) } else { print(words) }
      fflush(nil)
      return answer.oldTicket
    }
  }
}

/// What a device does for a move, again and again, until it is over: the operator says what is wanted of its profile.
struct MovePart {
  /// The move is not over, or not everybody knows everything.
  private struct Pending: Error {}

  let ticket: String
  let line: MoveLine
  let options: LPAOptions
  let consents: Bool
  let code: Secret?
  let isQuiet: Bool

  /// Does the device's part; returns how the move ended.
  func play(until end: Date) throws -> MoveStatus.Response {
    var said = ""
    func say(_ text: String) {
      guard text != said else { return }
      said = text
      if isQuiet { Complaint.note(text) } else { print(text) }
      fflush(nil)
    }
    var (hasGivenCode, hasAnswered) = (false, false)
    while true {
      var sentence = said
      do {
        let status = try line.ask(MoveStatus.self, .init(ticket: ticket))
        (sentence, hasAnswered) = (status.sentence, true)
        say(sentence)
        if status.state == "AuthenticatePerson", !hasGivenCode { hasGivenCode = try giveCode() }
        guard try obey(status), status.isOver else { throw Pending() }
        if status.wish == .deleted { say("The profile is deleted on this device.") }
        return status
      } catch is Pending {
      } catch let complaint as Complaint where complaint.kind != .unavailable {
        throw complaint
      } catch {
        // An operator that nobody has heard is perhaps a slip of the pen.
        guard hasAnswered else { throw error }
        // Nothing is lost: the operator knows how far things are, and the eUICC what it has.
        say("\(error) Another try follows.")
      }
      guard Date() < end else {
        throw Complaint(
          .temporary, "The move is not over yet: \(sentence)", remedy: "The same command goes on where it is.")
      }
      Thread.sleep(forTimeInterval: 1)
    }
  }

  /// Step 510: the code, if it is known here.
  private func giveCode() throws -> Bool {
    var given = code
    if given == nil, isatty(STDIN_FILENO) == 1,
      let text = getpass("The code (empty: it is entered on the other device): ")
    {
      given = Secret(Array(String(cString: text).utf8))
    }
    guard let given, !given.bytes.isEmpty else { return false }
    _ = try line.ask(MovePerson.self, .init(ticket: ticket, proof: .code(given)))
    return true
  }

  /// Does what is wanted of the profile; whether everything wanted is done and told.
  private func obey(_ status: MoveStatus.Response) throws -> Bool {
    if status.wish == .nothing { return true }
    if status.wish == .consent {
      try askPerson()
      return false
    }
    guard let iccid = status.iccid else { return true }
    let device = try options.device()
    let client = device.client(PersonAtTerminal.consenting(quiet: isQuiet))
    if let request = status.backupRequest {
      let answer = try device.isdr.call(BackUpProfile.self, BackUpProfile.Request(encoded: request))
      _ = try line.ask(MoveBackup.self, .init(ticket: ticket, answer: answer.encoded))
      return false
    }
    var state = try device.isdr.profiles().first { $0.iccid == iccid }?.profileState
    if status.wish == .install, state == nil, let text = status.activationCode {
      // Steps 550 to 560.
      _ = try LPACommand.Download.download(ActivationCode(text), device, client)
      state = .disabled
    }
    switch (status.wish, state) {
    case (.install, .disabled?), (.enabled, .disabled?): try device.isdr.enable(.iccid(iccid))
    case (.disabled, .enabled?): try device.isdr.disable(.iccid(iccid))
    case (.deleted, .enabled?):
      try device.isdr.disable(.iccid(iccid))
      try device.isdr.delete(.iccid(iccid))
    case (.deleted, .disabled?): try device.isdr.delete(.iccid(iccid))
    default: break
    }
    // The operator goes by what the eUICC has signed.
    return try LPACommand.Notifications.deliver(device, client, quiet: true).isComplete
  }

  private func askPerson() throws {
    var answer = consents
    if !consents {
      print("May the profile move to the other device? [yes/no] ", terminator: "")
      fflush(nil)
      guard let words = readLine() else {
        throw Complaint(.usage, "Nobody is there to answer.", remedy: "--yes consents beforehand.")
      }
      answer = ["yes", "y"].contains(words.lowercased())
    }
    _ = try line.ask(MoveConsent.self, .init(ticket: ticket, consents: answer))
  }
}
