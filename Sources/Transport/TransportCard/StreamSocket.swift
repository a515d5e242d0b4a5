import Glibc
import Transport

/// A connection with blocking calls, for adapters that serve one peer.
final class StreamSocket: Sendable {
  private let descriptor: Int32

  private init(_ descriptor: Int32) { self.descriptor = descriptor }

  /// Our end of a new local connection, and the descriptor of the other end, which the caller closes.
  static func pair() throws(LinkError) -> (own: StreamSocket, other: Int32) {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw LinkError(.unreachable, "no more files can be opened; raise the limit (ulimit -n)")
    }
    return (StreamSocket(ends[0]), ends[1])
  }

  /// Connects to `host`.
  init(host: String, port: Int) throws(LinkError) {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, String(port), &hints, &list) == 0 else {
      throw LinkError(.unreachable, "the name \(host) is not known")
    }
    defer { freeaddrinfo(list) }
    var address = list
    while let this = address {
      let descriptor = socket(this.pointee.ai_family, this.pointee.ai_socktype, this.pointee.ai_protocol)
      if descriptor >= 0 {
        if connect(descriptor, this.pointee.ai_addr, this.pointee.ai_addrlen) == 0 {
          var on: Int32 = 1
          setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
          self.descriptor = descriptor
          return
        }
        close(descriptor)
      }
      address = this.pointee.ai_next
    }
    throw LinkError(.unreachable, "nobody listens on \(host):\(port)")
  }

  deinit { close(descriptor) }

  /// Exactly `count` bytes; nil where the peer closed the connection before the first.
  func read(_ count: Int) throws(LinkError) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let got = bytes[done...].withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if got < 0, errno == EINTR { continue }
      guard got > 0 else {
        if done == 0 { return nil }
        throw LinkError(.broken, "the connection ended in the middle of a message")
      }
      done += got
    }
    return bytes
  }

  /// Writes all of `bytes`.
  func write(_ bytes: [UInt8]) throws(LinkError) {
    var done = 0
    while done < bytes.count {
      // MSG_NOSIGNAL: a peer that went away is an error here, not the end of the process.
      let sent = bytes[done...].withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if sent < 0, errno == EINTR { continue }
      guard sent > 0 else { throw LinkError(.broken, "the other side closed the connection") }
      done += sent
    }
  }

  /// Tells the peer at once that what it sent is here. The kernel would wait 40 ms for an answer to send along, and a peer
  /// that sends a message in two parts (RFC 896) holds the second back until then.
  func acknowledge() {
    var on: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_QUICKACK, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  /// Ends both directions; a blocked `read` returns.
  func shutDown() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}
