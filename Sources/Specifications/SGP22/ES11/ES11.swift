/// Between the device and the SM-DS (SGP.22 §5.8).
///
/// SGP.22 §6.5.2: its functions stand at the paths of ES9+; the server that is called tells which interface is meant.
public enum ES11 {
  /// SGP.22 §5.8.1: as on ES9+, with the SM-DS in the SM-DP+'s place.
  public enum InitiateAuthentication: ServerFunction {
    public static let path = ES9Plus.InitiateAuthentication.path
    public typealias Request = ES9Plus.InitiateAuthentication.Request
    public typealias Response = ES9Plus.InitiateAuthentication.Response
  }
}
