/// Somebody who says whether an applicant may have credit.
public protocol CreditCheck: Sendable {
  /// Who it is, for the record.
  var name: String { get }
  /// The answer to an inquiry. It comes in bounded time and never fails: not to get one is an answer too.
  func answer(to inquiry: CreditInquiry) -> CreditAnswer
}

/// What is asked.
public struct CreditInquiry: Sendable, Hashable {
  /// Our name for the applicant.
  public let reference: String
  public let particulars: Subscriber.Particulars
  /// How much credit is wanted, in cents.
  public let amount: Int

  /// An inquiry about somebody.
  public init(reference: String, of particulars: Subscriber.Particulars, amount: Int) {
    (self.reference, self.particulars, self.amount) = (reference, particulars, amount)
  }
}

/// What was answered. Only an approval lets a subscription begin; the others differ in what a person does next.
public enum CreditAnswer: Sendable, Hashable, CustomStringConvertible {
  /// Credit up to so many cents.
  case approved(limit: Int)
  /// No credit, and why.
  case refused(String)
  /// The service knows nothing, or said nothing that can be understood: another must be asked.
  case unknown(String)
  /// No answer came in time: ask again.
  case noAnswer(String)

  public var description: String {
    switch self {
    case .approved(let limit): "approved up to \(limit)"
    case .refused(let reason): "refused: \(reason)"
    case .unknown(let reason): "unknown: \(reason)"
    case .noAnswer(let reason): "not answered: \(reason)"
    }
  }

  /// The reasons' longest length, in characters.
  static let reasonLimit = 200

  /// The answer as its table has it; 0 stands for none.
  var number: Int {
    switch self {
    case .approved: 1
    case .refused: 2
    case .unknown: 3
    case .noAnswer: 4
    }
  }

  var limit: Int? { if case .approved(let limit) = self { limit } else { nil } }

  var reason: String? {
    switch self {
    case .approved: nil
    case .refused(let reason), .unknown(let reason), .noAnswer(let reason): String(reason.prefix(Self.reasonLimit))
    }
  }

  init?(number: Int, limit: Int?, reason: String?) {
    switch number {
    case 1: self = .approved(limit: limit ?? 0)
    case 2: self = .refused(reason ?? "")
    case 3: self = .unknown(reason ?? "")
    case 4: self = .noAnswer(reason ?? "")
    default: return nil
    }
  }
}
