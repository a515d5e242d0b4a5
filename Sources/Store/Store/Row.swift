/// One row of an answer: its columns in the order in which the statement names them.
public struct Row: Sendable, Equatable {
  /// The columns' values.
  public let values: [SQLValue]

  /// A row of `values`.
  public init(_ values: [SQLValue]) { self.values = values }

  /// Column `index`, counted from 0, as a `Value`.
  @inlinable public func callAsFunction<Value: SQLConvertible>(
    _ index: Int, as type: Value.Type = Value.self
  ) throws(StoreError) -> Value {
    guard values.indices.contains(index), let value = Value(sqlValue: values[index]) else {
      throw .unexpected("column \(index) is no \(Value.self)")
    }
    return value
  }
}
