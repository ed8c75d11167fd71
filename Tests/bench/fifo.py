"""The host's end of data ports that are FIFOs."""

import fcntl
import os
import selectors
import struct
import threading
import time

PAGE = 4096
F_SETPIPE_SZ = 1031


class Reader:
    """Reads FIFOs in a thread of its own, and remembers when what came."""

    def __init__(self, paths, keep=False):
        # Writers open them before that, and for both: so there is no end of file.
        self._files = [os.open(path, os.O_RDWR | os.O_NONBLOCK) for path in paths]
        self._keep = keep
        self.arrivals = []  # (seconds of CLOCK_MONOTONIC, bytes, the bytes themselves if they are kept)
        self.total = 0

    def __enter__(self):
        self._selector = selectors.DefaultSelector()
        for file in self._files:
            fcntl.fcntl(file, F_SETPIPE_SZ, 1 << 20)
            self._selector.register(file, selectors.EVENT_READ)
        self._end, self._wake = os.pipe()
        self._selector.register(self._end, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error):
        os.close(self._wake)
        self._thread.join()
        self._selector.close()
        for file in [*self._files, self._end]:
            os.close(file)

    def _run(self):
        while True:
            for key, _ in self._selector.select():
                if key.fd == self._end:
                    return
                data = os.read(key.fd, 1 << 20)
                self.arrivals.append((time.monotonic(), len(data), key.fd, data if self._keep else None))
                self.total += len(data)

    def stamped(self):
        """The latency of each record that `trace-load write` has stamped, in seconds."""
        latencies = []
        pending = dict.fromkeys(self._files, b"")
        for moment, _, file, data in self.arrivals:
            pending[file] += data
            whole = len(pending[file]) // PAGE * PAGE
            for start in range(0, whole, PAGE):
                latencies += [moment - stamp / 1e9 for stamp in stamps(pending[file][start:start + PAGE])]
            pending[file] = pending[file][whole:]
        return latencies


def stamps(page):
    """The times in the records of a page of the ring buffer: see "Sub-buffers" of the kernel's ring_buffer.c.

    A page is a 64-bit time, the length of its data (the low 30 bits), and events. An event begins with 5 bits that are
    its type: up to 28, the length of its data in words of 4 bytes; 0: the length follows; 29 to 31: padding and times.
    """
    length = struct.unpack_from("<Q", page, 8)[0] & 0x3FFFFFFF
    place, end = 16, 16 + length
    while place < end:
        kind = struct.unpack_from("<I", page, place)[0] & 31
        if kind == 29:
            return
        if kind > 29:
            place += 8
            continue
        size = kind * 4 if kind else struct.unpack_from("<I", page, place + 4)[0]
        # The header of the trace entry, 8 bytes; the tag, 4; the number, 8.
        if size >= 28:
            yield struct.unpack_from("<Q", page, place + 4 + (0 if kind else 4) + 20)[0]
        place += 4 + size
