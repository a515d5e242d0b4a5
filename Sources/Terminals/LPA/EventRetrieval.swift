import SGP22

/// SGP.22 §3.6.2 Event retrieval, as the LPA sees it: asks an SM-DS which servers have something for this eUICC.
public struct EventRetrieval: Procedure {
  /// An event: where to go, and with which token.
  public struct Event: Hashable, Sendable {
    /// The SM-DP+, or another SM-DS.
    public let address: FQDN
    /// The EventID: the MatchingID of the download.
    public let eventId: String
  }

  private var authentication: CommonMutualAuthentication<ES11.AuthenticateClient>

  /// Asks the SM-DS at `address`; `eventId` is empty, or one that another SM-DS gave.
  public init(address: FQDN, eventId: String = "", device: DeviceInfo) {
    authentication = CommonMutualAuthentication(
      ES11.InitiateAuthentication.self, at: address,
      context: .ctxParamsForCommonAuthentication(
        CtxParamsForCommonAuthentication(matchingId: eventId, deviceInfo: device)))
  }

  public var progress: Progress { Progress(activity: "asking the SM-DS", done: authentication.done, total: 5) }

  public mutating func next(_ answer: Answer) throws(Problem) -> Step<[Event]> {
    switch try authentication.next(answer) {
    case .card(let bytes): return .card(bytes)
    case .server(let call): return .server(call)
    case .ask(let question): return .ask(question)
    case .done(let response):
      guard response.transactionId == authentication.transactionId else {
        throw .otherTransaction(authentication.address)
      }
      // An address that is none cannot be followed; the event stays at the SM-DS.
      return .done(
        response.eventEntries.compactMap { entry in
          FQDN(entry.rspServerAddress).map { Event(address: $0, eventId: entry.eventId) }
        })
    }
  }
}
