"""One run of one peer: what it costs while records are written."""

import os
import time

import machine
from agent import Folder, fill, run_load
from peers import PEERS
from results import Column
from tracefs import SystemCalls, record_bytes

COLUMNS = {
    "mb": Column("MB/s", 0),
    "cpu": Column("CPU s/GB", 3),
    "machine": Column("machine's CPU s/GB", 2),
    "load": Column("CPU ms/s", 2),
    "busy": Column("machine's CPU ms/s", 0),
    "lost": Column("lost %", 3),
    "wakeups": Column("wake-ups/s", 1),
    "switches": Column("switches/s", 1),
    "calls": Column("system calls/MB", 0),
}


def size_in_ring(instance, size):
    """Bytes that a record of `size` bytes takes in the ring buffer, the page headers left out."""
    instance.clear()
    fill(instance, [0], 100, size)
    return record_bytes(instance, 100)


class Cost:
    """What some processes do between its making and `end`."""

    def __init__(self, instance, pids):
        self._instance = instance
        self._pids = pids
        self._lost = instance.lost()
        self._read = instance.count("read events")
        self._switches = self._sum(machine.switches)
        self._cpu = self._sum(lambda pid: [machine.cpu_seconds(pid)])
        self._busy = machine.busy_seconds()
        self._begin = time.monotonic()

    def _sum(self, function):
        return [sum(column) for column in zip(*map(function, self._pids))]

    def end(self, written, size):
        """The figures. A GB is that of the records which were read, whatever the program makes of them."""
        seconds = time.monotonic() - self._begin
        busy = machine.busy_seconds() - self._busy
        cpu = self._sum(lambda pid: [machine.cpu_seconds(pid)])[0] - self._cpu[0]
        voluntary, both = (now - then for now, then in zip(self._sum(machine.switches), self._switches))
        lost = self._instance.lost() - self._lost
        gigabytes = (self._instance.count("read events") - self._read) * size / 1e9
        costs = {"cpu": cpu / gigabytes, "machine": busy / gigabytes} if gigabytes else {}
        return costs | {
            "mb": gigabytes * 1000 / seconds,
            "load": cpu / seconds * 1000,
            "busy": busy / seconds * 1000,
            "lost": 100 * lost / max(written, 1),
            "wakeups": voluntary / seconds,
            "switches": both / seconds,
        }


def run(name, instance, sink, cpus, seconds, rate, size=64, ring_size=None, counts_calls=False):
    """Lets one peer drain what is written meanwhile.

    With `counts_calls` only the system calls are counted: that costs so much that nothing else is of use.
    """
    ring_size = ring_size or size_in_ring(instance, size)
    instance.clear()
    with Folder(sink, cpus) as folder, PEERS[name](instance, folder, cpus) as peer:
        if counts_calls:
            tasks = [task for pid in peer.pids for task in machine.threads(pid)]
            with SystemCalls(tasks) as calls:
                written = run_load(instance, cpus, seconds, rate, size)
                return {"calls": calls.count() / (written * ring_size / 1e6)}
        cost = Cost(instance, peer.pids)
        written = run_load(instance, cpus, seconds, rate, size)
        return cost.end(written, ring_size)


def all_cpus():
    return list(range(min(2, os.cpu_count())))


def select(figures, keys):
    return {key: figures[key] for key in keys if key in figures}
