import ArgumentParser

/// A TCP port that somebody can listen on: 1 to 65535.
struct Port: ExpressibleByArgument, Codable {
  let number: Int

  init?(_ number: Int) {
    guard (1...65_535).contains(number) else { return nil }
    self.number = number
  }

  init?(argument: String) {
    guard let number = Int(argument) else { return nil }
    self.init(number)
  }

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    guard let port = Port(try value.decode(Int.self)) else {
      throw DecodingError.dataCorruptedError(in: value, debugDescription: "a port is a number from 1 to 65535")
    }
    self = port
  }

  func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    try value.encode(number)
  }

  var defaultValueDescription: String { String(number) }
}
