import TLV

/// The files of one kind of profile element, in the order of its ASN.1 SEQUENCE.
///
/// The cases are the schema: AUTOMATIC TAGS gives the first file tag [2], behind header and templateID, and each
/// further one the next number. The raw value is the file's name in the ASN.1 module.
public protocol FileField: RawRepresentable<String>, CaseIterable, Hashable, Sendable {
  /// The element's name in the CHOICE `ProfileElement`.
  static var elementName: String { get }
  /// The element's number in the CHOICE `ProfileElement`.
  static var elementNumber: UInt32 { get }
  /// The files that are not OPTIONAL in the SEQUENCE.
  static var mandatory: Set<Self> { get }
}

/// An element that creates files by a template: what all of them have, whichever files it is about.
public protocol FileSystemElement: KnownElement {
  /// The template whose files the element differs from.
  var templateID: OID { get }
  /// The files given, in schema order, each with its place among the element's fields.
  var files: [(field: Int, name: String, file: File)] { get }
  /// The names of all files the element may have, in schema order.
  static var fileNames: [String] { get }
  /// The names of the files that the element must mention, in schema order.
  static var mandatoryFileNames: [String] { get }
}

/// PE-MF, PE-USIM and their like: SEQUENCE { header PEHeader, templateID OBJECT IDENTIFIER, files File … } (§8.3.4)
public struct FileElement<Field: FileField>: FileSystemElement, TLVSequence {
  public static var name: String { Field.elementName }
  public static var number: UInt32 { Field.elementNumber }
  public static var fileNames: [String] { Field.allCases.map(\.rawValue) }
  public static var mandatoryFileNames: [String] {
    Field.allCases.filter(Field.mandatory.contains).map(\.rawValue)
  }

  private struct Entry: Hashable {
    let number: Int
    let field: Field
    var file: File
  }

  private var peHeader: PEHeader
  public var templateID: OID
  private var entries: [Entry] = []
  /// Fields of later versions.
  public var laterFields = LaterFields()

  /// An element of ours with the given files.
  public init(_ identification: Int, template: OID, _ files: [Field: File]) {
    (peHeader, templateID) = (PEHeader(identification), template)
    for (field, file) in files { self[field] = file }
  }

  public var header: PEHeader? { peHeader }

  /// The file `field`: nil where the element does not mention it.
  public subscript(field: Field) -> File? {
    get { entries.first { $0.field == field }?.file }
    set {
      let index = entries.firstIndex { $0.field == field }
      switch (index, newValue) {
      case (let index?, let file?): entries[index].file = file
      case (let index?, nil): entries.remove(at: index)
      case (nil, let file?):
        let number = Array(Field.allCases).firstIndex(of: field) ?? 0
        let place = entries.firstIndex { $0.number > number } ?? entries.count
        entries.insert(Entry(number: number, field: field, file: file), at: place)
      case (nil, nil): break
      }
    }
  }

  public var files: [(field: Int, name: String, file: File)] {
    entries.map { ($0.number, $0.field.rawValue, $0.file) }
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    peHeader = try reader.read(0xA0)
    templateID = try reader.read(0x81)
    for (number, field) in Field.allCases.enumerated() {
      guard let tag = reader.nextTag else { break }
      if tag == Self.tag(number) { entries.append(Entry(number: number, field: field, file: try reader.read(tag))) }
    }
    laterFields = try reader.laterFields(from: UInt32(Field.allCases.count) + 2)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0xA0, peHeader)
    writer.write(0x81, templateID)
    for entry in entries { writer.write(Self.tag(entry.number), entry.file) }
    writer.write(laterFields)
  }

  private static func tag(_ number: Int) -> TLVTag { .context(UInt32(number) + 2, constructed: true) }
}
