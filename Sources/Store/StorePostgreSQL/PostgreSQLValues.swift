import CPQ
import Store

/// Types by their numbers in pg_type.
enum TypeNumber {
  static let (unknown, bool, bytea, int8, int2, int4): (Oid, Oid, Oid, Oid, Oid, Oid) = (0, 16, 17, 20, 21, 23)
  static let (text, varchar, numeric): (Oid, Oid, Oid) = (25, 1043, 1700)
}

/// A statement's values as they go to the server: binary, in one buffer.
struct Parameters {
  private var buffer: [UInt8] = []
  private var places: [(offset: Int, length: Int)?] = []

  /// `values` for parameters of the given types.
  init(_ values: [SQLValue], types: [Oid]) throws(StoreError) {
    places.reserveCapacity(values.count)
    for (value, type) in zip(values, types) {
      let offset = buffer.count
      switch value {
      case .null:
        places.append(nil)
        continue
      case .integer(let number): try append(number, as: type)
      case .text(let text):
        // A text of PostgreSQL has no such character.
        guard !text.utf8.contains(0) else { throw .constraint("a text holds U+0000") }
        buffer.append(contentsOf: text.utf8)
      case .blob(let bytes): buffer.append(contentsOf: bytes)
      }
      places.append((offset, buffer.count - offset))
    }
    // The address of an empty value is not nil, which would be NULL.
    buffer.append(0)
  }

  private mutating func append(_ number: Int64, as type: Oid) throws(StoreError) {
    let width = type == TypeNumber.int2 ? 2 : type == TypeNumber.int4 ? 4 : 8
    guard width == 8 || (-1 << (width * 8 - 1)..<1 << (width * 8 - 1)).contains(number) else {
      throw .constraint("\(number) is out of range")
    }
    for shift in stride(from: (width - 1) * 8, through: 0, by: -8) {
      buffer.append(UInt8(truncatingIfNeeded: number >> shift))
    }
  }

  /// Lends the values in libpq's form: addresses, lengths, formats.
  func withPointers<Result>(
    _ body: ([UnsafePointer<CChar>?], [Int32], [Int32]) -> Result
  ) -> Result {
    buffer.withUnsafeBytes { bytes in
      let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
      let addresses = places.map { place in place.flatMap { place in start.map { $0 + place.offset } } }
      let lengths = places.map { Int32($0?.length ?? 0) }
      return body(addresses, lengths, [Int32](repeating: 1, count: places.count))
    }
  }
}

/// The server's values.
enum Answer {
  /// All rows of `result`, whose columns are binary.
  static func rows(_ result: OpaquePointer) throws(StoreError) -> [Row] {
    let columns = PQnfields(result)
    let types = (0..<columns).map { PQftype(result, $0) }
    var rows: [Row] = []
    rows.reserveCapacity(Int(PQntuples(result)))
    for row in 0..<PQntuples(result) {
      var values: [SQLValue] = []
      values.reserveCapacity(types.count)
      for column in 0..<columns {
        values.append(try value(result, row, column, types[Int(column)]))
      }
      rows.append(Row(values))
    }
    return rows
  }

  private static func value(
    _ result: OpaquePointer, _ row: Int32, _ column: Int32, _ type: Oid
  ) throws(StoreError) -> SQLValue {
    if PQgetisnull(result, row, column) != 0 { return .null }
    let bytes = UnsafeRawBufferPointer(
      start: PQgetvalue(result, row, column), count: Int(PQgetlength(result, row, column)))
    switch type {
    case TypeNumber.int8, TypeNumber.int4, TypeNumber.int2:
      let negative = bytes.first.map { $0 >= 0x80 } ?? false
      return .integer(bytes.reduce(negative ? -1 : 0) { $0 << 8 | Int64($1) })
    case TypeNumber.bool: return .integer(bytes.first == 1 ? 1 : 0)
    case TypeNumber.text, TypeNumber.varchar: return .text(String(decoding: bytes, as: UTF8.self))
    case TypeNumber.bytea: return .blob([UInt8](bytes))
    case TypeNumber.numeric:
      guard let number = integer(numeric: bytes) else { throw .unexpected("a sum that is no 64-bit integer") }
      return .integer(number)
    default: throw .unexpected("a value of type \(type), which the dialect does not have")
    }
  }

  /// The sum of 64-bit integers is numeric: count of digits, weight of the first, sign, scale, then digits to base 10000.
  private static func integer(numeric bytes: UnsafeRawBufferPointer) -> Int64? {
    let words = stride(from: 0, to: bytes.count - 1, by: 2).map { Int64(bytes[$0]) << 8 | Int64(bytes[$0 + 1]) }
    guard words.count >= 4, words.count == 4 + Int(words[0]), words[2] == 0 || words[2] == 0x4000 else { return nil }
    if words[0] == 0 { return 0 }
    let weight = Int(words[1])
    guard weight <= 4, Int(words[0]) <= weight + 1 else { return nil }
    var sum: Int64 = 0
    for index in 0...weight {
      let digit = index < Int(words[0]) ? words[4 + index] : 0
      let (product, overflow) = sum.multipliedReportingOverflow(by: 10_000)
      let (next, carry) = product.subtractingReportingOverflow(digit)
      if overflow || carry { return nil }
      sum = next
    }
    return words[2] == 0x4000 ? sum : sum == .min ? nil : -sum
  }
}
