/// Between the device and the SM-DP+ (SGP.22 §5.6).
public enum ES9Plus {}
