"""A trace instance of the benchmark's own."""

import os
import re
from pathlib import Path

TRACEFS = Path("/sys/kernel/tracing")


class Instance:
    """A trace instance that exists as long as the `with` block runs."""

    def __init__(self, ring_kib=2048, name="trace-agent-bench"):
        self.name = name
        self.path = TRACEFS / "instances" / name
        self.ring_kib = ring_kib

    def __enter__(self):
        self.make()
        return self

    def make(self):
        """Makes it if it is not there, with ring buffers that are empty."""
        self.path.mkdir(exist_ok=True)
        self.resize(self.ring_kib)
        self.clear()

    def resize(self, kib):
        self.ring_kib = kib
        self.set("buffer_size_kb", kib)

    def __exit__(self, *error):
        os.rmdir(self.path)

    def set(self, file, value):
        (self.path / file).write_text(f"{value}\n")

    def get(self, file):
        return (self.path / file).read_text().strip()

    def clear(self):
        """Empties the ring buffers. Their counters begin anew."""
        self.set("trace", "")

    def count(self, *keys):
        """The sum of counters of every CPU's `stats`."""
        total = 0
        for cpu in self.path.glob("per_cpu/cpu*/stats"):
            for key in keys:
                found = re.search(rf"^{key}: (\d+)", cpu.read_text(), re.MULTILINE)
                total += int(found[1])
        return total

    def lost(self):
        return self.count("overrun", "commit overrun", "dropped events")

    def written(self):
        """Every event that anybody has recorded since the ring buffers were cleared."""
        return self.count("entries", "overrun", "read events")


class SystemCalls:
    """Counts the system calls of threads, in an instance of its own: raw_syscalls:sys_enter.

    An event costs about as much as a small system call, so nothing else is measured meanwhile.
    """

    def __init__(self, threads):
        self._instance = Instance(64, "trace-agent-bench-calls")
        self._threads = threads

    def __enter__(self):
        self._instance.__enter__()
        self._instance.set("set_event_pid", " ".join(str(thread) for thread in self._threads))
        self._instance.set("events/raw_syscalls/sys_enter/enable", 1)
        return self

    def __exit__(self, *error):
        self._instance.set("events/raw_syscalls/sys_enter/enable", 0)
        self._instance.__exit__()

    def count(self):
        return self._instance.written()


def record_bytes(instance, number):
    """Bytes that a record takes in a ring buffer which has `number` equal ones and nothing else."""
    return instance.count("bytes") / number
