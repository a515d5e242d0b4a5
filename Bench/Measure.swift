import Foundation

/// Times work on one thread: as many rounds as fit into the time given, after one that does not count.
enum Measure {
  /// CPU microseconds a round takes, measured over at least `seconds`.
  static func microseconds(for seconds: Double = 0.5, _ round: () throws -> Void) rethrows -> Double {
    try round()
    var rounds = 0
    let begin = cpuSeconds()
    var spent = 0.0
    repeat {
      try round()
      rounds += 1
      spent = cpuSeconds() - begin
    } while spent < seconds
    return spent * 1_000_000 / Double(rounds)
  }

  /// Wall microseconds a round takes, for what waits on a disk.
  static func wallMicroseconds(for seconds: Double = 0.5, _ round: () throws -> Void) rethrows -> Double {
    try round()
    var rounds = 0
    let begin = ContinuousClock.now
    repeat {
      try round()
      rounds += 1
    } while ContinuousClock.now - begin < .seconds(seconds)
    return (ContinuousClock.now - begin) / .microseconds(1) / Double(rounds)
  }

  /// CPU time that this process has spent.
  static func cpuSeconds() -> Double { seconds(of: CLOCK_PROCESS_CPUTIME_ID) }

  /// CPU time that the calling thread has spent.
  static func threadSeconds() -> Double { seconds(of: CLOCK_THREAD_CPUTIME_ID) }

  private static func seconds(of clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// CPU time that another process has spent, user and system; nil where it is gone.
  static func cpuSeconds(of process: Int32) -> Double? {
    guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      let end = stat.lastIndex(of: ")")
    else { return nil }
    let fields = stat[stat.index(after: end)...].split(separator: " ")
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// Memory of this process that is in RAM.
  static func residentBytes() throws -> Int {
    let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else { throw BenchError("the system does not tell its memory") }
    return pages * sysconf(Int32(_SC_PAGESIZE))
  }
}
