import ArgumentParser
import Bytes
import Foundation
import LPA
import SGP22

/// Answers that a person gives beforehand.
struct ConsentOptions: ParsableArguments {
  @Flag(name: .shortAndLong, help: "Consent without being asked.") var yes = false
  @Option(help: "The confirmation code.") var confirmationCode: String?

  /// The person; a quiet one leaves standard output to JSON.
  func person(quiet: Bool) -> PersonAtTerminal {
    PersonAtTerminal(consents: yes, confirmationCode: confirmationCode, isQuiet: quiet)
  }
}

/// The person at the keyboard.
final class PersonAtTerminal: Person {
  private let consents: Bool
  private let confirmationCode: String?
  private let isQuiet: Bool
  private let bar = ProgressBar(name: "download")

  /// Somebody who agrees to everything; a quiet one is shown nothing.
  static func consenting(quiet: Bool) -> PersonAtTerminal {
    PersonAtTerminal(consents: true, confirmationCode: nil, isQuiet: quiet)
  }

  init(consents: Bool, confirmationCode: String?, isQuiet: Bool = false) {
    (self.consents, self.confirmationCode, self.isQuiet) = (consents, confirmationCode, isQuiet)
  }

  func decide(_ question: Question) -> Decision {
    let metadata = question.metadata
    if case .handingOn(let message) = question.purpose { return decide(handingOn: metadata, message, question) }
    tell("\(metadata.serviceProviderName) offers \"\(metadata.profileName)\" (ICCID \(metadata.iccid)).\n")
    // SGP.22 §2.9.2.4: what the policy rules forbid must be told before the person agrees.
    for rule in question.policyRules {
      tell(
        rule == .ppr1
          ? "Its operator does not allow it to be disabled: once enabled, no other profile can be used.\n"
          : "Its operator does not allow it to be deleted: once installed, it stays.\n")
    }
    if !consents {
      tell("Download it? [yes/no/later] ")
      switch readLine()?.lowercased() {
      case "yes", "y": break
      case "later", "l": return .postpone
      case nil:
        tell("\nNobody is there to answer; --yes consents beforehand.\n")
        return .timeout
      default: return .reject
      }
      // SGP.22 §2.9.2.4: where the RAT asks for consent, each rule is agreed to by itself.
      for rule in question.rulesToConsentTo {
        tell("Do you agree that it cannot be \(rule == .ppr1 ? "disabled" : "deleted")? [yes/no] ")
        guard let answer = readLine() else { return .timeout }
        guard ["yes", "y"].contains(answer.lowercased()) else { return .reject }
      }
    }
    return accept(question)
  }

  /// Consent, with the confirmation code where one is wanted.
  private func accept(_ question: Question) -> Decision {
    guard question.confirmationCodeRequired else { return .accept(confirmationCode: nil) }
    if let confirmationCode { return .accept(confirmationCode: Secret(Array(confirmationCode.utf8))) }
    guard isatty(STDIN_FILENO) == 1, let code = getpass("Confirmation code: ") else {
      tell("The operator wants a confirmation code; give it with --confirmation-code.\n")
      return .timeout
    }
    return .accept(confirmationCode: Secret(Array(String(cString: code).utf8)))
  }

  private func decide(
    handingOn metadata: StoreMetadataRequest, _ message: String?, _ question: Question
  ) -> Decision {
    if let message { tell("\(metadata.serviceProviderName) says: \(message)\n") }
    if !consents {
      tell("Hand \"\(metadata.profileName)\" (ICCID \(metadata.iccid)) on to the other device? [yes/no] ")
      guard let answer = readLine() else { return .timeout }
      guard ["yes", "y"].contains(answer.lowercased()) else { return .reject }
    }
    return accept(question)
  }

  func see(_ progress: LPA.Progress) { if !isQuiet { bar.show(progress.done, of: progress.total) } }

  private func tell(_ text: String) {
    if isQuiet {
      // Who has agreed beforehand, and wants no words, gets none.
      if !consents { FileHandle.standardError.write(Data(text.utf8)) }
      return
    }
    print(text, terminator: "")
    fflush(nil)
  }
}

/// Somebody who wants a download later: the session ends on both sides, and the order stays open.
final class PostponingPerson: Person {
  func decide(_ question: Question) -> Decision { .postpone }
  func see(_ progress: LPA.Progress) {}
}
