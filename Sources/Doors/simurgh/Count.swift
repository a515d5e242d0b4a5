import ArgumentParser

/// A number of things that a person asks for: at least 1.
struct Count: ExpressibleByArgument, ExpressibleByIntegerLiteral {
  let number: Int

  init(integerLiteral number: Int) { self.number = number }

  init?(argument: String) {
    guard let number = Int(argument), (1...1_000_000_000).contains(number) else { return nil }
    self.number = number
  }

  var defaultValueDescription: String { String(number) }
}
