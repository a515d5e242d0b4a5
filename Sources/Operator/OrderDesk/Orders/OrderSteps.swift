import Identifiers
import SGP22
import Store

/// How an order becomes a working SIM (SGP.22 §3.1): the list, in order.
///
/// The pivot is the installation: a profile on an eUICC is beyond the operator's reach, so from there on the order is
/// only finished. A SIM is let into the network after that, and never before.
public enum OrderSteps {
  /// The step whose undo is CancelOrder.
  static let downloadOrder = "DownloadOrder"

  public static let plan = StepPlan<Office>(
    "eSIM order",
    before: [
      Step("TakeSIM", perform: takeSIM, undo: giveBack),
      Step("CheckKeys", perform: checkKeys),
      Step(downloadOrder, perform: reserve, undo: cancelOrder),
      Step("ConfirmOrder", perform: confirmOrder),
      Step("ReleaseProfile", perform: releaseProfile),
    ],
    pivot: Step("Installation", perform: installation),
    after: [
      Step("Activate", perform: activate),
      Step("PutIntoUse", perform: putIntoUse),
      Step("RetireFormer", perform: retireFormer),
      Step("HeedSubscription", perform: heedSubscription),
    ],
    ended: ended)

  // MARK: SIM and keys

  private static func takeSIM(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    let order = try office.desk.order(call.act.subject)
    guard let server = office.servers.name(for: order.profileType) else {
      return .refused("no SM-DP+ is named for the profile type \"\(order.profileType)\"")
    }
    let sim: SIM
    do {
      sim = try office.stock.take(
        for: order.id, profileType: order.profileType, iccid: order.wantedICCID, subscription: order.subscription,
        now: call.now)
    } catch let refused as Refused { return .refused(refused.description) }
    return .done { transaction in
      try transaction.executeOne(
        "UPDATE esim_order SET iccid = $2, imsi = $3, server = $4 WHERE id = $1", order.id, sim.iccid, sim.imsi, server)
    }
  }

  private static func giveBack(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    let (order, sim) = try sim(of: call, office)
    if order.isSpoiled {
      try office.network.retire(sim, now: call.now)
      try office.stock.scrap(of: order.id, now: call.now)
    } else {
      try office.stock.giveBack(of: order.id, now: call.now)
    }
    return .done
  }

  private static func checkKeys(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    do { try office.network.check(sim(of: call, office).sim) } catch let refused as Refused {
      return .refused(refused.description)
    }
    return .done
  }

  // MARK: ES2+

  /// SGP.22 §5.3.1.
  private static func reserve(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    let (order, sim) = try sim(of: call, office)
    let request = ES2Plus.DownloadOrder.Request(eid: order.wantedEID, iccid: sim.iccid)
    return try office.servers.client(of: order).call(
      ES2Plus.DownloadOrder.self, request, identifier: call.identifier
    ).outcome { answer in
      // SGP.22 §5.3.1: the ICCID of the answer is that of the request.
      answer.iccid == sim.iccid ? .done : .refused("the SM-DP+ reserved \(answer.iccid) instead of \(sim.iccid)")
    }
  }

  /// SGP.22 §5.3.3: the profile is free again, wherever the order had come at the SM-DP+; or out of use, where a device
  /// may have seen its keys.
  private static func cancelOrder(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    let (order, sim) = try sim(of: call, office)
    let request = ES2Plus.CancelOrder.Request(
      iccid: sim.iccid, finalProfileStatusIndicator: order.isSpoiled ? .unavailable : .available)
    return try office.servers.client(of: order).call(
      ES2Plus.CancelOrder.self, request, identifier: call.identifier
    ).outcome { _ in
      .done { transaction in
        try transaction.executeOne(
          "UPDATE esim_order SET state = 1, matching_id = NULL, smdp_address = NULL WHERE id = $1", call.act.subject)
      }
    }
  }

  /// SGP.22 §5.3.2: the SM-DP+ chooses the MatchingID.
  private static func confirmOrder(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    let (order, sim) = try sim(of: call, office)
    let request = ES2Plus.ConfirmOrder.Request(
      iccid: sim.iccid, eid: order.wantedEID, confirmationCode: try office.desk.confirmationCode(of: order),
      smdsAddress: order.smdsAddress, releaseFlag: false)
    let client = try office.servers.client(of: order)
    let address = client.address
    return client.call(ES2Plus.ConfirmOrder.self, request, identifier: call.identifier).outcome { answer in
      .done { transaction in
        try transaction.executeOne(
          "UPDATE esim_order SET matching_id = $2, smdp_address = $3 WHERE id = $1", order.id, answer.matchingId,
          answer.smdpAddress ?? address)
      }
    }
  }

  /// SGP.22 §5.3.4.
  private static func releaseProfile(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    let (order, sim) = try sim(of: call, office)
    let request = ES2Plus.ReleaseProfile.Request(iccid: sim.iccid)
    return try office.servers.client(of: order).call(
      ES2Plus.ReleaseProfile.self, request, identifier: call.identifier
    ).outcome { _ in
      .done { transaction in
        try transaction.executeOne("UPDATE esim_order SET state = 2 WHERE id = $1", order.id)
      }
    }
  }

  // MARK: Installation and after

  /// Nobody but the eUICC decides; see `HandleDownloadProgressInfo`.
  private static func installation(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    let order = try office.desk.order(call.act.subject)
    // A profile that will never be installed makes room for another.
    if let failure = order.failure { return .refused(failure) }
    guard order.installedAt != nil else { return .waiting }
    return .done { transaction in
      try transaction.executeOne("UPDATE esim_order SET state = 3 WHERE id = $1", call.act.subject)
    }
  }

  private static func activate(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    let (order, sim) = try sim(of: call, office)
    switch try order.subscription.map(office.books.standing)?.state {
    case .suspended:
      // Barred before it is let in: not for a moment is it in.
      try office.network.bar(sim.imsi, now: call.now)
      try office.network.activate(sim, now: call.now)
    case .ended: break
    case .open, nil: try office.network.activate(sim, now: call.now)
    }
    return .done
  }

  private static func putIntoUse(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    let former = try office.stock.putIntoUse(of: call.act.subject, now: call.now)
    return .done { transaction in
      try transaction.executeOne(
        "UPDATE esim_order SET former_iccid = $2, former_imsi = $3 WHERE id = $1", call.act.subject, former?.iccid,
        former?.imsi)
    }
  }

  private static func retireFormer(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    if let former = try office.desk.order(call.act.subject).former {
      try office.network.retire(former, now: call.now)
    }
    return .done
  }

  /// A subscription may have been suspended, resumed or ended while its SIM was put into use.
  private static func heedSubscription(_ office: Office, _ call: StepCall) throws -> StepOutcome {
    if let subscription = try office.desk.order(call.act.subject).subscription {
      try office.alignNetwork(with: subscription, now: call.now)
    }
    return .done
  }

  private static func ended(_ office: Office, _ act: Act, _ transaction: any Transaction) throws {
    if act.state == .done {
      try transaction.executeOne("UPDATE esim_order SET state = 4 WHERE id = $1", act.subject)
      try transaction.execute(
        """
        UPDATE esim_order SET state = 7 WHERE state = 4
          AND id = (SELECT replaces FROM esim_order WHERE id = $1)
        """, act.subject)
    } else {
      let state: Order.State = act.state == .undone ? .cancelled : .failed
      try transaction.executeOne(
        "UPDATE esim_order SET state = $2, ending = $3 WHERE id = $1", act.subject, state.rawValue, act.undoCause)
    }
  }

  private static func sim(of call: StepCall, _ office: Office) throws -> (order: Order, sim: SIM) {
    let order = try office.desk.order(call.act.subject)
    guard let sim = order.sim else { throw StoreError.unexpected("order \(order.id) has lost its SIM") }
    return (order, sim)
  }
}
