/// Between the device and the ISD-R: authentication, download, notifications (SGP.22 §5.7).
public enum ES10b {}
