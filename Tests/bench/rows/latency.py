"""The time from the writing of a record until the host has it."""

from agent import Folder, run_load
from fifo import Reader
from measure import all_cpus
from peers import AGENT, BARE, CAT, ORIGINAL, PEERS
from results import Column, Table, percentile
from tracefs import Instance

NAME = "latency"
CASE = "1 000 records/s a CPU"
INTERVALS = {"10 ms": 10, "100 ms": 100, "1 s": 1000}


def latencies(instance, name, seconds, *options):
    """Of each record of a run, in milliseconds."""
    instance.clear()
    with Folder("fifo", all_cpus()) as folder, Reader(folder.sinks, keep=True) as reader:
        with PEERS[name](instance, folder, all_cpus(), *options):
            written = run_load(instance, all_cpus(), seconds, 1000)
        found = [1000 * seconds for seconds in reader.stamped()]
    if len(found) > written:
        raise RuntimeError(f"{name}: {len(found)} records came, {written} were written")
    return found


def run_row(bench):
    table = Table(NAME, f"Latency: written -> read from a FIFO, {CASE}, ring buffers of 2 MiB", {
        "median": Column("median ms"), "p99": Column("99 % ms"), "worst": Column("worst ms"),
        "came": Column("records", 0)})
    runs = {f"{AGENT}, {text}": (AGENT, max(2 * interval / 1000, 1), ["--flush-interval", f"{interval}ms"])
            for text, interval in INTERVALS.items()}
    runs |= {name: (name, 2, []) for name in (BARE, ORIGINAL, CAT)}
    all_of = {label: [] for label in runs}
    with Instance() as instance:
        for _ in range(min(bench.rounds, 3)):
            for label, (name, seconds, options) in runs.items():
                found = latencies(instance, name, bench.seconds(seconds), *options)
                all_of[label] += found
                if found:
                    table.add(CASE, label, median=percentile(found, 50), p99=percentile(found, 99),
                              worst=max(found), came=len(found))
                else:
                    table.add(CASE, label, came=0)
    for text, interval in INTERVALS.items():
        # In a quick run the longest interval does not end.
        table.target(f"latency, flush interval {text}: 99 %", interval + 5,
                     table.median(CASE, f"{AGENT}, {text}", "p99"), " ms")
    table.notes.append("What is in the ring buffer when the records end comes with the stop. The bare loop and the "
                       "original's send no page that is not full, so these records never come.")
    table.series = {label: [(percentile(found, percent), percent) for percent in range(0, 101)]
                    for label, found in all_of.items() if found}
    return table
