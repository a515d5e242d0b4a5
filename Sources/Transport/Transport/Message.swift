/// A request of one of the HTTP interfaces (ES2+, ES9+, ES11, ES12), whichever transport carries it.
public struct Message: Hashable, Sendable {
  /// "POST"; SGP.22 §6.2 knows no other.
  public var method: String
  /// Whom it is for: a name, with a port where it is not 443: "smdp.example.com", "smdp.example.com:8443".
  public var host: String
  /// "/gsma/rsp2/es9plus/initiateAuthentication".
  public var path: String
  public var headers: Headers
  public var body: [UInt8]
  /// The sender's certificate in DER, verified by the transport; nil without mutual TLS.
  public var peerCertificate: [UInt8]?

  /// A request.
  public init(
    method: String = "POST", host: String, path: String, headers: Headers = [:], body: [UInt8] = [],
    peerCertificate: [UInt8]? = nil
  ) {
    (self.method, self.host, self.path, self.headers) = (method, host, path, headers)
    (self.body, self.peerCertificate) = (body, peerCertificate)
  }
}

extension Message {
  /// How a message is turned away before it is read: no POST to one of `paths` (404, 405), or more than `bodyLimit` bytes
  /// (413); nil where it may be read.
  public func unreadable(paths: [String], bodyLimit: Int) -> Reply? {
    guard paths.contains(path) else { return Reply(status: 404) }
    guard method == "POST" else { return Reply(status: 405) }
    return body.count <= bodyLimit ? nil : Reply(status: 413)
  }
}

/// The answer to a ``Message``.
public struct Reply: Hashable, Sendable {
  /// HTTP's status code.
  public var status: Int
  public var headers: Headers
  public var body: [UInt8]

  /// An answer.
  public init(status: Int = 200, headers: Headers = [:], body: [UInt8] = []) {
    (self.status, self.headers, self.body) = (status, headers, body)
  }
}

/// HTTP's header fields; names are compared without regard to case (RFC 9110 §5.1).
public struct Headers: Hashable, Sendable, Sequence, ExpressibleByDictionaryLiteral {
  /// A field's name and value.
  public typealias Field = (name: String, value: String)

  private var names: [String] = []
  private var values: [String] = []

  public init(dictionaryLiteral elements: (String, String)...) { for (name, value) in elements { self[name] = value } }

  /// The first field called `name`; setting replaces it, nil removes all of the name.
  public subscript(name: String) -> String? {
    get { names.firstIndex { Self.equal($0, name) }.map { values[$0] } }
    set {
      for index in names.indices.reversed() where Self.equal(names[index], name) {
        names.remove(at: index)
        values.remove(at: index)
      }
      if let newValue { append(name, newValue) }
    }
  }

  /// Adds a field, whether or not there is one of the name.
  public mutating func append(_ name: String, _ value: String) {
    names.append(name)
    values.append(value)
  }

  public func makeIterator() -> AnyIterator<Field> {
    var pairs = zip(names, values).makeIterator()
    return AnyIterator { pairs.next().map { (name: $0.0, value: $0.1) } }
  }

  private static func equal(_ a: String, _ b: String) -> Bool {
    a.utf8.count == b.utf8.count && zip(a.utf8, b.utf8).allSatisfy { lower($0) == lower($1) }
  }

  private static func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}
