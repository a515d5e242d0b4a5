import AsyncHTTPClient
import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import Transport

extension LinkError {
  /// The sentence for what went wrong on the way to `host`.
  init(_ error: any Error, host: String) {
    switch error {
    case let error as LinkError: self = error
    case let error as NIOSSLError: self.init(error, host: host)
    case let error as NIOSSLExtraError where error == .failedToValidateHostname:
      self.init(.untrusted, "the TLS certificate of \(host) is for another name; check the address")
    case is NIOSSLExtraError, is BoringSSLError:
      self.init(handshake: error, host: host)
    case let error as HTTPClientError: self.init(error, host: host)
    case is ResponseAccumulator.ResponseTooBigError:
      self.init(.malformed, "the answer of \(host) is longer than this client takes")
    case let error as NIOConnectionError:
      if error.dnsAError != nil || error.dnsAAAAError != nil, error.connectionErrors.isEmpty {
        self.init(.unreachable, "no server is called \(host); check the address and the name service")
      } else {
        self.init(.unreachable, "nobody answers at \(host); check the address, the network and that the server runs")
      }
    case let error as IOError where [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH].contains(error.errnoCode):
      self.init(.unreachable, "nobody answers at \(host); check the address, the network and that the server runs")
    case is IOError: self.init(.broken, "the connection to \(host) broke; try again")
    case is ChannelError: self.init(.broken, "the connection to \(host) broke; try again")
    default: self.init(.broken, "the exchange with \(host) failed: \(error)")
    }
  }

  private init(_ error: NIOSSLError, host: String) {
    switch error {
    case .handshakeFailed(let reason) where "\(reason)".contains("CERTIFICATE_VERIFY_FAILED"):
      self.init(
        .untrusted,
        "the TLS certificate of \(host) is refused: expired, not yet valid, damaged, or of a certificate issuer that is "
          + "not trusted here")
    case .handshakeFailed, .noCertificateToValidate, .unableToValidateCertificate:
      self.init(handshake: error, host: host)
    default: self.init(.broken, "the connection to \(host) broke; try again")
    }
  }

  /// BoringSSL tells its reason between its own words: "…:SSLV3_ALERT_ILLEGAL_PARAMETER at …".
  private init(handshake error: any Error, host: String) {
    let reason = "\(error)".firstMatch(of: /OPENSSL_internal:([A-Z0-9_]+)/).map { ": \($0.output.1)" } ?? ""
    self.init(
      .untrusted, "TLS with \(host) fails\(reason); check the address, and what certificates both sides have")
  }

  private init(_ error: HTTPClientError, host: String) {
    switch error {
    case .connectTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout:
      self.init(.unreachable, "\(host) does not answer in time; check the address and the network")
    case .alreadyShutdown: self.init(.unreachable, "the client is closed")
    case .invalidURL, .emptyHost, .emptyScheme: self.init(.unreachable, "\"\(host)\" is no server's name")
    case .readTimeout, .writeTimeout, .deadlineExceeded:
      self.init(.broken, "\(host) did not answer in time; try again")
    default: self.init(.broken, "the connection to \(host) broke; try again")
    }
  }
}
