/// Between the device and the ISD-R: addresses (SGP.22 §5.7).
public enum ES10a {}
