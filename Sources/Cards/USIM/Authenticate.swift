import APDU
import Bytes
import Keys
import ProfilePackage
import SecureElement
import UICC

/// AUTHENTICATE (TS 31.102 §7.1, TS 31.103 §7.1).
extension NetworkAccessApplication {
  static func authenticate(
    _ application: NetworkAccessApplication, _ exchange: Exchange
  ) throws(StatusWordError) -> Response {
    let command = exchange.command
    guard command.p1 == 0 else { throw StatusWordError(.wrongP1P2) }
    // §7.1.1: the application's directory or one below it is current, and its PIN is verified or disabled.
    guard let files = exchange.fileSystem, let adf = exchange.currentApplication, exchange.isInCurrentApplication else {
      throw StatusWordError(.conditionsOfUse)
    }
    guard exchange.isApplicationPINSatisfied else { throw StatusWordError(.securityStatus) }
    guard let parameters = files.authentication(of: adf) else { throw StatusWordError(.conditionsOfUse) }
    let services = application.kind == .usim ? ServiceTable(files, adf) : ServiceTable([])
    do {
      var authentication = try Authentication(parameters, files, adf)
      switch (command.p2, application.kind) {
      case (0x80, .usim) where services.has(.gsmSecurityContext):
        return try authentication.answerGSM(to: Challenge(command.data, wantsToken: false))
      case (0x81, _):
        return try authentication.answer(
          to: Challenge(command.data, wantsToken: true), withKc: services.has(.gsmAccess))
      default: throw StatusWordError(.contextNotSupported)
      }
    } catch let error as StatusWordError {
      throw error
    } catch {
      // A key of the wrong size: the profile is at fault.
      throw StatusWordError(.conditionsOfUse)
    }
  }
}

extension StatusWord {
  /// Authentication error, security context not supported (TS 31.102 §7.3.1).
  static let contextNotSupported: StatusWord = 0x9864
}

/// The data field of AUTHENTICATE: RAND and AUTN, each behind its length (TS 31.102 §7.1.2).
private struct Challenge {
  let rand: [UInt8]
  let token: AuthenticationToken?

  init(_ data: [UInt8], wantsToken: Bool) throws(StatusWordError) {
    var rest = data[...]
    func field() -> [UInt8]? {
      guard let length = rest.popFirst(), length <= rest.count else { return nil }
      defer { rest = rest.dropFirst(Int(length)) }
      return Array(rest.prefix(Int(length)))
    }
    guard let rand = field(), rand.count == 16 else { throw StatusWordError(.wrongData) }
    let token = wantsToken ? field().flatMap { AuthenticationToken(bytes: $0) } : nil
    guard rest.isEmpty, !wantsToken || token != nil else { throw StatusWordError(.wrongData) }
    (self.rand, self.token) = (rand, token)
  }
}

/// One authentication: algorithm, key and sequence numbers of an ADF.
private struct Authentication {
  /// What the card keeps with the ADF.
  private enum State {
    /// SEQ of each IND.
    static let sequenceNumbers: UInt8 = 1
    /// How many authentications there have been.
    static let counter: UInt8 = 2
  }

  private let parameters: AKAParameters
  private let files: FileSystem
  private let adf: FileNumber
  private let algorithm: any AuthenticationAlgorithm

  init(_ parameters: AKAParameters, _ files: FileSystem, _ adf: FileNumber) throws {
    (self.parameters, self.files, self.adf) = (parameters, files, adf)
    algorithm = try parameters.makeAlgorithm()
  }

  /// The 3G security context: DB with RES, CK, IK and Kc; DC with AUTS; or 9862.
  mutating func answer(to challenge: Challenge, withKc: Bool) throws -> Response {
    guard let token = challenge.token else { throw StatusWordError(.wrongData) }
    try count()
    let response = try algorithm.f2345(rand: challenge.rand)
    guard let sqn = try algorithm.sequenceNumber(in: token, rand: challenge.rand, response: response) else {
      throw StatusWordError(.wrongMAC)
    }
    if let sqnMS = accept(sqn, token) {
      // §7.1.2.1: synchronisation failure: 'DC', length of AUTS, AUTS.
      let auts = try algorithm.resynchronisationToken(rand: challenge.rand, sqnMS: sqnMS).bytes
      return Response([0xDC, UInt8(clamping: auts.count)] + auts)
    }
    // §7.1.2.1: success: 'DB', RES, CK, IK and, with service 27, Kc, each behind its length.
    let fields = [response.res, response.ck.bytes, response.ik.bytes] + (withKc ? [response.kc.bytes] : [])
    return Response([0xDB] + fields.flatMap { [UInt8(clamping: $0.count)] + $0 })
  }

  /// The GSM security context: SRES and Kc, each behind its length (§7.1.2.2).
  mutating func answerGSM(to challenge: Challenge) throws -> Response {
    try count()
    let response = try algorithm.f2345(rand: challenge.rand)
    return Response([4] + response.sres + [8] + response.kc.bytes)
  }

  /// Takes note of a sequence number whose MAC is right; SQN_MS where it is not fresh.
  ///
  /// What is noted is durable before the answer leaves the card: the exchange commits in between.
  private func accept(_ sqn: SequenceNumber, _ token: AuthenticationToken) -> SequenceNumber? {
    if parameters.algorithm == .test {
      // TS 34.108 §8.1.2.2: the test USIM takes any SQN, unless AMF is AMF_RESYNCH: FFFF.
      return token.amf == [0xFF, 0xFF] ? sqn : nil
    }
    var array = sequenceNumbers
    guard array.accept(sqn) == .fresh else { return array.sqnMS }
    files.setState(array.highest.flatMap { $0.bigEndianBytes.suffix(6) }, State.sequenceNumbers, of: adf)
    return nil
  }

  private var sequenceNumbers: SequenceNumberArray {
    let isJumpLimited = parameters.sqnOptions & AKAParameters.wrapAroundProtection != 0
    let policy =
      SequenceNumberArray.Policy(
        indexBits: 5, delta: isJumpLimited ? parameters.sqnDelta : nil, ageLimit: parameters.sqnAgeLimit)
      ?? .standard
    let stored = files.state(State.sequenceNumbers, of: adf).map { bytes in
      stride(from: 0, to: bytes.count - bytes.count % 6, by: 6).compactMap { UInt64(bigEndian: bytes[$0..<$0 + 6]) }
    }
    return SequenceNumberArray(policy: policy, highest: stored ?? parameters.initialSequenceNumbers)
      ?? SequenceNumberArray(policy: policy)
  }

  /// `authCounterMax`: so many authentications and no more.
  private func count() throws(StatusWordError) {
    guard let maximum = parameters.maximumAuthentications, parameters.algorithm != .test else { return }
    let done = files.state(State.counter, of: adf).flatMap { UInt32(bigEndian: $0) } ?? 0
    guard done < maximum else { throw StatusWordError(.conditionsOfUse) }
    files.setState((done + 1).bigEndianBytes, State.counter, of: adf)
  }
}
