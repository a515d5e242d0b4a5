import Identifiers
import Keys

/// Why the authentication centre refuses.
public enum AuCError: Error, Hashable, Sendable, CustomStringConvertible {
  /// No subscriber has this IMSI.
  case unknownSubscriber(IMSI)
  /// A subscriber has this IMSI already.
  case knownSubscriber(IMSI)
  /// The subscriber's first keys are prepared and not committed yet.
  case notActive(IMSI)
  /// The subscriber is barred for the time being.
  case barred(IMSI)
  /// The subscriber's entry is closed for good.
  case closed(IMSI)
  /// AUTS was not made by this subscriber's USIM for this RAND: the MAC-S is wrong.
  case wrongAUTS(IMSI)
  /// The subscriber's sequence numbers are used up: the USIM must be replaced.
  case sequenceNumbersUsedUp(IMSI)
  /// So many vectors are not given out at once: 1 to 32 are.
  case wrongCount(Int)
  /// A requesting node's name has 1 to 255 bytes.
  case wrongNodeName
  /// An AMF is not 2 bytes, there are more than 8 bits of IND, or a sequence number does not fit.
  case wrongSubscriber(IMSI)
  /// Another change of keys is prepared; it must be committed or abandoned first.
  case changePending(IMSI, ChangeID)
  /// Nobody prepared this change, or it was abandoned.
  case unknownChange(IMSI, ChangeID)
  /// The change was committed, and can no more be abandoned.
  case changeCommitted(IMSI, ChangeID)
  /// The change was committed, and a later one after it.
  case changeSuperseded(IMSI, ChangeID)
  /// The change was prepared with other keys.
  case changeDiffers(IMSI, ChangeID)
  /// Another home network key has this identifier.
  case knownHomeNetworkKey(UInt8)
  /// No home network key has this identifier.
  case unknownHomeNetworkKey(UInt8)
  /// A key is unfit, or the vault does not open it; the text is the reason.
  case key(KeyError)

  public var description: String {
    switch self {
    case .unknownSubscriber(let imsi): "no subscriber has the IMSI \(imsi)"
    case .knownSubscriber(let imsi): "a subscriber has the IMSI \(imsi) already"
    case .notActive(let imsi): "the keys of IMSI \(imsi) are prepared only: commit the change"
    case .barred(let imsi): "IMSI \(imsi) is barred: simurgh auc show tells why"
    case .closed(let imsi): "the entry of IMSI \(imsi) is closed for good: remove it before the IMSI is used anew"
    case .wrongAUTS(let imsi): "the AUTS is not from the USIM of IMSI \(imsi), or not for this RAND"
    case .sequenceNumbersUsedUp(let imsi): "the sequence numbers of IMSI \(imsi) are used up: replace the USIM"
    case .wrongCount(let count): "\(count) vectors were asked for; 1 to 32 are given out at once"
    case .wrongNodeName: "the requesting node's name has 1 to 255 bytes"
    case .wrongSubscriber(let imsi): "IMSI \(imsi): AMF has 2 bytes, IND 0 to 8 bits, and SEQ fits beside IND in 48"
    case .changePending(let imsi, let change): "IMSI \(imsi) has the change \(change) prepared: commit or abandon it"
    case .unknownChange(let imsi, let change): "IMSI \(imsi) has no change \(change): prepare it"
    case .changeCommitted(let imsi, let change): "the change \(change) of IMSI \(imsi) is committed already"
    case .changeSuperseded(let imsi, let change): "a later change than \(change) of IMSI \(imsi) is committed"
    case .changeDiffers(let imsi, let change): "the change \(change) of IMSI \(imsi) was prepared with other keys"
    case .knownHomeNetworkKey(let identifier): "another home network key has the identifier \(identifier)"
    case .unknownHomeNetworkKey(let identifier): "no home network key has the identifier \(identifier)"
    case .key(let error): error.description
    }
  }
}
