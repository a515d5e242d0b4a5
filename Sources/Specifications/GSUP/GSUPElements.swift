import Bytes

/// Why a request is refused (TS 24.008 §10.5.5.14).
public enum GSUPCause: UInt8, Hashable, Sendable, CaseIterable {
  case imsiUnknown = 0x02
  case illegalMS = 0x03
  case plmnNotAllowed = 0x0B
  case networkFailure = 0x11
  case congestion = 0x16
  case semanticallyIncorrect = 0x5F
  case invalidMandatoryInformation = 0x60
  case messageTypeUnknown = 0x61
  case protocolError = 0x6F
}

/// Which half of the core asks; packet-switched where it does not say.
public enum CNDomain: UInt8, Hashable, Sendable, CaseIterable {
  case packetSwitched = 1
  case circuitSwitched = 2
}

/// An authentication vector for every generation: triplet and quintuplet over the same RAND.
public struct GSUPAuthTuple: Hashable, Sendable {
  public let rand, sres, kc, ik, ck, autn, res: [UInt8]

  /// A tuple; RAND, IK, CK and AUTN have 16 bytes, SRES 4, Kc 8.
  public init(
    rand: [UInt8], sres: [UInt8], kc: [UInt8], ik: [UInt8], ck: [UInt8], autn: [UInt8], res: [UInt8]
  ) {
    (self.rand, self.sres, self.kc, self.ik) = (rand, sres, kc, ik)
    (self.ck, self.autn, self.res) = (ck, autn, res)
  }

  /// The tuple of an element; nil where a part is missing.
  public init?(_ element: GSUPMessage.Element) {
    guard element.tag == GSUPMessage.Tag.authTuple, let parts = GSUPMessage.Element.list(element.value) else {
      return nil
    }
    func part(_ tag: UInt8) -> [UInt8]? { parts.first { $0.tag == tag }?.value }
    typealias Tag = GSUPMessage.Tag
    guard let rand = part(Tag.rand), let sres = part(Tag.sres), let kc = part(Tag.kc), let ik = part(Tag.ik),
      let ck = part(Tag.ck), let autn = part(Tag.autn), let res = part(Tag.res)
    else { return nil }
    self.init(rand: rand, sres: sres, kc: kc, ik: ik, ck: ck, autn: autn, res: res)
  }

  /// The tuple as an element.
  public var element: GSUPMessage.Element {
    typealias Tag = GSUPMessage.Tag
    let parts = [
      (Tag.rand, rand), (Tag.sres, sres), (Tag.kc, kc), (Tag.ik, ik), (Tag.ck, ck), (Tag.autn, autn), (Tag.res, res),
    ]
    return GSUPMessage.Element(Tag.authTuple, parts.flatMap { GSUPMessage.Element($0.0, $0.1).bytes })
  }
}

extension GSUPMessage {
  /// Whether a vector is wanted for E-UTRAN: "current RAT type" is 3.
  public var isForEUTRAN: Bool { self[Tag.currentRATType] == [3] }

  /// Which half of the core asks.
  public var cnDomain: CNDomain { self[Tag.cnDomain]?.first.flatMap { CNDomain(rawValue: $0) } ?? .packetSwitched }

  /// The cause of an error; nil where there is none, or an unknown one.
  public var cause: GSUPCause? { self[Tag.cause]?.first.flatMap { GSUPCause(rawValue: $0) } }

  /// The authentication vectors of a result.
  public var authTuples: [GSUPAuthTuple] { elements.compactMap { GSUPAuthTuple($0) } }

  /// The answer to this request: its IMSI, what its sender is known by, and `elements`.
  public func answer(_ kind: Kind, _ elements: [Element] = []) -> GSUPMessage {
    var answer = self
    answer.kind = kind
    answer.elements =
      self.elements.filter { [Tag.imsi, Tag.messageClass].contains($0.tag) } + elements
      + self.elements.filter { $0.tag == Tag.sourceName }.map { Element(Tag.destinationName, $0.value) }
    return answer
  }

  /// The error that answers this request.
  public func refusal(_ cause: GSUPCause) -> GSUPMessage { answer(kind.error, [Element(Tag.cause, [cause.rawValue])]) }
}
