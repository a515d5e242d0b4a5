/// The templates of an IoT minimal profile (Annex A, §9.10): rows of the MF's and the USIM's templates.
extension Template {
  /// MF and ADF.USIM (§9.10.1).
  static let iot = Template(["2.17"], IoTFile.self, iotFiles(from: [(mf, "2.1"), (usim, "2.4.2")]))

  /// Optional files (§9.10.2).
  static let optIoT = Template(
    ["2.18"], OPTIoTFile.self,
    iotFiles(from: [(usim, "2.4.2"), (optUSIM, "2.5.3"), (df5GS, "2.13.4"), (dfSAIP, "2.14")]))

  /// For each field the row of the first template that has a file of its name.
  private static func iotFiles<Field: FileField>(from sources: [(Template, StaticString)]) -> [Field: FileTemplate] {
    var rows: [Field: FileTemplate] = [:]
    for field in Field.allCases {
      // The USIM's EF.ARR has a name of its own here, because the MF's stands in the same element.
      let isUSIMsARR = field.rawValue == "ef-arr-usim"
      let name = isUSIMsARR ? "ef-arr" : field.rawValue == "ef-supi-nai" ? "ef-supinai" : field.rawValue
      for (template, version) in sources where rows[field] == nil && (!isUSIMsARR || template.elementName == "usim") {
        guard let place = PE.fileNames(of: template.elementName).firstIndex(of: name) else { continue }
        rows[field] = template.row(place, version: identifier(version))
      }
    }
    return rows
  }
}

extension PE {
  /// The names of the files of the element `name`, in schema order.
  static func fileNames(of name: String) -> [String] {
    for type in known where type.name == name {
      if let type = type as? any FileSystemElement.Type { return type.fileNames }
    }
    return []
  }
}
