import OfflineCard

extension Bill {
  /// A page that can be printed. Everything in it comes from checked numbers: there is nothing to escape.
  public var html: String {
    let rows = lines.map { line in
      """
      <tr><td>\(line.begun)</td><td>\(line.kind.name)</td><td>\(line.terminal)</td><td>\(line.card)</td>\
      <td>\(line.number)</td><td class="amount">\(line.amount)</td></tr>
      """
    }
    return """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"><title>Bill \(month) for \(registration)</title>
      <style>body { font-family: sans-serif; margin: 2em } table { border-collapse: collapse }
      td, th { padding: .2em .8em; border-bottom: 1px solid #ccc; text-align: left } .amount { text-align: right }
      </style></head>
      <body><h1>Bill for \(month)</h1><p>Registration number \(registration)</p>
      <table><tr><th>Begun (UTC)</th><th>Service</th><th>Terminal</th><th>Card</th><th>No.</th>\
      <th class="amount">Units</th></tr>
      \(rows.joined(separator: "\n"))
      <tr><th colspan="5">Total</th><th class="amount">\(total)</th></tr></table>
      <p>Each line was signed by the card. Ask for the record of a line by card and number.</p></body></html>

      """
  }

  /// The same as comma-separated values (RFC 4180): a line for each service.
  public var csv: String {
    let rows = lines.map { line in
      "\(month),\(registration),\(line.begun),\(line.kind.name),\(line.terminal),\(line.card),\(line.number),\(line.amount)"
    }
    return (["month,registration,begun,service,terminal,card,number,units"] + rows).joined(separator: "\r\n") + "\r\n"
  }
}

extension ServiceKind {
  /// What people call it.
  public var name: String {
    switch self {
    case .call: "call"
    case .vending: "vending"
    }
  }
}
