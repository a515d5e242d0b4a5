/// Between the device and the ISD-R: local profile management (SGP.22 §5.7).
public enum ES10c {}
