import Identifiers

/// The names that a site takes where nothing is configured.
enum LabNames {
  /// Name and port: the certificate's name is `localhost`, which every machine knows.
  static let smdpAddress = "localhost:8443"
  static let smdsAddress = "localhost:8445"
  /// Where the lab's SM-DS takes events from SM-DP+.
  static let smdsRegistrationPort = 8447
  static let smdsRegistrationAddress = "localhost:\(smdsRegistrationPort)"
  /// Where the lab's operator takes the SM-DP+'s reports.
  static let operatorCallbackPort = 8448
  /// Where the charging centre of payment cards takes uploads.
  static let chargingPort = 8449
  static let chargingAddress = "localhost:\(chargingPort)"
  /// Where the carrier's terminal takes dealers' registrations.
  static let carrierTerminalPort = 8450
  /// Where the operator takes what devices ask about profiles that move.
  static let movesPort = 8456
  /// 2.999 is the arc for examples (ITU-T X.660).
  static let smdpOid = "2.999.10"
  static let smdsOid = "2.999.20"
  /// The operator's name on ES2+, and its client certificate's.
  static let operatorName = "lab-operator"
  /// Where eUICCs of the lab tell their SM-SR: a number of the test network.
  static let smsrNumber = "+99900100"
  /// Remote provisioning: SM-SR, SM-DP, directory of addresses, short message centre, and operators among each other.
  static let smsrPort = 8451
  static let smsrAddress = "localhost:\(smsrPort)"
  static let smsrOid = "2.999.31"
  static let smsrCertificate = "SRtls/sm-sr"
  static let smdpPort = 8452
  static let smdpHost = "localhost:\(smdpPort)"
  static let smdpName = "sm-dp"
  static let remoteSmdpOid = "2.999.32"
  static let smdpCertificate = "DPtls/sm-dp"
  static let directoryPort = 8453
  static let directoryCertificate = "directory/directory"
  static let smsCentrePort = 8454
  static let smsCentreAddress = "localhost:\(smsCentrePort)"
  static let smsCentre = "sms-centre"
  static let smsCentreCertificate = "DPtls/sms-centre"
  static let changesPort = 8455
  static let changesCertificate = "DPtls/mno"
  static let mnoName = "mno"
  /// The card that the lab makes.
  static let card = "phone"
}
