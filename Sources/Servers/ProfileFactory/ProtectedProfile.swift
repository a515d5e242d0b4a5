import Bytes
import Keys
import SecureChannel
import TLV

/// A profile package protected beforehand under keys of its own (SGP.22 §2.5.3, Protected Profile Package): at its
/// download only the few hundred bytes before it are made, and ReplaceSessionKeys gives the eUICC these keys.
public struct ProtectedProfile: Sendable, Equatable {
  /// PPK-ENC, PPK-MAC and the first MAC chaining value.
  public let keys: BSP.SessionKeys
  /// The segments 86, one after the other, each with tag and length.
  public let segments: [UInt8]

  /// Protects `package` under new random keys.
  public init(_ package: [UInt8], random: any RandomSource) throws(BindingError) {
    do { keys = try BSP.SessionKeys(random: random) } catch { throw .key(error) }
    var sender = BSP.Sender(keys: keys)
    segments = try joined { () throws(BSPError) in try sender.protect(package, as: .profile) }
  }
}

/// Why a profile could not be bound.
public enum BindingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The eUICC's one-time key does not suit, or a key of ours failed.
  case key(KeyError)
  /// The cipher failed.
  case cipher(BSPError)
  /// What was stored for a retry is damaged.
  case damaged(TLVError)

  public var description: String {
    switch self {
    case .key(let error): "\(error)"
    case .cipher(let error): "\(error)"
    case .damaged(let error): "the stored bound package is damaged: \(error)"
    }
  }
}

/// The segments that `protect` makes, one after the other.
func joined(_ protect: () throws(BSPError) -> [[UInt8]]) throws(BindingError) -> [UInt8] {
  let segments: [[UInt8]]
  do { segments = try protect() } catch { throw .cipher(error) }
  var all: [UInt8] = []
  // Array(segments.joined()) would go byte by byte.
  all.reserveCapacity(segments.reduce(0) { $0 + $1.count })
  for segment in segments { all += segment }
  return all
}
