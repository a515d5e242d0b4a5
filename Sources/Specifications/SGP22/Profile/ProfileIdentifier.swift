import Identifiers
import TLV

/// Which profile is meant.
///
/// ```
/// CHOICE { isdpAid [APPLICATION 15] OctetTo16 (4F), iccid Iccid (5A) }
/// ```
public enum ProfileIdentifier: TLVContent, Hashable {
  case isdpAid(AID)
  case iccid(ICCID)

  /// Reads the choice inside its container (automatic tags make it explicit).
  public init(_ element: TLVElement) throws(TLVError) {
    var reader = try element.reader()
    if let aid = try reader.readIfPresent(.isdpAid, as: AID.self) {
      self = .isdpAid(aid)
    } else {
      self = .iccid(try reader.read(.iccid))
    }
    try reader.finish()
  }

  public func encodeContent(to writer: inout TLVWriter) {
    switch self {
    case .isdpAid(let aid): writer.write(.isdpAid, aid)
    case .iccid(let iccid): writer.write(.iccid, iccid)
    }
  }
}
