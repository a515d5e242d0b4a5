extension QRCode {
  /// The code as a scalable picture (SVG 1.1) with a quiet zone of four modules (ISO/IEC 18004 §6.3.8), one unit a
  /// module: a line of dark modules is one stroke of its path.
  public var svg: String {
    var path = ""
    for row in 0..<width {
      var column = 0
      while column < width {
        guard isDark(row: row, column: column) else {
          column += 1
          continue
        }
        let start = column
        while isDark(row: row, column: column) { column += 1 }
        path += "M\(start + Self.quietZone) \(row + Self.quietZone)h\(column - start)v1H\(start + Self.quietZone)z"
      }
    }
    let side = width + 2 * Self.quietZone
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <svg xmlns="http://www.w3.org/2000/svg" version="1.1" viewBox="0 0 \(side) \(side)" shape-rendering="crispEdges">
      <rect width="\(side)" height="\(side)" fill="#fff"/>
      <path fill="#000" d="\(path)"/>
      </svg>

      """
  }

  /// ISO/IEC 18004 §6.3.8: light modules around the code on paper and in files.
  static let quietZone = 4
}
