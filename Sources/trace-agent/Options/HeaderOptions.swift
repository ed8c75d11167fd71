import ArgumentParser

/// Who gets what in trace headers, and what is given up for it.
struct HeaderOptions: ParsableArguments {
    @Flag(
        help: """
            Give the kernel's addresses (symbols, printk formats) not only to the host and root: all members of the \
            group that may give orders get them too.
            """)
    var symbolsForGroup = false

    @Flag(
        help: """
            Without Landlock in the kernel, let the threads that make trace headers and open released ring buffers \
            keep the right to read what the group of tracefs may (root's, or that of its mount option gid=), instead of \
            making headers only once, at the start, and never releasing ring buffers.
            """)
    var headerThreadWithoutLandlock = false
}
