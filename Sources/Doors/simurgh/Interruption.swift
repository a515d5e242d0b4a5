import Dispatch
import Foundation

/// The end of a server: SIGINT or SIGTERM.
enum Interruption {
  /// Returns when one of the signals comes.
  static func wait() async {
    let (signals, announce) = AsyncStream.makeStream(of: Void.self)
    let sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number)
      source.setEventHandler { announce.yield() }
      source.resume()
      return source
    }
    for await _ in signals { break }
    for source in sources { source.cancel() }
  }
}
