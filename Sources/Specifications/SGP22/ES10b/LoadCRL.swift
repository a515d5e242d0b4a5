import CircleOfTrust
import TLV

extension ES10b {
  /// SGP.22 §5.7.12: gives the eUICC a list of revoked certificates.
  public enum LoadCRL: CardFunction, OutcomeFunction {
    public static let tag: TLVTag = 0xBF35
    /// ```
    /// LoadCRLResponse ::= [53] CHOICE { loadCRLResponseOk LoadCRLResponseOk, loadCRLResponseError INTEGER }   -- BF35
    /// ```
    public typealias Response = Outcome<LoadCRL>

    /// ```
    /// LoadCRLRequest ::= [53] SEQUENCE { crl CertificateList, ... }   -- BF35 { A0 in place of 30 }
    /// ```
    public struct Request: TLVMessage, TLVSequence, Hashable {
      /// The list's content, without the outer tag and length that the automatic tag replaces.
      public let crlContent: [UInt8]

      /// A request for the list that `crl` is: DER with its tag 30.
      public init(crl: [UInt8]) throws(TLVError) {
        let element = try TLVElement(crl)
        guard element.tag == .sequence else { throw .missing(wanted: .sequence, found: element.tag) }
        crlContent = Array(element.content)
      }

      /// The list in DER, with its own tag 30.
      public var crl: [UInt8] {
        var writer = TLVWriter(capacity: crlContent.count + 5)
        writer.write(.sequence, bytes: crlContent)
        return writer.bytes
      }

      public static let tag: TLVTag = 0xBF35
      public static let isExtensible = true

      public init(fields reader: inout TLVReader) throws(TLVError) {
        // Some devices send the list under its own tag.
        let element = try reader.nextTag == .sequence ? reader.element() : reader.element(0xA0)
        crlContent = Array(element.content)
      }

      public func encodeFields(to writer: inout TLVWriter) { writer.write(0xA0, bytes: crlContent) }
    }

    /// ```
    /// LoadCRLResponseOk ::= SEQUENCE { missingParts SEQUENCE OF SEQUENCE { number INTEGER (0..MAX) } OPTIONAL, ... }
    /// ```
    public struct Ok: TLVSequence, Hashable {
      /// The parts of a segmented list that are still missing.
      public let missingParts: [MissingPart]?

      /// Its one field.
      public init(missingParts: [MissingPart]? = nil) { self.missingParts = missingParts }

      public static let isExtensible = true
      public init(fields reader: inout TLVReader) throws(TLVError) { missingParts = try reader.readIfPresent(0xA0) }
      public func encodeFields(to writer: inout TLVWriter) { writer.write(0xA0, missingParts) }
    }

    /// A part that is missing.
    public struct MissingPart: TLVMessage, TLVSequence, Hashable {
      /// Its number, from 0.
      public let number: Int

      /// Its one field.
      public init(number: Int) { self.number = number }

      public static let tag = TLVTag.sequence

      public init(fields reader: inout TLVReader) throws(TLVError) {
        number = try reader.read(0x80)
        guard number >= 0 else { throw .invalid(0x80, "a number from 0 on is wanted") }
      }

      public func encodeFields(to writer: inout TLVWriter) { writer.write(0x80, number) }
    }

    /// LoadCRLResponseError.
    public enum Failure: Int, LenientEnumeration {
      case invalidSignature = 1
      case invalidCRLFormat, notEnoughMemorySpace, verificationKeyNotFound, fresherCrlAlreadyLoaded
      /// A list of changes alone (a delta list) whose whole list the eUICC does not have.
      case baseCrlMissing
      case undefinedError = 127
      public static let unknown = Failure.undefinedError
    }
  }
}
