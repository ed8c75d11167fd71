/// guest - host at a time of the guest's clock.
package struct OffsetPoint: Equatable, Codable, Sendable {
    package let time: Int
    package let offset: Int

    package init(time: Int, offset: Int) { (self.time, self.offset) = (time, offset) }
}
