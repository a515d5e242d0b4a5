import Identifiers
import TLV

extension ES10c {
  /// SGP.22 §5.7.15: tells the installed profiles.
  public enum GetProfilesInfo: CardFunction, OutcomeFunction {
    public static let tag: TLVTag = 0xBF2D
    public typealias Ok = [ProfileInfo]
    /// ```
    /// ProfileInfoListResponse ::= [45] CHOICE {              -- BF2D
    ///   profileInfoListOk SEQUENCE OF ProfileInfo, profileInfoListError ProfileInfoListError }
    /// ```
    public typealias Response = Outcome<GetProfilesInfo>

    /// ```
    /// ProfileInfoListRequest ::= [45] SEQUENCE {             -- BF2D
    ///   searchCriteria [0] CHOICE { isdpAid (4F), iccid (5A), profileClass [21] ProfileClass (95) } OPTIONAL,
    ///   tagList [APPLICATION 28] OCTET STRING OPTIONAL, ... }
    /// ```
    public struct Request: TLVMessage, TLVSequence, Hashable {
      /// Which profiles; nil: all but test profiles outside test mode.
      public let searchCriteria: SearchCriteria?
      /// Which fields; nil: ``ProfileInfo/defaultTags``.
      public let tagList: [TLVTag]?

      /// Both fields.
      public init(searchCriteria: SearchCriteria? = nil, tagList: [TLVTag]? = nil) {
        (self.searchCriteria, self.tagList) = (searchCriteria, tagList)
      }

      public static let tag: TLVTag = 0xBF2D
      public static let isExtensible = true

      public init(fields reader: inout TLVReader) throws(TLVError) {
        searchCriteria = try reader.readIfPresent(0xA0)
        guard let list = try reader.elementIfPresent(.tagList) else {
          tagList = nil
          return
        }
        var tags = TLVReader(list.content)
        var wanted: [TLVTag] = []
        while let tag = tags.takeTag() { wanted.append(tag) }
        guard tags.isAtEnd, wanted.count <= 64 else { throw .invalid(.tagList, "the tag list is malformed") }
        tagList = wanted
      }

      public func encodeFields(to writer: inout TLVWriter) {
        writer.write(0xA0, searchCriteria)
        if let tagList {
          writer.write(.tagList) { writer in for tag in tagList { writer.append(tag) } }
        }
      }
    }

    /// The search criteria's CHOICE.
    public enum SearchCriteria: TLVContent, Hashable {
      case isdpAid(AID)
      case iccid(ICCID)
      case profileClass(ProfileClass)

      public init(_ element: TLVElement) throws(TLVError) {
        var reader = try element.reader()
        if let aid = try reader.readIfPresent(.isdpAid, as: AID.self) {
          self = .isdpAid(aid)
        } else if let iccid = try reader.readIfPresent(.iccid, as: ICCID.self) {
          self = .iccid(iccid)
        } else {
          self = .profileClass(try reader.read(0x95))
        }
        try reader.finish()
      }

      public func encodeContent(to writer: inout TLVWriter) {
        switch self {
        case .isdpAid(let aid): writer.write(.isdpAid, aid)
        case .iccid(let iccid): writer.write(.iccid, iccid)
        case .profileClass(let profileClass): writer.write(0x95, profileClass)
        }
      }
    }

    /// ProfileInfoListError.
    public enum Failure: Int, LenientEnumeration {
      case incorrectInputValues = 1
      case undefinedError = 127
      public static let unknown = Failure.undefinedError
    }
  }
}
