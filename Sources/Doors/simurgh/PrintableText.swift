extension String {
  /// What others wrote, as a terminal may have it: control characters, which could forge lines or recolour what stands
  /// above, are escaped. `lineBreaks` may stay.
  func escaped(lineBreaks: Bool = false) -> String {
    var text = ""
    for scalar in unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control where scalar == "\n" && lineBreaks: text.unicodeScalars.append(scalar)
      case .control, .lineSeparator, .paragraphSeparator, .format, .unassigned, .privateUse:
        text += scalar.escaped(asASCII: true)
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  /// The same for a sentence: of a word longer than 200 characters its ends are left.
  func printable(lineBreaks: Bool = false) -> String {
    let text = escaped(lineBreaks: lineBreaks)
    guard text.utf8.count > 200 else { return text }
    return text.split(separator: " ", omittingEmptySubsequences: false).map { word in
      word.utf8.count <= 200 ? String(word) : "\(word.prefix(80))…\(word.suffix(20))"
    }.joined(separator: " ")
  }
}
