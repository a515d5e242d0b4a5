import Identifiers
import SGP22
import TLV
import Testing

import LPA

@Suite("SGP.22 §3.5: notifications are delivered in order and never lost") struct NotificationDeliveryTests {
  private func metadata(_ number: Int, _ address: String) -> NotificationMetadata {
    NotificationMetadata(seqNumber: number, event: .notificationEnable, notificationAddress: address, iccid: nil)
  }

  /// Plays deliveries: `taken` says whether a receiver takes a notification, nil where it cannot be reached.
  private func play(
    _ list: [NotificationMetadata], only: Int? = nil, taken: (String) -> Bool?
  ) throws -> (outcome: NotificationDelivery.Outcome, removed: [Int]) {
    var delivery = NotificationDelivery(only: only)
    var removed: [Int] = []
    var step = try delivery.next(.begin)
    while true {
      switch step {
      case .card(let object):
        switch try TLVElement(object).tag {
        case 0xBF28: step = try delivery.next(.card(ES10b.ListNotification.Response.ok(list).encoded))
        case 0xBF2B:
          // A notification of the eUICC, here an installation result: the LPA passes it on and does not look inside.
          let data = ProfileInstallationResultData(
            transactionId: try #require(TransactionId([1])), notificationMetadata: list[0], smdpOid: nil,
            finalResult: .errorResult(ErrorResult(bppCommandId: .configureISDP, errorReason: .incorrectInputValues)))
          let notification = PendingNotification.profileInstallationResult(
            Verbatim(
              ProfileInstallationResult(
                profileInstallationResultData: Verbatim(data), euiccSignPIR: [UInt8](repeating: 1, count: 64))))
          step = try delivery.next(.card(ES10b.RetrieveNotificationsList.Response.ok([notification]).encoded))
        default:
          removed.append(try ES10b.RemoveNotificationFromList.Request(encoded: object).seqNumber)
          step = try delivery.next(.card(ES10b.RemoveNotificationFromList.Response(.ok).encoded))
        }
      case .server(let call):
        switch taken(call.address.name) {
        case true?: step = try delivery.next(.server(status: 204, body: []))
        case false?: step = try delivery.next(.server(status: 500, body: []))
        case nil: step = delivery.skip()
        }
      case .ask: throw Problem.outOfTurn
      case .done(let outcome): return (outcome, removed)
      }
    }
  }

  @Test("each is removed from the eUICC after its receiver took it") func delivered() throws {
    let (outcome, removed) = try play([metadata(2, "b.example"), metadata(1, "a.example")]) { _ in true }
    #expect(removed == [1, 2])
    #expect(outcome.waiting.isEmpty)
  }

  @Test("what a receiver does not take stays on the eUICC, and later ones for it wait behind it")
  func waiting() throws {
    let list = [metadata(1, "a.example"), metadata(2, "b.example"), metadata(3, "a.example")]
    for answer in [false, nil] {
      let (outcome, removed) = try play(list) { $0 == "a.example" ? answer : true }
      #expect(removed == [2])
      #expect(outcome.waiting.map(\.seqNumber) == [1, 3])
    }
  }

  @Test("one alone can be delivered; one with an address that is none stays") func single() throws {
    let list = [metadata(1, "a.example"), metadata(2, "not a host name")]
    #expect(try play(list, only: 1) { _ in true }.removed == [1])
    let (outcome, removed) = try play(list, only: 2) { _ in true }
    #expect(removed.isEmpty)
    #expect(outcome.waiting.map(\.seqNumber) == [2])
  }
}
