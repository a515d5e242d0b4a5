import Foundation

/// What the devices are to do, as the process of the devices is told.
struct DevicePlan: Codable {
  /// The server's name, and where it is.
  var address: String
  var place: String
  /// The certificate issuers' certificates, and the eUICC manufacturer's with its key: DER and scalar in hexadecimal.
  var roots: [String]
  var eumCertificate: String
  var eumKey: String
  /// How many devices are busy at a time, each over a connection it keeps.
  var devices: Int
  var work: Work

  enum Work: Codable {
    /// A download and its notification for each token, to a new eUICC each.
    case downloads(tokens: [String])
    /// So many requests without a body to this path: what HTTP and TLS take by themselves.
    case requests(path: String, count: Int)
  }
}

/// What the devices did.
struct DeviceResult: Codable {
  /// Downloads, or requests, that succeeded.
  var done = 0
  /// Why the first that failed did.
  var failure: String?
  /// Wall time from the first to the last.
  var seconds = 0.0
  /// Wall time of each, in microseconds, in order of length.
  var durations: [Double] = []

  /// The duration that the given part of all stayed below.
  func quantile(_ part: Double) -> Double {
    durations.isEmpty ? 0 : durations[min(durations.count - 1, Int(Double(durations.count) * part))]
  }
}

/// The process of the devices, seen from outside.
struct DeviceProcess {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()

  /// Starts the devices; returns when their cards are made and their connections stand.
  init(_ plan: some Encodable, for command: String = "devices", in folder: URL) throws {
    let file = folder.appendingPathComponent("plan.json")
    try JSONEncoder().encode(plan).write(to: file)
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = [command, file.path]
    (process.standardInput, process.standardOutput) = (input, output)
    try process.run()
    guard output.fileHandleForReading.availableData == Data("ready\n".utf8) else {
      process.terminate()
      throw BenchError("the devices could not be made ready")
    }
  }

  /// Lets the devices begin and waits until all are done.
  func run() throws -> DeviceResult {
    input.fileHandleForWriting.write(Data("go\n".utf8))
    let answer = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let result = try JSONDecoder().decode(DeviceResult.self, from: answer)
    if let failure = result.failure { throw BenchError("a device failed: \(failure)") }
    return result
  }
}
