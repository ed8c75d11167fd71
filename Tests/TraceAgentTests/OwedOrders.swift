import ControlProtocol

@testable import trace_agent

extension OrderStream {
    func oweAnswer(to request: Request) { oweAnswer(to: OwedOrder(request: request, number: 0)) }
}

extension AnswerDebts {
    mutating func add(_ request: Request) { add(OwedOrder(request: request, number: 0)) }
}
