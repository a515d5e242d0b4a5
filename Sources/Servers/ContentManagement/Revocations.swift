import Identifiers
import MutualAgreement
import SecureMessages
import Store

/// The registrars' and issuers' lists, as the apparatus keeps them.
public enum Revocations {
  /// Keeps a list that was verified, unless a newer one of its sender is there.
  public static func keep(_ list: Signed<RevocationList>, in transaction: any Transaction) throws(StoreError) {
    try transaction.execute(
      """
      INSERT INTO revocation_list (sender, serial, list) VALUES ($1, $2, $3)
      ON CONFLICT (sender) DO UPDATE SET serial = excluded.serial, list = excluded.list
      WHERE revocation_list.serial < excluded.serial
      """, list.claimedSender.name, list.claimedTerm?.serial ?? 0, list.encoded)
  }

  /// The list of `sender` that is in force.
  public static func list(of sender: Party, in reader: any Reader) throws -> Signed<RevocationList>? {
    try reader.first("SELECT list FROM revocation_list WHERE sender = $1", sender.name)
      .map { try Signed<RevocationList>(encoded: $0(0, as: [UInt8].self)) }
  }

  /// Refuses what `sender` revoked: a party, a card, or data.
  public static func check(
    _ sender: Party, party: Party? = nil, card: CardName? = nil, data: StoringDataInformation? = nil,
    in reader: any Reader
  ) throws {
    guard let list = try list(of: sender, in: reader)?.claimedBody else { return }
    let isNamed =
      party.map(list.parties.contains) == true || card.map(list.cards.contains) == true
      || data.map { list.names($0.loadFile, version: $0.version) } == true
    if isNamed { throw AgreementRefusal.revoked }
  }
}
