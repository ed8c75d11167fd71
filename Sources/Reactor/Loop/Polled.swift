/// Which of two descriptors is ready after `poll`; `second` if both are.
package enum Polled: Sendable { case first, second, neither }
