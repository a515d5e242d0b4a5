import Foundation
import Glibc
import Transport

/// A TCP connection to a server that speaks in frames, with blocking calls and bounded patience.
public final class FrameClient: Sendable {
  private let descriptor: Int32
  private let framing: Framing
  private let place: String

  /// Connects; no wait is longer than `patience`.
  public init(host: String, port: Int, framing: Framing, patience: Duration) throws(LinkError) {
    (self.framing, place) = (framing, "\(host):\(port)")
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, String(port), &hints, &list) == 0 else {
      throw LinkError(.unreachable, "no server is called \(host); check the address and the name service")
    }
    defer { freeaddrinfo(list) }
    let (seconds, attoseconds) = patience.components
    var wait = timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
    let size = socklen_t(MemoryLayout<timeval>.size)
    var address = list
    while let this = address {
      let descriptor = socket(
        this.pointee.ai_family, this.pointee.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), this.pointee.ai_protocol)
      if descriptor >= 0 {
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &wait, size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, size)
        if connect(descriptor, this.pointee.ai_addr, this.pointee.ai_addrlen) == 0 {
          self.descriptor = descriptor
          return
        }
        close(descriptor)
      }
      address = this.pointee.ai_next
    }
    throw LinkError(.unreachable, "nobody answers at \(place); check the address, the network and that the server runs")
  }

  deinit { close(descriptor) }

  /// Sends a frame. An error leaves open whether it was taken.
  public func send(_ frame: [UInt8]) throws(LinkError) {
    var done = 0
    while done < frame.count {
      let sent = frame[done...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if sent < 0, errno == EINTR { continue }
      guard sent > 0 else { throw LinkError(.broken, "the connection to \(place) broke") }
      done += sent
    }
  }

  /// The next frame, header included.
  public func receive() throws(LinkError) -> [UInt8] {
    let header = try read(framing.headerLength)
    guard let length = framing.length(header), length >= header.count else {
      throw LinkError(.malformed, "\(place) does not speak this protocol")
    }
    return header + (try read(length - header.count))
  }

  private func read(_ count: Int) throws(LinkError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let got = bytes[done...].withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
      if got < 0, errno == EINTR { continue }
      guard got > 0 else {
        throw LinkError(.broken, got == 0 ? "\(place) closed the connection" : "\(place) does not answer in time")
      }
      done += got
    }
    return bytes
  }
}
