"""Flat out in a guest, into real ports; and the memory that a host which does not read pins."""

import machine
from fifo import Reader
from guest import Guest
from guest_peers import GuestPeer
from peers import AGENT, BARE, CAT, ORIGINAL
from results import Column, Table

NAME = "guest-pages"
FLAT, ABSENT = "flat out, 64 B, 2 MiB", "host does not read"
RING_KIB = 2048
# What a record of 64 B takes in a ring buffer of the guest's kernel.
RECORD_BYTES = 76


def flat_out(bench, guest, name):
    guest.set_rings(RING_KIB)
    with Reader(guest.ports()), GuestPeer(guest, name) as peer:
        lost, (cpu, _) = guest.lost(), guest.cost(peer.pids)
        seconds = bench.seconds(2)
        written = guest.load(seconds, 0, 64)
        lost, cpu = guest.lost() - lost, guest.cost(peer.pids)[0] - cpu
        gigabytes = max(written - lost, 1) * RECORD_BYTES / 1e9
        return {"mb": gigabytes * 1000 / seconds, "cpu": cpu / gigabytes, "lost": 100 * lost / written}


def pinned(bench, guest, name):
    """MiB of the guest's memory that a port's full queue takes."""
    guest.set_rings(RING_KIB)
    with GuestPeer(guest, name):
        before = guest.available_kib()
        pinned_kib = [0]
        # Until the queue takes no more.
        while len(pinned_kib) < 4 or pinned_kib[-1] > pinned_kib[-2] + 512:
            guest.load(0.2 if bench.quick else 1, 0, 64)
            pinned_kib.append(before - guest.available_kib())
    with Reader(guest.ports()) as reader:
        # The driver frees what the host has read when a port is opened.
        machine.wait_until(lambda: is_drained(guest, reader), "the ports are drained")
    return max(pinned_kib) / 1024 / guest.cpus


def is_drained(guest, reader):
    before = reader.total
    guest.run("usleep 200000; for port in /dev/virtio-ports/trace-path-cpu*; do : > $port; done")
    return reader.total == before


def run_row(bench):
    table = Table(NAME, "Guest of QEMU, 2 CPUs, real ports", {
        "mb": Column("MB/s", 1), "cpu": Column("CPU s/GB", 2), "lost": Column("lost %", 1),
        "pinned": Column("MiB pinned a port", 1)})
    with Guest(2, memory_mib=1024) as guest:
        for _ in range(min(bench.rounds, 3)):
            for name in AGENT, BARE, ORIGINAL, CAT:
                table.add(FLAT, name, **flat_out(bench, guest, name))
        for name in (AGENT,) if bench.quick else (AGENT, BARE, ORIGINAL):
            table.add(ABSENT, name, pinned=pinned(bench, guest, name))
    table.target("guest: memory that a host which does not read pins", 8, table.median(ABSENT, AGENT, "pinned"), " MiB a port")
    table.notes.append("The guest's CPUs are emulated (TCG), and share the host's with QEMU: compare, do not take as they are.")
    return table
