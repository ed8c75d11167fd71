"""Orders and idleness in a guest with real ports."""

import time

import machine
from fifo import Reader
from guest import Guest, TRACE
from guest_peers import GuestPeer
from peers import AGENT
from results import Column, Table

NAME = "guest-orders"
CASE, IDLE = "1 record in a ring buffer", "streaming, nothing is recorded"


def ordered(guest, reader, digit):
    """Milliseconds from an order to the last byte that comes of it."""
    reader.arrivals.clear()
    begin = time.monotonic()
    guest.order(digit)
    machine.wait_until(lambda: reader.arrivals, f"the bytes after {digit}", pause=0.0005)
    return (reader.arrivals[-1][0] - begin) * 1000


def write_records(guest, number):
    guest.run(f"trace-load write {TRACE} 0 0.001 {number * 1000} 64 > /dev/null")


def start_and_stop(guest, reader):
    """A page is in the ring buffer at the start, and one record at the stop."""
    write_records(guest, 100)
    first = ordered(guest, reader, "1\n")
    # Until what was there has come.
    guest.run("usleep 300000")
    write_records(guest, 1)
    last = ordered(guest, reader, "0\n")
    guest.run("usleep 50000")
    return {"first": first, "last": last}


def run_row(bench):
    table = Table(NAME, "Guest: orders", {
        "first": Column("start -> first byte, ms", 1), "last": Column("stop -> last byte, ms", 1),
        "switches": Column("switches/s", 1)})
    with Guest(2) as guest, Reader(guest.ports()) as reader:
        guest.set_rings(2048)
        with GuestPeer(guest, AGENT) as peer:
            seconds = bench.seconds(4)
            for _ in range(min(bench.rounds, 3)):
                before = guest.cost(peer.pids)[1]
                guest.run(f"usleep {int(seconds * 1e6)}")
                table.add(IDLE, AGENT, switches=(guest.cost(peer.pids)[1] - before) / seconds)
            guest.order("0\n")
            for _ in range(1 if bench.quick else 20):
                table.add(CASE, AGENT, **start_and_stop(guest, reader))
    table.target("guest: order -> first byte, median", 5, table.median(CASE, AGENT, "first"), " ms")
    table.target("guest: stop -> last byte, median", 20, table.median(CASE, AGENT, "last"), " ms")
    return table
