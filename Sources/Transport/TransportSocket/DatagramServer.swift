import Foundation
import Synchronization
import Transport

/// A server on a Unix datagram socket: each datagram is answered, or not, by itself.
public final class DatagramServer: Sendable {
  /// The longest datagram; what is longer arrives cut, and is no message then.
  public static let datagramLimit = 2048

  private let descriptor: Int32
  private let path: String
  private let isStopped = Atomic(false)

  /// Binds `path`, which its owner and group alone may write to; a socket that nobody listens on any more is replaced.
  ///
  /// `respond` runs on the server's own thread, a datagram after the other.
  public init(path: String, respond: @escaping @Sendable ([UInt8]) -> [UInt8]?) throws(LinkError) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard !bytes.isEmpty, bytes.count < MemoryLayout.size(ofValue: address.sun_path), !bytes.contains(0) else {
      throw LinkError(.unreachable, "a socket's path has 1 to 107 bytes: \(path)")
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else {
      throw LinkError(.unreachable, "no more files can be opened; raise the limit (ulimit -n)")
    }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    func withAddress(_ call: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Bool {
      withUnsafePointer(to: address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { call(descriptor, $0, size) == 0 }
      }
    }
    if withAddress(connect) {
      close(descriptor)
      throw LinkError(.unreachable, "another server listens on \(path); end it or choose another path")
    }
    var status = stat()
    if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK { unlink(path) }
    let mask = umask(0o117)
    let isBound = withAddress(bind)
    umask(mask)
    guard isBound else {
      close(descriptor)
      throw LinkError(
        .unreachable, "nothing can listen on \(path): \(String(cString: strerror(errno))); choose another path")
    }
    (self.descriptor, self.path) = (descriptor, path)
    let thread = Thread { [self] in serve(respond) }
    thread.name = "datagrams"
    thread.start()
  }

  /// Takes no more datagrams and removes the socket.
  public func stop() {
    guard !isStopped.exchange(true, ordering: .relaxed) else { return }
    unlink(path)
    shutdown(descriptor, Int32(SHUT_RDWR))
  }

  private func serve(_ respond: ([UInt8]) -> [UInt8]?) {
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: Self.datagramLimit)
    while !isStopped.load(ordering: .relaxed) {
      var sender = sockaddr_un()
      var length = socklen_t(MemoryLayout<sockaddr_un>.size)
      let got = withUnsafeMutablePointer(to: &sender) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
          buffer.withUnsafeMutableBytes { recvfrom(descriptor, $0.baseAddress, $0.count, 0, address, &length) }
        }
      }
      if got < 0, errno == EINTR { continue }
      // A datagram of length zero may be one, or the end.
      guard got > 0 else {
        if got == 0, !isStopped.load(ordering: .relaxed) { continue }
        return
      }
      // Who has no address of its own cannot be answered.
      guard let answer = respond(Array(buffer.prefix(got))), length > socklen_t(MemoryLayout<sa_family_t>.size) else {
        continue
      }
      _ = withUnsafePointer(to: sender) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
          answer.withUnsafeBytes {
            sendto(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT), address, length)
          }
        }
      }
    }
  }
}
