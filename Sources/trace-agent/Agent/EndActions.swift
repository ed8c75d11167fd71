/// What belongs to the end of a recording; nothing for a service.
struct EndActions {
    /// Done before the last flush, so that it leaves the ring buffers empty; may be done again.
    var beforeLastFlush: () -> Void = {}
    /// What is left behind if the end comes suddenly, for a message.
    var whatRemains: (() -> String)?
}
