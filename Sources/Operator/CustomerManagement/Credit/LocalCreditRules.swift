/// The rules that decide where no service is asked: the default.
public struct LocalCreditRules: CreditCheck {
  public let name = "local rules"
  /// Up to so many cents anybody has credit.
  public var limit: Int
  /// More than this nobody has; between the two a person must look.
  public var ceiling: Int
  /// Whether more than ``limit`` needs an address.
  public var wantsAddress: Bool

  /// By default 100.00 for anybody, nothing above 1000.00.
  public init(limit: Int = 100_00, ceiling: Int = 1000_00, wantsAddress: Bool = true) {
    (self.limit, self.ceiling, self.wantsAddress) = (limit, ceiling, wantsAddress)
  }

  public func answer(to inquiry: CreditInquiry) -> CreditAnswer {
    if inquiry.amount <= limit { return .approved(limit: limit) }
    if inquiry.amount > ceiling { return .refused("more than \(ceiling) is given to nobody") }
    if wantsAddress, inquiry.particulars.address.isEmpty { return .unknown("more than \(limit) needs an address") }
    return .approved(limit: inquiry.amount)
  }
}
