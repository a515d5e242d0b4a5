import Bytes
import Keys
import OfflineCard
import TLV
import Testing

@Suite("B: numbers") struct NumberTests {
  @Test("each kind of number has its digits, and nothing else") func lengths() throws {
    #expect(try RegistrationNumber("0123456789").text == "0123456789")
    for bad in ["", "123456789", "12345678901", "12345a7890", "１２３４５６７８９０", "123456789 "] {
      #expect(throws: (any Error).self, "\(bad)") { try RegistrationNumber(bad) }
    }
    for good in ["1234", "12345678"] { #expect(try PIN(good).digits.bytes.count == good.count) }
    for bad in ["123", "123456789", "12 4"] { #expect(throws: (any Error).self) { try PIN(bad) } }
  }

  @Test("a scheme has a name, which makes its parties' names") func scheme() throws {
    let key = PrivateKey(.p256, random: SeededRandomSource(seed: [1])).publicKey
    #expect(
      try Scheme(name: "Telephone", masterKey: key, currency: .euro).centre
        != Scheme(name: "Tram", masterKey: key, currency: .euro).centre)
    for bad in ["", "Two words", "é"] {
      #expect(throws: (any Error).self, "\(bad)") { try Scheme(name: bad, masterKey: key, currency: .euro) }
    }
  }

  @Test("a secret number prints nothing") func secrecy() throws {
    #expect(!"\(try PIN("4711"))".contains("4711"))
    #expect(!String(reflecting: try SettingNumber("12345678")).contains("12345678"))
  }

  @Test("a random setting number uses every digit") func random() {
    let random = SeededRandomSource(seed: [4])
    let digits = (0..<200).flatMap { _ in SettingNumber(random: random).digits.bytes }
    #expect(Set(digits).count == 10)
    #expect(digits.count == 1600)
  }

  @Test("a currency is one of ISO 4217, and amounts count its minor unit") func currencies() throws {
    for (code, text) in [("EUR", "0.05 EUR"), ("JPY", "5 JPY"), ("KWD", "0.005 KWD"), ("UYW", "0.0005 UYW")] {
      let currency = try Currency(code)
      #expect(currency.text(5) == text)
      var writer = TLVWriter()
      writer.write(0x80, currency)
      var reader = TLVReader(writer.bytes)
      #expect(try reader.read(0x80, as: Currency.self) == currency)
    }
    #expect(Currency.euro.text(123_456) == "1234.56 EUR" && Currency.euro.text(0) == "0.00 EUR")
    #expect(try Money(#require(Amount(100)), .euro).description == "1.00 EUR")
    for bad in ["", "eur", "EURO", "ABC", "XAU", "EU"] {
      #expect(throws: (any Error).self, "\(bad)") { try Currency(bad) }
    }
  }

  @Test("an amount is never negative and stays below its bound") func amounts() throws {
    let ten = try #require(Amount(10))
    #expect(Amount(-1) == nil)
    #expect(Amount(.max) == nil)
    #expect((Amount.greatest + ten) == .greatest)
    #expect((Amount.zero - ten) == .zero)
  }
}
