import Identifiers
import TLV

/// A currency by its alphabetic code (ISO 4217). Amounts count its minor unit: cents of a euro, but whole yen.
public struct Currency: TLVContent, Hashable, Comparable, CustomStringConvertible {
  /// Three capital letters.
  public let code: String
  /// How many decimal digits its minor unit has.
  public let minorDigits: Int

  /// The euro.
  public static let euro = Currency(checked: "EUR", 2)
  /// ISO 4217's code where no currency is involved: what was used before amounts had one.
  public static let unknown = Currency(checked: "XXX", 0)

  private init(checked code: String, _ minorDigits: Int) { (self.code, self.minorDigits) = (code, minorDigits) }

  /// The currency of a code that is in use.
  public init(_ code: String) throws(InvalidIdentifier) {
    guard let minorDigits = Self.inUse[code] else {
      throw InvalidIdentifier(kind: "currency", reason: "a code of ISO 4217 is wanted, like EUR or JPY")
    }
    (self.code, self.minorDigits) = (code, minorDigits)
  }

  public init(_ element: TLVElement) throws(TLVError) {
    let code = try String(element)
    do { try self.init(code) } catch { throw .invalid(element.tag, "\(error)") }
  }

  public func encodeContent(to writer: inout TLVWriter) { code.encodeContent(to: &writer) }

  /// So many minor units as people write them: 1234 is "12.34 EUR" or "1234 JPY".
  public func text(_ units: Int128) -> String {
    guard minorDigits > 0 else { return "\(units) \(code)" }
    let digits = String(units)
    let padded = String(repeating: "0", count: max(0, minorDigits + 1 - digits.count)) + digits
    return "\(padded.dropLast(minorDigits)).\(padded.suffix(minorDigits)) \(code)"
  }

  public static func < (a: Currency, b: Currency) -> Bool { a.code < b.code }

  public var description: String { code }

  /// ISO 4217's codes by the digits of their minor units. Metals, funds and codes for tests are none that people pay with.
  private static let inUse: [String: Int] = {
    let codes = [
      """
      BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF XXX
      """, "",
      """
      AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP
      CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS
      KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD
      PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP
      TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
      """, "BHD IQD JOD KWD LYD OMR TND", "CLF UYW",
    ]
    return codes.enumerated().reduce(into: [:]) { table, row in
      for code in row.element.split(whereSeparator: \.isWhitespace) { table[String(code)] = row.offset }
    }
  }()
}

/// An amount in its currency.
public struct Money: Hashable, Sendable, CustomStringConvertible {
  public let amount: Amount
  public let currency: Currency

  /// Both.
  public init(_ amount: Amount, _ currency: Currency) { (self.amount, self.currency) = (amount, currency) }

  public var description: String { currency.text(Int128(amount.units)) }
}
