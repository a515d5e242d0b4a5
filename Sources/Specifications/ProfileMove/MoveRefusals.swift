import SGP22

extension Refusal {
  // The move's own refusals, in codes of SGP.22's form: 8.20, which SGP.22 does not use, is the move.

  /// 8.20.1/3.9
  public static let moveUnknown = Refusal(
    "8.20.1", "3.9", "move: no move is known by this ticket", advice: "Scan the code of the move again.")
  /// 8.20.1/3.3
  public static let moveNotAsked = Refusal(
    "8.20.1", "3.3", "move: this is not asked for now", advice: "Look at the state of the move.")
  /// 8.20.2/3.8
  public static let movePersonRefused = Refusal(
    "8.20.2", "3.8", "move: the code is not the one that was sent",
    advice: "Enter the newest code; after three wrong ones the move ends.")
  /// 8.20.3/3.9
  public static let moveProfileUnknown = Refusal(
    "8.20.3", "3.9", "move: no subscriber has this profile in use", advice: "Ask the operator whose profile it is.")
  /// 8.20.1/1.2
  public static let moveUnderWay = Refusal(
    "8.20.1", "1.2", "move: the profile is on its way already, for somebody else",
    advice: "Cancel that move first, or ask the operator.")
  /// 8.20.1/3.10
  public static let moveOver = Refusal(
    "8.20.1", "3.10", "move: it has come too far to be cancelled", advice: "Look at its state.")

  /// All of them, with their words: over the wire go only codes.
  public static let moves = [
    moveUnknown, moveNotAsked, movePersonRefused, moveProfileUnknown, moveUnderWay, moveOver,
  ]
}
