"""What a CPU costs, in guests with more and more of them."""

import time

from fifo import Reader
from guest import Guest
from guest_peers import GuestPeer
from peers import AGENT, BARE
from results import Column, Table

NAME = "growth"
# Few large records: the load is to leave room for what is measured.
RATE, SIZE, RING_KIB = 100, 1000, 1024


def case(cpus):
    return f"{cpus} CPUs" if cpus > 1 else "1 CPU"


def measure(bench, guest, name):
    guest.set_rings(RING_KIB)
    with GuestPeer(guest, name) as peer:
        lost, (cpu, switches) = guest.lost(), guest.cost(peer.pids)
        begin = time.monotonic()
        written = guest.load(bench.seconds(3), RATE, SIZE)
        # With many CPUs the load takes its time.
        seconds = time.monotonic() - begin
        cpu_then, switches_then = guest.cost(peer.pids)
        return {"load": (cpu_then - cpu) * 1e6 / written,
                "switches": (switches_then - switches) / seconds / guest.cpus,
                "lost": 100 * (guest.lost() - lost) / written}


def run_row(bench):
    table = Table(NAME, f"Growth: guests of QEMU, {RATE} records/s of {SIZE} B a CPU, into real ports", {
        "load": Column("CPU us a record", 1), "switches": Column("switches/s a CPU", 1), "lost": Column("lost %", 1)})
    sizes = [1, 2] if bench.quick else [1, 2, 8, 32]
    for cpus in sizes:
        with Guest(cpus, memory_mib=512 + 32 * cpus) as guest, Reader(guest.ports()):
            for _ in range(min(bench.rounds, 2)):
                for name in AGENT, BARE:
                    table.add(case(cpus), name, **measure(bench, guest, name))
    table.series = {name: [(cpus, table.median(case(cpus), name, "load")) for cpus in sizes] for name in (AGENT, BARE)}
    table.notes.append("The CPUs of all guests are emulated (TCG) by those of this machine. The bare loop is one "
                       "process for each CPU.")
    return table
