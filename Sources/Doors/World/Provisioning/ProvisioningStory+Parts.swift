import ConnectivityManagement
import Identifiers
import SGP02
import Store

/// The story in parts, for somebody who looks on.
extension ProvisioningStory {
  /// What one part cost.
  public struct Part: Sendable {
    /// Short messages, and the bytes of their TPDUs.
    public let messages, bytes: Int
    /// Virtual time.
    public let seconds: Int64
  }

  /// The device starts with its bootstrap profile, and declares itself.
  public func begin() throws -> Part {
    try part(limit: .seconds(600)) {
      try device.start()
    } until: {
      device.contents.pending == nil && device.msisdn != nil
    }
  }

  /// The operator of that number, 0 or 1, provisions the device, until its profile is enabled and the device is let in.
  public func provision(_ number: Int) throws -> Part {
    let subscriber = circle.subscribers[number + 1]
    return try part(limit: .seconds(7200)) {
      order(number, subscriber, after: .zero)
    } until: {
      let act = try circle.desk(operators[number], name: subscriber.mno).act(subscriber.iccid.digits)
      if let act, act.state.isOver, act.state != .done {
        try simulation.require("the order is done, not \(act.state): \(act.undoCause ?? "")", false)
      }
      return act?.state == .done && device.subscriber == subscriber.imsi && device.contents.pending == nil
    }
  }

  /// Whether what the SM-SR was given or keeps contains no piece of a profile.
  public func isUnreadable() throws -> Bool {
    let pieces = Dictionary(grouping: secrets, by: \.count).mapValues(Set.init)
    return try readByManager().allSatisfy { bytes in
      bytes.indices.allSatisfy { start in
        pieces.allSatisfy { size, set in !set.contains(Array(bytes[start...].prefix(size))) }
      }
    }
  }

  /// Whether the SM-SR's books and the eUICC have the same profiles, in the same states.
  public func booksAgree() throws -> Bool {
    let (isdps, books) = (device.contents.isdps, try books())
    return books.map(\.isdpAid) == isdps.map(\.aid) && books.map(\.iccid) == isdps.map(\.iccid)
      && books.map { $0.state == .enabled } == isdps.map { $0.state == .enabled }
      && books.map(\.fallbackAttribute) == isdps.map(\.hasFallbackAttribute)
  }

  private func part(
    limit: Duration, _ begin: () throws -> Void, until isOver: () throws -> Bool
  ) throws -> Part {
    let (before, start) = (centre.traffic, simulation.timeline.now)
    try simulation.explaining {
      try begin()
      while try !isOver() {
        try simulation.require("it takes no longer than \(limit)", simulation.timeline.now < start + limit)
        try simulation.goOn(for: .seconds(1))
      }
    }
    return Part(
      messages: centre.traffic.messages - before.messages, bytes: centre.traffic.bytes - before.bytes,
      seconds: simulation.timeline.now.seconds - start.seconds)
  }
}
