import Bytes
import Keys

/// What the user enters to confirm a download (SGP.22 §4.7).
public enum ConfirmationCode {
  /// SGP.22 §5.7.5: hashCc = SHA256(SHA256(Confirmation Code) | TransactionID).
  public static func hashCc(_ code: Secret, transactionId: TransactionId) -> [UInt8] {
    hashCc(hashed: Secret(sha256(code.bytes)), transactionId: transactionId)
  }

  /// The same from the code's SHA-256, which is all that a server stores.
  public static func hashCc(hashed: Secret, transactionId: TransactionId) -> [UInt8] {
    sha256(hashed.bytes + transactionId.bytes)
  }
}
