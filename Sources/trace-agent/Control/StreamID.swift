/// One of the streams that orders come from; valid for one turn of the loop, as places are given to other clients.
enum StreamID: Equatable, Sendable {
    case host
    case client(place: Int)
}
