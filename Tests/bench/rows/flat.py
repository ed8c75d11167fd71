"""Flat out: each CPU records as fast as it can."""

from measure import COLUMNS, all_cpus, run, select, size_in_ring
from peers import AGENT, BARE, PEERS, TRACE_CMD
from results import Table
from tracefs import Instance

NAME = "flat"
TITLE = "Flat out"
# The case, the sink, how many CPUs, bytes of a record, KiB of a ring buffer.
CASES = [
    ("2 CPUs, 64 B, 2 MiB, /dev/null", "null", 2, 64, 2048),
    ("1 CPU, 64 B, 2 MiB, /dev/null", "null", 1, 64, 2048),
    ("2 CPUs, 1 KiB, 2 MiB, /dev/null", "null", 2, 1024, 2048),
    ("2 CPUs, 64 B, 16 MiB, files", "files", 2, 64, 16384),
]


def run_case(bench, table, instance, case):
    title, sink, cpus, size, ring_kib = case
    instance.resize(ring_kib)
    ring_size = size_in_ring(instance, size)
    # trace-cmd record has no way to /dev/null.
    names = [name for name in PEERS if name != TRACE_CMD or sink == "files"]
    for _ in range(bench.rounds):
        for name in names:
            figures = run(name, instance, sink, all_cpus()[:cpus], bench.seconds(2), 0, size, ring_size)
            table.add(title, name, **select(figures, ["mb", "cpu", "machine", "lost"]))


def run_row(bench):
    table = Table(NAME, TITLE, COLUMNS)
    with Instance() as instance:
        for case in CASES[:1] + CASES[3:] if bench.quick else CASES:
            run_case(bench, table, instance, case)
    null, files = CASES[0][0], CASES[3][0]
    table.target("flat out, 2 CPUs, 2 MiB, /dev/null: lost", 0, table.median(null, AGENT, "lost"), " %")
    table.target(
        "flat out, files: lost, above the bare loop's", 0,
        max(0, table.median(files, AGENT, "lost") - table.median(files, BARE, "lost")), " %")
    for case, sink in (null, "/dev/null"), (files, "files"):
        table.target(
            f"flat out, {sink}: CPU a GB, of the bare loop's", 1.05, table.ratio(case, AGENT, BARE, "cpu"), " x")
    table.target(
        "flat out, /dev/null: MB/s, of the bare loop's", 0.95, table.ratio(null, AGENT, BARE, "mb"), " x", True)
    return table
