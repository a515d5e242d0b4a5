import Bytes
import Identifiers
import Keys
import Store
import TLV

/// One profile and what is to become of it. About 1 KB; the package itself is built when it is downloaded.
public struct Order: Sendable, Equatable {
  /// What a package is made of.
  public enum Source: Sendable, Equatable {
    /// A template of this name, filled with the order's personal data.
    case template(String)
    /// A package that came ready made, stored once under its SHA-256.
    case package([UInt8])
  }

  /// The profile's number: the order's key.
  public let iccid: ICCID
  /// Counts the changes; a change is written only over the version it was decided on.
  public internal(set) var version: Int
  /// Where the profile stands.
  public private(set) var state: State
  /// The operator's functionRequesterIdentifier; empty for orders of the house itself.
  public var owner: String
  /// The operator's word for this kind of profile.
  public var profileType: String
  /// The eUICC it is for, or on.
  public var eid: EID?
  /// The token of the activation code, or the SM-DS event; empty for the default SM-DP+; nil until it is confirmed.
  public var matchingId: String?
  /// From then on nothing is downloaded.
  public var expiry: Instant?
  /// Downloads begun so far.
  public internal(set) var attempts: Int
  /// Confirmation codes refused so far.
  public internal(set) var codeAttempts: Int
  /// The last notification that was heeded, by the eUICC's own count; older ones are history.
  public internal(set) var lastNotification: Int?
  /// What was agreed about the download.
  public var terms: OrderTerms
  /// The profile's description for the eUICC: an encoded StoreMetadataRequest.
  public var metadata: [UInt8]
  /// What the package is made of.
  public var source: Source
  /// The wrapped ``PersonalValues``.
  public var personalData: [UInt8]?

  /// An order in the state `state`.
  public init(
    iccid: ICCID, state: State, owner: String = "", profileType: String, eid: EID? = nil, matchingId: String? = nil,
    expiry: Instant? = nil, terms: OrderTerms = OrderTerms(), metadata: [UInt8], source: Source,
    personalData: [UInt8]? = nil
  ) {
    (self.iccid, self.version, self.state, self.owner) = (iccid, 1, state, owner)
    (self.profileType, self.eid, self.matchingId, self.expiry) = (profileType, eid, matchingId, expiry)
    (self.attempts, self.codeAttempts, self.lastNotification, self.terms) = (0, 0, nil, terms)
    (self.metadata, self.source, self.personalData) = (metadata, source, personalData)
  }

  /// Changes the state where the table of a profile's life allows it. Staying is always allowed.
  public mutating func move(to next: State) throws(IllegalTransition) {
    guard next == state || state.successors.contains(next) else { throw IllegalTransition(from: state, to: next) }
    state = next
  }

  /// Forgets what was agreed for one download: the profile is in stock again.
  mutating func reset() {
    (eid, matchingId, expiry) = (nil, nil, nil)
    (attempts, codeAttempts, terms) = (0, 0, OrderTerms())
  }

  /// The identifier of a call about the order, of the kind `kind`, that is decided on at `now`. A repeated delivery bears
  /// the same. The time keeps apart what another order of this ICCID said, before the store was made anew.
  func callIdentifier(_ kind: String, at now: Instant) -> String {
    "\(iccid)-\(version)-\(kind)-\(now.milliseconds)"
  }

  /// Whether it is too late to download.
  public func isExpired(at now: Instant) -> Bool { expiry.map { now >= $0 } ?? false }
}

/// What was agreed about one download.
///
/// ```
/// OrderTerms ::= SEQUENCE {
///   confirmationHash [0] OCTET STRING OPTIONAL,            attemptsAllowed [1] INTEGER,
///   codeAttemptsAllowed [2] INTEGER,                       smdsAddress [3] UTF8String OPTIONAL,
///   bindsToFirst [4] BOOLEAN }
/// ```
public struct OrderTerms: TLVSequence, TLVMessage, Hashable {
  /// The hash of the confirmation code, wrapped; the code itself is never kept.
  public var confirmationHash: ConfirmationHash?
  /// How many downloads may be begun.
  public var attemptsAllowed: Int
  /// How many wrong confirmation codes may be given.
  public var codeAttemptsAllowed: Int
  /// Where the event is registered; a dot for the root SM-DS as the specification writes it.
  public var smdsAddress: String?
  /// Whether the first eUICC that begins the download is the only one that may go on.
  public var bindsToFirst: Bool

  /// By default ten downloads, five wrong codes, no SM-DS.
  public init(
    confirmationHash: ConfirmationHash? = nil, attemptsAllowed: Int = 10, codeAttemptsAllowed: Int = 5,
    smdsAddress: String? = nil, bindsToFirst: Bool = false
  ) {
    (self.confirmationHash, self.attemptsAllowed) = (confirmationHash, attemptsAllowed)
    (self.codeAttemptsAllowed, self.smdsAddress, self.bindsToFirst) = (codeAttemptsAllowed, smdsAddress, bindsToFirst)
  }

  public static let tag = TLVTag.sequence

  public init(fields reader: inout TLVReader) throws(TLVError) {
    confirmationHash = try reader.readIfPresent(0x80).map { ConfirmationHash(kept: $0) }
    attemptsAllowed = try reader.read(0x81)
    codeAttemptsAllowed = try reader.read(0x82)
    smdsAddress = try reader.readIfPresent(0x83)
    bindsToFirst = try reader.read(0x84)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, confirmationHash?.kept)
    writer.write(0x81, attemptsAllowed)
    writer.write(0x82, codeAttemptsAllowed)
    writer.write(0x83, smdsAddress)
    writer.write(0x84, bindsToFirst)
  }
}
