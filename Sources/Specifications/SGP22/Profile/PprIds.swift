/// Profile policy rules (SGP.22 §2.9).
///
/// ```
/// PprIds ::= BIT STRING { pprUpdateControl(0), ppr1(1), ppr2(2), ppr3(3) }
/// ```
public typealias PprIds = NamedBits<ProfilePolicyRule>

/// The bits of PprIds.
public enum ProfilePolicyRule: Int, CaseIterable, Sendable {
  /// The rules may be changed by ES6.
  case pprUpdateControl
  /// Disabling of this Profile is not allowed.
  case ppr1
  /// Deletion of this Profile is not allowed.
  case ppr2
  /// Deletion of this Profile is required upon its successful disabling (not used since v2.1).
  case ppr3
}
