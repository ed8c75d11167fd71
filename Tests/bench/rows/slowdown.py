"""What tracing costs the program that is traced."""

import subprocess

from agent import LOAD, Folder
from measure import all_cpus
from peers import AGENT, PEERS
from results import Column, Table
from tracefs import Instance

NAME = "slowdown"
CASE = "2 threads on CPU 0 wake each other"
OFF, UNREAD = "not traced", "traced, not read"
EVENTS = ["sched/sched_switch", "sched/sched_waking"]


def nanoseconds(bench):
    rounds = 5000 if bench.quick else 100_000
    return int(subprocess.run([LOAD, "switch", "0", str(rounds)], capture_output=True, check=True).stdout)


def trace(instance, enable):
    for event in EVENTS:
        instance.set(f"events/{event}/enable", enable)


def traced(bench, instance, enable=1):
    """Nanoseconds a round, and the share of events that were lost."""
    trace(instance, enable)
    time = nanoseconds(bench)
    trace(instance, 0)
    return {"time": time, "lost": 100 * instance.lost() / max(1, instance.written())}


def run_once(bench, instance, name):
    instance.clear()
    if name in (OFF, UNREAD):
        return {"time": traced(bench, instance, int(name == UNREAD))["time"]}
    with Folder("files", all_cpus()) as folder, PEERS[name](instance, folder, all_cpus()):
        # Events are enabled only now: trace-cmd disables those that were.
        return traced(bench, instance)


def run_row(bench):
    table = Table(NAME, "Slow-down of the traced program: sched_switch and sched_waking, 2 MiB, into files", {
        "time": Column("ns a round", 0), "slowdown": Column("slow-down %", 1), "lost": Column("lost %", 2)})
    with Instance() as instance:
        nanoseconds(bench)
        for _ in range(bench.rounds):
            for name in [OFF, UNREAD, *PEERS]:
                figures = run_once(bench, instance, name)
                untraced = (table.values(CASE, OFF, "time") or [figures["time"]])[-1]
                table.add(CASE, name, **figures, slowdown=100 * (figures["time"] / untraced - 1))
    lossless = [name for name in PEERS if name != AGENT and not table.median(CASE, name, "lost")]
    best = min(lossless, key=lambda name: table.median(CASE, name, "slowdown"))
    table.target(f"slow-down of the traced program, that of the best peer without loss ({best})",
                 table.median(CASE, best, "slowdown"), table.median(CASE, AGENT, "slowdown"), " %")
    table.notes.append("A round is two wake-ups and two switches, and four events.")
    return table
