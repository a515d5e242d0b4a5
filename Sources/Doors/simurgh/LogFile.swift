import Foundation
import Synchronization
import Transport

/// A log of decoded messages that people read; "-" is standard error.
final class LogFile: EventSink {
  private let file: Mutex<FileHandle>

  init(_ path: String) throws {
    if path == "-" {
      file = Mutex(.standardError)
      return
    }
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    guard let handle = FileHandle(forWritingAtPath: path) else {
      throw Complaint(.noPermission, "The log \(path) cannot be written.")
    }
    file = Mutex(handle)
  }

  func take(_ event: LinkEvent) {
    let arrow = event.direction == .sent ? "→" : "←"
    var text = "\(Date().formatted(.iso8601)) \(arrow) \(event.peer)  \(event.name)\n"
    for line in event.text.split(separator: "\n") { text += "    \(line)\n" }
    file.withLock { try? $0.write(contentsOf: Data(text.utf8)) }
  }
}
