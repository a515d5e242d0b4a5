import ProfileInterpreter
import ProfilePackage
import TLV
import Testing

/// The package that most tests change something of: ours, which every clone has.
func usualPackage() throws -> Package { BaseProfile.package }

/// The fullest of GSMA's.
let fullestProfile = "TS48v5_SAIP2.3_BERTLV_SUCI.der"

extension Package {
  /// The elements' bytes, the one at `index` changed.
  func encoded(changing index: Int, _ change: (TLVElement) throws -> [UInt8]) throws -> [UInt8] {
    var bytes: [UInt8] = []
    for place in 0..<count {
      var reader = TLVReader(encoded(at: place))
      bytes += place == index ? try change(reader.element()) : encoded(at: place)
    }
    return bytes
  }
}

extension TLVElement {
  /// The profile element with another header, and with `rest` for what follows the header.
  func element(mandated: Bool, identification: Int? = nil, rest: [UInt8]? = nil) throws -> [UInt8] {
    var reader = try reader()
    var header = try reader.read(0xA0, as: PEHeader.self)
    header.isMandated = mandated
    if let identification { header.identification = identification }
    var writer = TLVWriter(capacity: encoded.count)
    writer.write(tag) { writer in
      writer.write(0xA0, header)
      writer.append(encoded: rest ?? Array(reader.remaining))
    }
    return writer.bytes
  }
}

/// What the interpreter says of a package it refuses.
func refusal(
  of package: [UInt8], by interpreter: Interpreter = Interpreter(), sourceLocation: SourceLocation = #_sourceLocation
) throws -> InterpretationFailure {
  try #require(
    throws: InterpretationFailure.self, sourceLocation: sourceLocation,
    performing: {
      _ = try interpreter.interpret(package)
    })
}
