import CircleFiles
import CircleOfTrust
import Foundation
import MutualAuthentication

/// Takes over into a running server what changes in the circle's directory: revocation lists and trust anchors.
struct CircleWatch {
  private let directory: CircleDirectory
  private let trust: CircleInForce
  private var seen: [String: Date] = [:]

  /// How often a server looks.
  static let interval = Duration.seconds(2)

  /// A watch that at first takes over whatever it finds.
  init(directory: CircleDirectory, trust: CircleInForce) { (self.directory, self.trust) = (directory, trust) }

  /// Reads the directory if a file of it was written. One that cannot be read leaves the circle as it is, and is told.
  mutating func refresh() {
    let stamps = directory.stamps()
    guard stamps != seen else { return }
    seen = stamps
    do { trust.circle = try directory.circle() } catch {
      Complaint.note("ERROR: \(error) What was trusted and revoked before stays in force until the file is put right.")
    }
  }

  /// Looks again and again, until the task is cancelled.
  func run() async {
    var watch = self
    while !Task.isCancelled {
      watch.refresh()
      try? await Task.sleep(for: Self.interval)
    }
  }
}
