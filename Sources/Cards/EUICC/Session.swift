import APDU
import CircleOfTrust
import Identifiers
import Keys
import SGP22
import TLV

/// Where the one RSP session that an eUICC can have stands (SGP.22 §3.0.1, §3.1). It goes with the power.
enum Session {
  case none
  /// A challenge was given and waits for the server that signs it.
  case challenged([UInt8])
  /// The server is authenticated.
  case authenticated(Authenticated)
  /// The download is prepared and waits for the package.
  case prepared(Prepared)
  /// A profile is to be handed on, and waits for the server's last word (v3).
  case handingOn(HandingOn)
  /// The package comes in.
  case loading(PackageLoader)

  /// What is known of an authenticated server.
  struct Authenticated {
    let transactionId: TransactionId
    let serverAddress: String
    let server: VerifiedCertificate
    /// The identity under which the eUICC signed.
    let ciPKId: KeyIdentifier
    let euiccSignature1: [UInt8]
    /// What the device wants of the server.
    let context: CtxParams1
  }

  /// What is known of a prepared download.
  struct Prepared {
    let authenticated: Authenticated
    let binding: VerifiedCertificate
    let euiccOtpk: [UInt8]
  }

  /// What is known of a profile that its person wants handed on.
  struct HandingOn {
    let authenticated: Authenticated
    let iccid: ICCID
    let euiccSignature3: [UInt8]
  }

  /// The server of the session, once it is authenticated.
  var authenticated: Authenticated? {
    switch self {
    case .none, .challenged: nil
    case .authenticated(let server): server
    case .prepared(let prepared): prepared.authenticated
    case .handingOn(let state): state.authenticated
    case .loading(let loader): loader.prepared.authenticated
    }
  }
}
