import Bytes
import CircleOfTrust
import ConnectivityManagement
import Identifiers
import MutualAuthentication
import SGP02
import SGP22
import Stations
import SubscriberTransfer
import Synchronization
import Transport

/// New profiles for subscribers who come: the eUICC is verified through its SM-SR, and the SM-DP downloads. Everything may be
/// asked again; an eUICC that was verified before a crash is verified once more, with another nonce.
public final class SMDPDelivery: ProfileDelivery {
  /// The eUICC has not answered yet, or a server was not reached.
  public struct Unknown: Error, CustomStringConvertible { public let description: String }

  /// A profile for a subscriber who comes.
  public struct Item: Sendable {
    let iccid: ICCID
    let address: SubscriptionAddress

    /// Both.
    public init(iccid: ICCID, address: SubscriptionAddress) { (self.iccid, self.address) = (iccid, address) }
  }

  /// What is known of an eUICC.
  private enum Knowledge {
    case asked(DirectVerification)
    case verified(EUICCCredentials)
  }

  private let name: String
  private let managers: [String]
  private let smdp: (host: String, name: String)
  private let rules: CapabilityRules
  private let stock: @Sendable (_ change: String) -> Item?
  private let trust: CircleInForce
  private let given: @Sendable () -> Given
  private let connect: @Sendable () -> any ServerLink
  private let known = Mutex<[EID: Knowledge]>([:])

  /// The deliveries of the operator called `name` through the SM-SRs at `managers` and an SM-DP; `stock` gives the profile
  /// for a change, always the same.
  public init(
    name: String, managers: [String], smdp: (host: String, name: String), rules: CapabilityRules = CapabilityRules(),
    trust: CircleInForce, given: @escaping @Sendable () -> Given, connect: @escaping @Sendable () -> any ServerLink,
    stock: @escaping @Sendable (_ change: String) -> Item?
  ) {
    (self.name, self.managers, self.smdp, self.rules, self.stock) = (name, managers, smdp, rules, stock)
    (self.trust, self.given, self.connect) = (trust, given, connect)
  }

  public func verify(_ eid: EID) throws { _ = try credentials(of: eid) }

  private func credentials(of eid: EID) throws -> EUICCCredentials {
    let given = given()
    let question: DirectVerification
    switch known.withLock({ $0[eid] }) {
    // It may have been revoked since.
    case .verified(let credentials):
      do { _ = try credentials.verified(in: trust.circle, at: given.now) } catch { throw Refused("\(error)") }
      return credentials
    case .asked(let former): question = former
    case nil:
      guard let new = DirectVerification(name: name, random: given.random) else {
        throw Refused("the operator's name is too long")
      }
      question = new
      known.withLock { $0[eid] = .asked(new) }
    }
    let request = ES4.IdentifyEUICC.Request(eid: eid, proof: question.proof)
    let (_, answer) = try call(ES4.IdentifyEUICC.self, request, "identify-\(question.proof.nonce.prefix(8).hex)")
    do {
      let credentials = try question.credentials(
        of: eid, report: answer.report, signature: answer.signature, in: trust.circle, at: given.now)
      if let objection = rules.objection(to: answer.report) { throw Refused(objection) }
      known.withLock { $0[eid] = .verified(credentials) }
      return credentials
    } catch let error as CredentialError { throw Refused("\(error)") }
  }

  public func install(for change: String, on eid: EID) throws -> ICCID {
    guard let item = stock(change) else { throw Refused("there is no profile for \(change)") }
    let credentials = try credentials(of: eid)
    let target = ProfileTarget(eid: eid, iccid: item.iccid)
    // E4: "Every step of the delivery chain is authorised by the MNO."
    let (smsr, _) = try call(
      ES4.SetPLMA.self, .init(target: target, smdpId: smdp.name), "\(change)-setPLMA")
    let client = FunctionClient(link: connect(), host: smdp.host, requester: name)
    let request = ES2.DownloadProfile.Request(
      target: target, smsrId: smsr, credentials: credentials, subscriptionAddress: item.address, pol2: [])
    switch client.call(ES2.DownloadProfile.self, request, identifier: "\(change)-download") {
    case .success: return item.iccid
    case .refused(.functionUnderWay): throw Unknown(description: "the profile is on its way")
    case .refused(let refusal): throw Refused("\(refusal)")
    case .unknown(let why): throw Unknown(description: why)
    }
  }

  /// Calls the SM-SR that has the eUICC, and says which it is.
  private func call<Function: ServerFunction>(
    _ function: Function.Type, _ request: Function.Request, _ identifier: String
  ) throws -> (host: String, Function.Response) {
    for host in managers {
      let client = FunctionClient(link: connect(), host: host, requester: name)
      switch client.call(function, request, identifier: "\(name)-\(identifier)") {
      case .success(let response): return (host, response)
      case .refused(.eidUnknown): continue
      case .refused(.functionUnderWay): throw Unknown(description: "the eUICC has not answered yet")
      case .refused(let refusal) where [.answerLost, .euiccNotExecuted].contains(refusal):
        // What was lost stays lost: another question, under another name.
        known.withLock { $0 = [:] }
        throw Unknown(description: "\(refusal)")
      case .refused(let refusal): throw Refused("\(refusal)")
      case .unknown(let why): throw Unknown(description: why)
      }
    }
    throw Refused("no SM-SR has the eUICC")
  }
}
