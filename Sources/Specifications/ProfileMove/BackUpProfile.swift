import CircleOfTrust
import SGP22
import SecureMessages
import TLV

/// Steps 530 to 540: the device gives the provider's request to the secure element, and gets the backup, sealed. The tag
/// is one that SGP.22 does not use.
public enum BackUpProfile: CardFunction {
  static let tag: TLVTag = 0xBF7B

  /// ```
  /// BackUpProfileRequest ::= [123] SEQUENCE { certificate Certificate, request Signed, allowed [0] INTEGER }
  /// ```
  public struct Request: TLVMessage, TLVSequence {
    public static let tag = BackUpProfile.tag

    /// CERT.DPpb, whose subject names the operator.
    public let certificate: Certificate
    /// Signed with its key.
    public let request: Signed<BackupRequest>
    /// What the person at the device lets go.
    public let allowed: BackupParts

    /// All fields.
    public init(certificate: Certificate, request: Signed<BackupRequest>, allowed: BackupParts = .all) {
      (self.certificate, self.request, self.allowed) = (certificate, request, allowed)
    }

    /// The same request, of which the person lets go no more than `parts`.
    public func allowing(_ parts: BackupParts) -> Request {
      Request(certificate: certificate, request: request, allowed: allowed.intersection(parts))
    }

    public init(fields reader: inout TLVReader) throws(TLVError) {
      certificate = try reader.read()
      request = try reader.read(.sequence)
      allowed = try reader.read(0x80)
    }

    public func encodeFields(to writer: inout TLVWriter) {
      writer.write(certificate)
      writer.write(.sequence, request)
      writer.write(0x80, allowed)
    }
  }

  /// ```
  /// BackUpProfileResponse ::= [123] CHOICE {
  ///   ok [0] SEQUENCE { euiccCertificate Certificate, eumCertificate Certificate, backup Sealed }, error [1] INTEGER }
  /// ```
  public enum Response: TLVMessage, Sendable {
    public static let tag = BackUpProfile.tag

    case ok(Answer)
    case error(Failure)

    public init(_ element: TLVElement) throws(TLVError) {
      var reader = try element.reader()
      if let answer = try reader.elementIfPresent(0xA0) {
        self = .ok(try Answer(answer))
      } else {
        self = .error(try reader.read(0x81))
      }
      guard reader.isAtEnd else { throw .trailing }
    }

    public func encodeContent(to writer: inout TLVWriter) {
      switch self {
      case .ok(let answer): writer.write(0xA0, answer)
      case .error(let failure): writer.write(0x81, failure)
      }
    }
  }

  /// The backup with the certificates of the key that signed it within.
  public struct Answer: TLVSequence, Sendable {
    public let euiccCertificate: Certificate
    public let eumCertificate: Certificate
    public let backup: Sealed<Signed<ProfileBackup>>

    /// All fields.
    public init(euiccCertificate: Certificate, eumCertificate: Certificate, backup: Sealed<Signed<ProfileBackup>>) {
      (self.euiccCertificate, self.eumCertificate) = (euiccCertificate, eumCertificate)
      self.backup = backup
    }

    public init(fields reader: inout TLVReader) throws(TLVError) {
      euiccCertificate = try reader.read()
      eumCertificate = try reader.read()
      backup = try reader.read(.sequence)
    }

    public func encodeFields(to writer: inout TLVWriter) {
      writer.write(euiccCertificate)
      writer.write(eumCertificate)
      writer.write(.sequence, backup)
    }
  }

  /// Why there is no backup; nothing has left the secure element.
  public enum Failure: Int, LenientEnumeration, Error {
    /// The certificate is not one of a profile provider whom the secure element trusts.
    case certificate = 1
    /// The request is not signed with its key, is over, or is for another secure element.
    case request = 2
    /// There is no such profile, or it may not be used here.
    case profile = 3
    /// The certificate names another operator than the profile, or either names none.
    case notTheOperator = 4
    /// The secure element has no key that it could sign the backup with.
    case noKey = 5
    case undefined = 127
    public static let unknown = Failure.undefined
  }
}
