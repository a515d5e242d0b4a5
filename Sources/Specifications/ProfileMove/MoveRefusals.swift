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
}
