import Bytes
import TLV

/// A profile package: the sequence of profile elements that an eUICC makes a profile of (TCA eUICC Profile Package:
/// Interoperable Format §7.1; SGP.22's Unprotected Profile Package).
///
/// Elements keep the bytes they arrived in, so what nobody changed is written as it was read.
public struct Package: Sendable {
  /// An element and its bytes.
  struct Slot: Sendable {
    var element: any ProfileElement
    var encoded: [UInt8]
  }

  private(set) var slots: [Slot]

  /// Reads the concatenated elements: DER throughout, which is what §8.1 wants. Nothing is checked beyond what the
  /// types demand; ``Lint`` does the rest.
  public init(decoding bytes: [UInt8]) throws(PackageError) {
    slots = []
    var reader = TLVReader(bytes)
    while !reader.isAtEnd {
      let (index, offset, tag) = (slots.count, bytes.count - reader.remaining.count, reader.nextTag)
      do {
        let element = try reader.element()
        slots.append(Slot(element: try PE.element(element), encoded: Array(element.encoded)))
      } catch {
        throw PackageError(index: index, name: tag.map(PE.name), offset: offset, cause: error)
      }
    }
  }

  /// A package of elements made by ourselves.
  public init(_ elements: [any ProfileElement]) {
    slots = elements.map { Slot(element: $0, encoded: Self.encode($0)) }
  }

  /// The elements, concatenated.
  public var encoded: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(slots.reduce(0) { $0 + $1.encoded.count })
    for slot in slots { bytes += slot.encoded }
    return bytes
  }

  /// The elements in order.
  public var elements: [any ProfileElement] { slots.map(\.element) }

  /// How many elements there are.
  public var count: Int { slots.count }

  /// The bytes of the element at `index`.
  public func encoded(at index: Int) -> [UInt8] { slots[index].encoded }

  // MARK: Elements of one type

  /// The first element of a type: `package.first(PE.USIM.self)`.
  public func first<Element: ProfileElement>(_ type: Element.Type = Element.self) -> Element? {
    for slot in slots { if let element = slot.element as? Element { return element } }
    return nil
  }

  /// Where the elements of a type stand.
  public func indices<Element: ProfileElement>(of type: Element.Type) -> [Int] {
    slots.indices.filter { slots[$0].element is Element }
  }

  /// The profile header: version, ICCID, services.
  public var header: ProfileHeader? { first(ProfileHeader.self) }

  /// Changes the element at `index`, which is left alone where it is of another type; only this element is encoded
  /// anew.
  public mutating func update<Element: ProfileElement, Failure: Error>(
    _ type: Element.Type, at index: Int, _ change: (inout Element) throws(Failure) -> Void
  ) throws(Failure) {
    guard var element = slots[index].element as? Element else { return }
    try change(&element)
    slots[index] = Slot(element: element, encoded: Self.encode(element))
  }

  /// Puts `element` before the one at `index`.
  public mutating func insert(_ element: some ProfileElement, at index: Int) {
    slots.insert(Slot(element: element, encoded: Self.encode(element)), at: index)
  }

  /// Takes the element at `index` out.
  public mutating func remove(at index: Int) { slots.remove(at: index) }

  private static func encode(_ element: some ProfileElement) -> [UInt8] {
    var writer = TLVWriter(capacity: 256)
    writer.write(element.tag, element)
    return writer.bytes
  }
}

/// Which element of a package is malformed, and how.
public struct PackageError: Error, Equatable, CustomStringConvertible {
  /// The element's place, from 0.
  public let index: Int
  /// The element's name, where its tag could be read.
  public let name: String?
  /// Where the element begins, in bytes from the package's beginning.
  public let offset: Int
  /// What is wrong with it.
  public let cause: TLVError

  public var description: String {
    "profile element \(index + 1)\(name.map { " (\($0))" } ?? "") at byte \(offset): \(cause)"
  }
}
