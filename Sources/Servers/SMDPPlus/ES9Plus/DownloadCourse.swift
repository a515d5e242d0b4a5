import CircleOfTrust
import Identifiers
import Keys
import MutualAuthentication
import SGP22
import TLV

/// What happens in a session with the SM-DP+ once the eUICC is authenticated.
///
/// ```
/// DownloadCourse ::= CHOICE { offered [1] Offered, delivered [2] Delivered }
/// ```
enum DownloadCourse: SessionCourse {
  case offered(Offered)
  case delivered(Delivered)

  init(from reader: inout TLVReader) throws(TLVError) {
    self = reader.nextTag == 0xA1 ? .offered(try reader.read(0xA1)) : .delivered(try reader.read(0xA2))
  }

  func encode(to writer: inout TLVWriter) {
    switch self {
    case .offered(let offered): writer.write(0xA1, offered)
    case .delivered(let delivered): writer.write(0xA2, delivered)
    }
  }
}

extension DownloadCourse {
  /// An eUICC for which a profile was found.
  ///
  /// ```
  /// Offered ::= SEQUENCE {
  ///   peer [0] AuthenticatedEUICC, issuer [1] OCTET STRING, iccid [2] OCTET STRING, smdpSigned2 [3] OCTET STRING,
  ///   smdpSignature2 [4] OCTET STRING }
  /// ```
  struct Offered: TLVSequence, Hashable {
    let peer: AuthenticatedEUICC
    let issuer: KeyIdentifier
    /// The profile.
    let iccid: ICCID
    /// What we signed, and how: the eUICC's next signature covers the latter.
    let smdpSigned2: Verbatim<SmdpSigned2>
    let smdpSignature2: [UInt8]

    init(
      peer: AuthenticatedEUICC, issuer: KeyIdentifier, iccid: ICCID, smdpSigned2: Verbatim<SmdpSigned2>,
      smdpSignature2: [UInt8]
    ) {
      (self.peer, self.issuer, self.iccid) = (peer, issuer, iccid)
      (self.smdpSigned2, self.smdpSignature2) = (smdpSigned2, smdpSignature2)
    }

    init(fields reader: inout TLVReader) throws(TLVError) {
      peer = try reader.read(0xA0)
      issuer = try reader.read(0x81)
      iccid = try reader.read(0x82)
      smdpSigned2 = try Verbatim(TLVElement(reader.element(0x83).content))
      smdpSignature2 = try reader.read(0x84)
    }

    func encodeFields(to writer: inout TLVWriter) {
      writer.write(0xA0, peer)
      writer.write(0x81, issuer)
      writer.write(0x82, iccid)
      writer.write(0x83, smdpSigned2.encoded)
      writer.write(0x84, smdpSignature2)
    }
  }

  /// An eUICC that has got its package.
  ///
  /// ```
  /// Delivered ::= SEQUENCE { peer [0] AuthenticatedEUICC, issuer [1] OCTET STRING, iccid [2] OCTET STRING }
  /// ```
  struct Delivered: TLVSequence, Hashable {
    let peer: AuthenticatedEUICC
    let issuer: KeyIdentifier
    let iccid: ICCID

    init(peer: AuthenticatedEUICC, issuer: KeyIdentifier, iccid: ICCID) {
      (self.peer, self.issuer, self.iccid) = (peer, issuer, iccid)
    }

    init(fields reader: inout TLVReader) throws(TLVError) {
      peer = try reader.read(0xA0)
      issuer = try reader.read(0x81)
      iccid = try reader.read(0x82)
    }

    func encodeFields(to writer: inout TLVWriter) {
      writer.write(0xA0, peer)
      writer.write(0x81, issuer)
      writer.write(0x82, iccid)
    }
  }
}
