import Bytes
import Keys
import ProfilePackage
import SecureChannel

/// A package on its way into an ISD-P over SCP03t (SGP.02 §3.1.3, §4.1.3.3): what is sent next after each answer. Whoever
/// carries the data can read none of it.
public struct ISDPDelivery: Sendable {
  private enum Phase: Sendable {
    case opening
    case authenticating
    /// So many bytes of the package have been sent.
    case loading(Int)
  }

  /// What follows an answer.
  public enum Turn: Sendable {
    /// Data for the ISD-P.
    case send([UInt8])
    /// The ISD-P has the package; what it says of it.
    case installed(EUICCResponse)
  }

  private let package: [UInt8]
  private var host: SCP03t.Host
  private var phase = Phase.opening

  /// A delivery of `package` under the key set that SM-DP and ISD-P agreed on.
  public init(
    _ package: [UInt8], keys: [Secret], keyVersion: UInt8, random: any RandomSource
  ) throws(DeliveryError) {
    guard keys.count == 3 else { throw .refused("a key set has three keys") }
    do {
      host = SCP03t.Host(
        keys: try SCP03.Keys(enc: keys[0], mac: keys[1], dek: keys[2]), keyVersion: keyVersion, random: random)
    } catch { throw .refused("\(error)") }
    self.package = package
  }

  /// What is sent first.
  public var first: [UInt8] { host.initializeUpdate }

  /// What follows the answer to what was sent last. A refusal of the ISD-P is 9F, the object's tag, 01 and a reason.
  public mutating func next(after answer: [UInt8]) throws(DeliveryError) -> Turn {
    // SGP.02 §4.1.3.3: 02 is a wrong state, 03 that there are no such keys. Where a session does not even begin, either
    // says that the ISD-P has its profile.
    if case .opening = phase, answer.count == 4, answer.starts(with: [0x9F, 0x84, 0x01]), [2, 3].contains(answer[3]) {
      throw .closed
    }
    guard answer.first != 0x9F else { throw .refused("the ISD-P answered \(answer.hex)") }
    do {
      switch phase {
      case .opening:
        phase = .authenticating
        return .send(try host.authenticate(answer))
      case .authenticating:
        guard answer == [0x85, 0x00] else { throw DeliveryError.refused("the ISD-P answered \(answer.hex)") }
        return try segment(from: 0)
      case .loading(let sent):
        let said = try host.open(answer)
        guard said.isEmpty, sent < package.count else { return .installed(try EUICCResponse(encoded: said)) }
        return try segment(from: sent)
      }
    } catch let error as DeliveryError {
      throw error
    } catch { throw .refused("\(error)") }
  }

  private mutating func segment(from start: Int) throws -> Turn {
    let end = min(start + BSP.Tag.profile.payloadLimit, package.count)
    phase = .loading(end)
    return .send(try host.protect(package[start..<end], as: .profile))
  }
}

/// Why a delivery does not go on; another one may.
public enum DeliveryError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The ISD-P begins no session: it has a profile, which has done with the keys, or never had them.
  case closed
  /// The ISD-P refused, or what came was not its answer.
  case refused(String)

  public var description: String {
    switch self {
    case .closed: "the ISD-P has a profile, or no keys"
    case .refused(let why): why
    }
  }
}
