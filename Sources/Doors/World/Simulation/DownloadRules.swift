import Identifiers
import JSON
import Keys
import SGP22
import SMDPPlus
import Store
import Transport

// What holds after every event of a download, and in the end.

extension DownloadStory {
  func addRules() {
    let (simulation, memory) = (simulation, memory)
    watch()
    simulation.always("a profile is at most once on the card") { [unowned self] in
      let profiles = memory.look(at: card).profiles
      return Set(profiles.map(\.iccid)).count == profiles.count
    }
    simulation.always("a notification leaves the card only after its receiver took it") { [unowned self] in
      let waiting = Set(memory.look(at: card).notifications.map(\.seqNumber))
      return memory.notified.subtracting(waiting).isSubset(of: memory.taken)
    }
    simulation.always("the order book is never ahead of the card") { [unowned self] in
      let order = try order()
      return (!order.state.isOnCard || memory.installed.contains(order.iccid))
        && (order.state != .enabled || memory.enabled.contains(order.iccid))
    }
    simulation.always("each download that is offered is counted, and no more are allowed than agreed") {
      [unowned self] in
      let order = try order()
      return order.attempts >= offered.count && order.attempts <= order.terms.attemptsAllowed
    }
    simulation.always("the AuC lets in nobody whose profile is not installed") { [unowned self] in
      try !mobileOperator.auc.knows(mobileOperator.subscriber.imsi)
        || memory.installed.contains(mobileOperator.subscriber.iccid)
    }
    simulation.always("the journal tells of an installation before there is one") { [unowned self] in
      guard !wasOnCard, memory.installed.contains(mobileOperator.subscriber.iccid) else { return true }
      wasOnCard = true
      if case .installing? = handset.journal?.stage { return true }
      return false
    }
  }

  /// Sees what the SM-DP+ answers.
  private func watch() {
    server.answered = { [unowned self] message, reply in
      if message.path == ES9Plus.AuthenticateClient.path,
        case .success(let response)? = try? JSONBinding.decodeAnswer(
          ES9Plus.AuthenticateClient.Response.self, from: reply.body)
      {
        offered.insert(response.transactionId)
      }
      if message.path == ES9Plus.HandleNotification.path, reply.status == 204,
        let (_, request) = try? JSONBinding.decode(ES9Plus.HandleNotification.Request.self, from: message.body),
        let number = request.pendingNotification.notificationMetadata?.seqNumber
      {
        memory.taken.insert(number)
      }
    }
  }

  /// In the end the profile is installed once or not at all, and card, device, SM-DP+ and operator agree.
  func agree() throws {
    let order = try order()
    let contents = memory.look(at: card)
    try simulation.require("the device has nothing left to do", handset.isIdle && handset.journal == nil)
    try simulation.require("no notification waits", contents.notifications.isEmpty)
    try simulation.require(
      "the outbox is empty", try server.store.read { try Outbox.pending(in: $0) }.isEmpty)
    if contents.profiles.isEmpty {
      try simulation.require(
        "the profile is not installed, and the order book (\(order.state)) says so", order.state == .error)
      try simulation.require("the operator heard of no installation", !mobileOperator.knowsInstalled)
      try simulation.require("the person knows why", handset.givenUp != nil)
    } else {
      try simulation.require(
        "the profile is installed and enabled, and the order book (\(order.state)) says so", order.state == .enabled)
      try simulation.require("the operator heard of the installation", mobileOperator.knowsInstalled)
      try attach()
    }
    try forget()
  }

  /// The network lets the SIM in.
  private func attach() throws {
    _ = try NetworkAttachment(card.link).run(
      auc: mobileOperator.auc, node: "network", now: simulation.timeline.now, random: simulation.random(for: "network"))
  }

  /// When all patience is over the SM-DP+ remembers no session and keeps no package.
  private func forget() throws {
    simulation.timeline.after(.seconds(100 * 86_400)) { [self] in try server.sweep() }
    try simulation.timeline.run(for: .seconds(101 * 86_400))
    let left: Int? = try server.store.read { reader in
      try reader.first("SELECT (SELECT count(*) FROM rsp_session) + (SELECT count(*) FROM bound_profile)")?(0)
    }
    try simulation.require("no session and no bound package is left over", left == 0)
  }
}
