import SGP22

extension Refusal {
  // The directory's own refusals, in codes of SGP.02's form: 8.1.1 is the EID.

  /// 8.1.1/3.9
  public static let addressUnknown = Refusal(
    "8.1.1", "3.9", "directory: no server is registered for this eUICC and service",
    advice: "Check the EID; ask whoever sold the device which server manages it.")
  /// 8.1.1/3.3
  public static let addressTaken = Refusal(
    "8.1.1", "3.3", "directory: another server is registered for this eUICC and service",
    advice: "Let the server that is registered hand the address over first.")
  /// 8.1.1/3.8
  public static let providersSeveral = Refusal(
    "8.1.1", "3.8", "directory: several operators have a provider for this eUICC", advice: "Name the operator.")
  /// 1.1/1.3
  public static let addressForeign = Refusal(
    "1.1", "1.3", "directory: the requester's certificate does not allow this address or service",
    advice: "Register a host name that stands in your certificate, for a service of your role.")
}
