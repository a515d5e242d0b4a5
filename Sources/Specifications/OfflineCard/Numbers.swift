import Bytes
import Identifiers
import TLV

/// What a number of decimal digits stands for.
public protocol NumberKind: Sendable {
  /// The number's name, as people say it.
  static var name: String { get }
  /// How many digits it has.
  static var digits: ClosedRange<Int> { get }
}

/// A number of decimal digits, checked once; leading zeros count.
public struct Number<Kind: NumberKind>: TLVContent, Hashable, Comparable, CustomStringConvertible {
  /// The digits.
  public let text: String

  /// The number that `text` writes.
  public init(_ text: String) throws(InvalidIdentifier) {
    guard Kind.digits.contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw InvalidIdentifier(kind: Kind.name, reason: "\(Kind.digits.inWords) digits are wanted")
    }
    self.text = text
  }

  public init(_ element: TLVElement) throws(TLVError) {
    let text = try String(element)
    do { try self.init(text) } catch { throw .invalid(element.tag, "\(error)") }
  }

  public func encodeContent(to writer: inout TLVWriter) { text.encodeContent(to: &writer) }

  public static func < (a: Number, b: Number) -> Bool { a.text < b.text }

  public var description: String { text }
}

/// Nt, the registration number: names the user, for whom amounts are summed and bills are made.
public typealias RegistrationNumber = Number<RegistrationNumberKind>
/// IDU, the card number: names the card, so that a lost one can be barred.
public typealias CardNumber = Number<CardNumberKind>
/// Names a terminal.
public typealias TerminalNumber = Number<TerminalNumberKind>

public enum RegistrationNumberKind: NumberKind {
  public static let name = "registration number"
  public static let digits = 10...10
}

public enum CardNumberKind: NumberKind {
  public static let name = "card number"
  public static let digits = 16...16
}

public enum TerminalNumberKind: NumberKind {
  public static let name = "terminal number"
  public static let digits = 8...8
}

/// A secret number that a person dials: printed by nothing, compared in constant time.
public struct SecretNumber<Kind: NumberKind>: TLVContent, Hashable {
  /// The digits in ASCII.
  public let digits: Secret

  /// The number that `text` writes; the complaint does not repeat it.
  public init(_ text: String) throws(InvalidIdentifier) { digits = Secret(Array(try Number<Kind>(text).text.utf8)) }

  /// A number nobody can predict, as long as can be.
  public init(random: any RandomSource) {
    var digits: [UInt8] = []
    while digits.count < Kind.digits.upperBound {
      // 250 is the greatest multiple of ten in a byte: every digit is equally likely.
      digits += random.bytes(Kind.digits.upperBound * 2).filter { $0 < 250 }.map { 0x30 + $0 % 10 }
    }
    self.digits = Secret(Array(digits.prefix(Kind.digits.upperBound)))
  }

  public init(_ element: TLVElement) throws(TLVError) {
    guard Kind.digits.contains(element.content.count), element.content.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw .invalid(element.tag, "\(Kind.name): \(Kind.digits.inWords) digits are wanted")
    }
    digits = Secret(Array(element.content))
  }

  public func encodeContent(to writer: inout TLVWriter) { digits.encodeContent(to: &writer) }
}

/// Ns, the setting number: told to the user alone, who proves with it that a PIN may be set.
public typealias SettingNumber = SecretNumber<SettingNumberKind>
/// Nc, the PIN, which the user chooses.
public typealias PIN = SecretNumber<PINKind>

public enum SettingNumberKind: NumberKind {
  public static let name = "setting number"
  public static let digits = 8...8
}

public enum PINKind: NumberKind {
  public static let name = "PIN"
  public static let digits = 4...8
}

extension ClosedRange<Int> {
  fileprivate var inWords: String { lowerBound == upperBound ? "\(lowerBound)" : "\(lowerBound) to \(upperBound)" }
}
