import SGP22

extension Refusal {
  // SGP.02's codes have the form of SGP.22's. Those below are the SM-SR's.

  /// 8.1.1/3.3
  public static let eisRegistered = Refusal(
    "8.1.1", "3.3", "ES1: the eUICC is registered already", advice: "Nothing is to be done, if it was you.")
  /// 8.6/6.1
  public static let eisUnverified = Refusal(
    "8.6", "6.1", "ES1: the EIS or its keys are not signed by the eUICC's maker, or contradict each other",
    advice: "Sign the EIS with the key of the EUM certificate, and seal the keys to this SM-SR.")
  /// 8.1.1/3.9
  public static let eidUnknown = Refusal(
    "8.1.1", "3.9", "SGP.02: the eUICC is not managed here", advice: "Ask the directory which SM-SR manages it.")
  /// 8.2.1/3.9
  public static let profileUnknown = Refusal(
    "8.2.1", "3.9", "SGP.02: there is no such profile of yours on the eUICC", advice: "Check EID and ICCID.")
  /// 8.2.1/1.2
  public static let profileStateWrong = Refusal(
    "8.2.1", "1.2", "SGP.02: the profile's state does not allow this", advice: "Look at the profile's state: GetEIS.")
  /// 8.2.2/3.8
  public static let refusedByPOL1 = Refusal(
    "8.2.2", "3.8", "SGP.02: POL1, on the eUICC, does not allow this", advice: "Ask the profile's operator.")
  /// 8.2.3/3.8
  public static let refusedByPOL2 = Refusal(
    "8.2.3", "3.8", "SGP.02: POL2 does not allow this", advice: "Ask the profile's operator to change its rules.")
  /// 8.1/4.2
  public static let euiccNotExecuted = Refusal(
    "8.1", "4.2", "SGP.02: the eUICC did not execute the function",
    advice: "Look at the SM-SR's record for the eUICC's status word.")
  /// 8.1/5.3
  public static let answerLost = Refusal(
    "8.1", "5.3", "SGP.02: what the eUICC answered was lost", advice: "Look what stands on the eUICC, and begin again.")
  /// 8.3.1/1.2
  public static let smdpNotAuthorised = Refusal(
    "8.3.1", "1.2", "ES3: the profile's operator does not let the SM-DP do this",
    advice: "Have the operator authorise the SM-DP: ES4.SetPLMA.")
  /// 8.1.1/4.8
  public static let euiccFull = Refusal(
    "8.1.1", "4.8", "ES3: the eUICC has no room for the profile",
    advice: "Have a profile deleted, or build a smaller one.")
  /// 8.3.2/3.8
  public static let dataRefused = Refusal(
    "8.3.2", "3.8", "ES3: the data are not an SM-DP's for its ISD-P",
    advice: "Send certificate, key set and parameters of the ISD-P, or SCP03t's objects.")
  /// 1.2/4.4
  public static let functionUnderWay = Refusal(
    "1.2", "4.4", "SGP.02: a function for this eUICC is under way",
    advice: "Make the same call again, with the same identifier, to learn how it went.")
}

extension Refusal {
  // Those of a change of SM-SR (SGP.02 §3.8).

  /// 8.7/1.2
  public static let changeNotAllowed = Refusal(
    "8.7", "1.2", "SGP.02 §3.8: the change of SM-SR is not yours to ask for, or was not prepared",
    advice: "Have the operator of the profile in use ask, and prepare the change at the new SM-SR.")
  /// 8.7/3.8
  public static let managerRefused = Refusal(
    "8.7", "3.8", "SGP.02 §3.8: the SM-SR does not take over, or is not the one that was named",
    advice: "Ask the SM-SR for its reason; the eUICC stays where it is.")
}
