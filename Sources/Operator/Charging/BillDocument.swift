import OfflineCard

extension Bill {
  /// A page that can be printed. Everything in it comes from checked numbers: there is nothing to escape.
  public var html: String {
    let rows = lines.map { line in
      """
      <tr><td>\(line.begun)</td><td>\(line.kind.name)</td><td>\(line.terminal)</td><td>\(line.card)</td>\
      <td>\(line.number)</td><td class="amount">\(Money(line.amount, line.currency))</td></tr>
      """
    }
    let body = lines.isEmpty ? ["<tr><td colspan=\"6\">no service was used</td></tr>"] : rows
    let sums = ServiceKind.allCases.flatMap { kind in
      let those = lines.filter { $0.kind == kind }
      return Bill.sums(those).map { sum in
        let count = those.count { $0.currency == sum.currency }
        return "<tr><th colspan=\"5\">\(kind.name), \(count)</th><td class=\"amount\">\(sum)</td></tr>"
      }
    }
    let total = totals.map { "<tr><th colspan=\"5\">Total</th><th class=\"amount\">\($0)</th></tr>" }
    let toPay = totals.isEmpty ? "nothing" : totals.map(\.description).joined(separator: " and ")
    return """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"><title>Bill \(month) for \(registration)</title>
      <style>\(Self.style)</style></head>
      <body><h1>\(isDraft ? "Draft of the bill" : "Bill") for \(month)</h1>
      <p>Registration number <b>\(registration)</b><br>Bill number \(month)-\(registration)<br>
      Services begun before \(month.end), and on no earlier bill</p>
      <p class="total">\(isDraft ? "So far" : "To pay"): <b>\(toPay)</b></p>
      <table><thead><tr><th>Begun (UTC)</th><th>Service</th><th>Terminal</th><th>Card</th><th>No.</th>\
      <th class="amount">Amount</th></tr></thead>
      <tbody>\(body.joined(separator: "\n"))</tbody>
      <tbody class="sums">\((sums + total).joined(separator: "\n"))</tbody></table>
      <p>Each line was signed by the card. Ask for the record of a line by card and number.</p></body></html>

      """
  }

  /// On paper the table's head stands on every page, and no line is torn.
  private static let style = """
    body { font-family: sans-serif; margin: 2em; color: #000 } table { border-collapse: collapse }
    td, th { padding: .2em .8em; border-bottom: 1px solid #ccc; text-align: left; font-variant-numeric: tabular-nums }
    .amount { text-align: right } .sums th { font-weight: normal } .sums tr:last-child th { font-weight: bold }
    .total { font-size: 1.2em } @page { size: A4; margin: 15mm }
    @media print { body { margin: 0 } table { width: 100% } thead { display: table-header-group }
    tr { break-inside: avoid } .sums { break-inside: avoid } }
    """

  /// The same as comma-separated values (RFC 4180): a line for each service, with its amount in the currency's minor units.
  public var csv: String {
    let rows = lines.map { line in
      "\(month),\(registration),\(line.begun),\(line.kind.name),\(line.terminal),\(line.card),\(line.number),\(line.amount),\(line.currency)"
    }
    return (["month,registration,begun,service,terminal,card,number,units,currency"] + rows).joined(separator: "\r\n")
      + "\r\n"
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
