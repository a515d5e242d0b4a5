import Foundation
import Synchronization
import Transport

/// A log of decoded messages that people read; "-" is standard error. One that can no more be written is told once, and
/// what is logged goes on without it.
final class LogFile: EventSink {
  private struct Output {
    let file: FileHandle
    var isBroken = false
  }

  private let path: String
  private let output: Mutex<Output>

  init(_ path: String) throws {
    self.path = path
    // A log into a pipe whose reader goes away is no reason to end.
    signal(SIGPIPE, SIG_IGN)
    if path == "-" {
      output = Mutex(Output(file: .standardError))
      return
    }
    // In place, and never by renaming: the path may be a device or a pipe.
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw Complaint(.noPermission, "The log \(path) cannot be written: \(String(cString: strerror(errno))).")
    }
    output = Mutex(Output(file: FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)))
  }

  func take(_ event: LinkEvent) {
    let text = "\(Date().formatted(.iso8601)) \(event)"
    let failure: (any Error)? = output.withLock { output in
      guard !output.isBroken else { return nil }
      do { try output.file.write(contentsOf: Data(text.utf8)) } catch {
        output.isBroken = true
        return error
      }
      return nil
    }
    if let failure {
      Complaint.note("the log \(path) cannot be written any more: \(failure.localizedDescription); nothing else stops")
    }
  }
}
