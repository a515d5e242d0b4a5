import CircleOfTrust
import SGP22
import TLV

/// SGP.22 §3.0.1 Common mutual authentication, as the LPA sees it: it carries the words between server and eUICC and
/// checks that the server is the one that was meant.
///
/// `Client` is what the server is asked in the end: ES9+.AuthenticateClient of an SM-DP+, or ES11's of an SM-DS.
struct CommonMutualAuthentication<Client: ServerFunction>: Sendable
where Client.Request == ES9Plus.AuthenticateClient.Request {
  private enum State: Sendable {
    case beginning
    case readingInfo
    case readingChallenge(EUICCInfo1)
    case initiating
    case authenticatingServer(TransactionId)
    case authenticatingClient(TransactionId)
  }

  /// Whom the device calls.
  let address: FQDN
  /// The identifier that the activation code gives the server, if any.
  let expectedOid: OID?
  /// The device and what it wants.
  let context: CtxParams1
  private let initiatePath: String
  private var state = State.beginning
  /// The session that the server began; nil before.
  private(set) var transactionId: TransactionId?

  init<Initiate: ServerFunction>(
    _ initiate: Initiate.Type, at address: FQDN, expectedOid: OID? = nil, context: CtxParams1
  ) where Initiate.Request == ES9Plus.InitiateAuthentication.Request {
    (self.address, self.expectedOid, self.context) = (address, expectedOid, context)
    initiatePath = Initiate.path
  }

  /// How many of the five steps are done.
  var done: Int {
    switch state {
    case .beginning, .readingInfo: 0
    case .readingChallenge: 1
    case .initiating: 2
    case .authenticatingServer: 3
    case .authenticatingClient: 4
    }
  }

  mutating func next(_ answer: Answer) throws(Problem) -> Step<Client.Response> {
    switch state {
    case .beginning:
      state = .readingInfo
      return .card(ES10b.GetEUICCInfo1.self, ES10b.GetEUICCInfo1.Request())
    case .readingInfo:
      state = .readingChallenge(try answer.card(ES10b.GetEUICCInfo1.self))
      return .card(ES10b.GetEUICCChallenge.self, ES10b.GetEUICCChallenge.Request())
    case .readingChallenge(let info):
      let challenge = try answer.card(ES10b.GetEUICCChallenge.self).euiccChallenge
      state = .initiating
      let request = ES9Plus.InitiateAuthentication.Request(
        euiccChallenge: challenge, smdpAddress: address.description, euiccInfo1: info)
      return .server(ServerCall(path: initiatePath, at: address, request))
    case .initiating:
      let response = try answer.server(ES9Plus.InitiateAuthentication.self, at: address)
      try check(response)
      transactionId = response.transactionId
      state = .authenticatingServer(response.transactionId)
      return .card(
        ES10b.AuthenticateServer.self,
        ES10b.AuthenticateServer.Request(
          serverSigned1: response.serverSigned1, serverSignature1: response.serverSignature1,
          euiccCiPKIdToBeUsed: response.euiccCiPKIdToBeUsed, serverCertificate: response.serverCertificate,
          ctxParams1: context))
    case .authenticatingServer(let transaction):
      guard case .card(let bytes) = answer else { throw .outOfTurn }
      // What the eUICC signed goes on in the bytes in which it came.
      let response: Verbatim<ES10b.AuthenticateServer.Response>
      do { response = try Verbatim(TLVElement(bytes)) } catch { throw .cardMalformed("\(error)") }
      if case .error(let error) = response.value { throw .serverNotTrusted(error.errorCode) }
      state = .authenticatingClient(transaction)
      return .server(
        Client.self, at: address,
        ES9Plus.AuthenticateClient.Request(transactionId: transaction, authenticateServerResponse: response))
    case .authenticatingClient:
      return .done(try answer.server(Client.self, at: address))
    }
  }

  /// Whether the server that answered is the one that was called.
  private func check(_ response: ES9Plus.InitiateAuthentication.Response) throws(Problem) {
    let signed = response.serverSigned1.value
    guard signed.transactionId == response.transactionId else { throw .otherTransaction(address) }
    // §3.0.1: the LPAd SHALL verify that the SM-XX address returned by the SM-XX matches the one it provided.
    guard FQDN(signed.serverAddress) == address else { throw .otherServer(address, signed: signed.serverAddress) }
    if let expectedOid {
      // §3.1.3: the LPAd SHALL verify that the SM-DP+ OID in CERT.DPauth is the one of the activation code.
      guard response.serverCertificate.extensions.registeredIDs.contains(expectedOid) else { throw .otherOID(address) }
    }
  }
}

extension ServerCall {
  /// A call of either InitiateAuthentication, whose requests are the same.
  fileprivate init(path: String, at address: FQDN, _ request: ES9Plus.InitiateAuthentication.Request) {
    (self.address, self.path, body) = (address, path, JSONBinding.encode(request))
  }
}
