/// What a network does to messages: it loses, doubles, delays and so reorders them.
public struct Weather: Sendable {
  /// Messages lost, of 1000.
  public var lostPerMille: Int
  /// Messages delivered twice, of 1000.
  public var doubledPerMille: Int
  /// Longest delay; each message takes between 1 ms and this.
  public var longestDelay: Duration

  /// A network of the given habits.
  public init(lostPerMille: Int, doubledPerMille: Int, longestDelay: Duration) {
    (self.lostPerMille, self.doubledPerMille, self.longestDelay) = (lostPerMille, doubledPerMille, longestDelay)
  }

  /// Everything arrives, once, after a millisecond.
  public static let calm = Weather(lostPerMille: 0, doubledPerMille: 0, longestDelay: .milliseconds(1))
  /// One message in five is lost, one in ten comes twice.
  public static let storm = Weather(lostPerMille: 200, doubledPerMille: 100, longestDelay: .seconds(8))
}

extension Timeline {
  /// Sends a message through `weather`: `deliver` runs never, once or twice, later.
  public func send(_ name: String, through weather: Weather, deliver: @escaping () throws -> Void) {
    for _ in 0..<fate(of: name, in: weather) {
      let most = Int(weather.longestDelay / .milliseconds(1))
      after(.milliseconds(1 + roll(most))) { [self] in
        note(name)
        try deliver()
      }
    }
  }

  /// How many copies of a message arrive: none, one or two.
  func fate(of name: String, in weather: Weather) -> Int {
    guard roll(1000) >= weather.lostPerMille else {
      note("LOST \(name)")
      return 0
    }
    guard roll(1000) < weather.doubledPerMille else { return 1 }
    note("DOUBLED \(name)")
    return 2
  }
}
