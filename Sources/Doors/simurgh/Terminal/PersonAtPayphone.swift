import CardTerminal
import Foundation
import OfflineCard

/// The person at the keyboard, as at a public telephone: dials digits, presses * to register a PIN, and hangs up with an
/// empty line.
final class PersonAtPayphone: Person {
  func see(_ screen: Screen) { show(screen) }

  func answer(_ screen: Screen) -> Entry {
    show(screen)
    print("> ", terminator: "")
    fflush(nil)
    guard let line = readLine()?.filter({ !$0.isWhitespace }), !line.isEmpty else { return .leave }
    return line == "*" ? .register : .digits(line)
  }

  private func show(_ screen: Screen) {
    print("┃ \(screen.text)" + (screen.japaneseText.map { "  \($0)" } ?? ""))
  }
}

/// The telephone line of the sample: nobody is called, but time passes as fast as is wanted.
final class PayphoneLine: CallService.Line {
  private let seconds: Int
  private var talked = 0

  /// A line on which the user talks for so many seconds.
  init(talkFor seconds: Int) { self.seconds = seconds }

  func connect() -> Bool {
    print("┃ Connected.")
    return true
  }

  func talk(seconds interval: Int) -> Bool {
    talked += interval
    return talked < seconds
  }
}
