import JSON
import SGP22
import Transport

/// How one function's request and answer stand in HTTP (SGP.22 §6.5 JSON, §6.6 ASN.1).
public struct Binding<Function: ServerFunction> {
  /// The request in the message, with its header on ES2+ and ES12.
  let read: (Message) throws(Denial) -> (header: JSONBinding.RequestHeader?, request: Function.Request)
  /// The answer.
  let write: (Result<Function.Response, Refusal>) -> Reply
}

extension Binding {
  /// SGP.22 §6.5: JSON; notifications are answered with a status alone.
  public static var json: Binding {
    Binding { message throws(Denial) in
      try HTTPRules.check(message)
      do throws(JSONError) {
        return try JSONBinding.decode(Function.Request.self, from: message.body)
      } catch {
        switch error {
        case .missing(let name): throw Refusal.elementMissing.because("\"\(name)\" is missing")
        default: throw Refusal.formatInvalid.because("\(error)")
        }
      }
    } write: { answer in
      guard Function.isNotification else { return HTTPRules.json(JSONBinding.encode(answer)) }
      if case .failure = answer { return HTTPRules.reply(400) }
      return HTTPRules.reply(204)
    }
  }

  /// SGP.22 §6.6: ASN.1, of which the request has been read to know the function.
  public static func asn1(
    _ request: Function.Request, answer: @escaping (Outcome<Function>) -> RemoteProfileProvisioningResponse
  ) -> Binding where Function: OutcomeFunction, Function.Ok == Function.Response, Function.Failure: FunctionErrorCode {
    Binding { _ throws(Denial) in
      (nil, request)
    } write: {
      HTTPRules.asn1(answer(Function.outcome($0)).encoded)
    }
  }

  /// SGP.22 §6.6: a notification, which has no answer.
  public static func asn1(_ notification: Function.Request) -> Binding where Function.Response == NoFields {
    Binding { _ throws(Denial) in
      (nil, notification)
    } write: { answer in
      if case .failure = answer { return HTTPRules.reply(400) }
      return HTTPRules.reply(204)
    }
  }
}
