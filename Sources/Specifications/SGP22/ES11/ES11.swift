/// Between the device and the SM-DS (SGP.22 §5.8).
public enum ES11 {
  /// SGP.22 §5.8.1: as on ES9+, with the SM-DS in the SM-DP+'s place.
  public enum InitiateAuthentication: ServerFunction {
    public static let path = "/gsma/rsp2/es11/initiateAuthentication"
    public typealias Request = ES9Plus.InitiateAuthentication.Request
    public typealias Response = ES9Plus.InitiateAuthentication.Response
  }
}
