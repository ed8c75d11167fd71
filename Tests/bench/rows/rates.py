"""Fixed rates into files."""

from measure import COLUMNS, all_cpus, run, select, size_in_ring
from peers import AGENT, BARE, PEERS, TRACE_CMD
from results import Table
from tracefs import Instance

NAME = "rates"
RATES = [1000, 20_000, 200_000]
KEYS = ["cpu", "load", "busy", "wakeups", "switches", "lost"]


def case(rate):
    return f"{rate:,} records/s a CPU".replace(",", " ")


def run_row(bench):
    table = Table(NAME, "Fixed rates: 2 CPUs, 64 B, rings of 2 MiB, into files", COLUMNS)
    with Instance() as instance:
        ring_size = size_in_ring(instance, 64)
        for rate in RATES:
            for counts_calls in [False] * bench.rounds + [True]:
                for name in PEERS:
                    figures = run(name, instance, "files", all_cpus(), bench.seconds(3), rate, 64, ring_size,
                                  counts_calls)
                    table.add(case(rate), name, **select(figures, [*KEYS, "calls"]))
    add_targets(table)
    table.notes.append(
        "A GB is one of records that were read; a program that sends pages which are not full pays for that here. "
        "Nothing is read in 3 s at 1 000 records/s by what waits until a part of the ring buffer is full. "
        "System calls were counted in a run of their own.")
    table.series = {
        name: [(rate, cost) for rate in RATES if (cost := table.median(case(rate), name, "cpu"))] for name in PEERS}
    return table


def add_targets(table):
    for rate in RATES[1:]:
        table.target(f"{case(rate)}, files: CPU a GB, of the bare loop's", 1.05,
                     table.ratio(case(rate), AGENT, BARE, "cpu"), " x")
        table.target(f"{case(rate)}, files: CPU a GB, of trace-cmd record's", 0.7,
                     table.ratio(case(rate), AGENT, TRACE_CMD, "cpu"), " x")
    slow = case(RATES[0])
    table.target(f"{slow}: CPU, of the bare loop's", 2, table.ratio(slow, AGENT, BARE, "load"), " x")
    table.target(f"{slow}: switches a second a CPU", 3, table.median(slow, AGENT, "switches") / len(all_cpus()))
