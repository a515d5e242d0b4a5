/// Between the operator and the SM-DP+ (SGP.22 §5.3).
public enum ES2Plus {}
