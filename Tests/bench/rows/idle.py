"""What a program costs that has nothing, or next to nothing, to do."""

import time

import machine
from agent import Agent, Folder, Load
from measure import COLUMNS, Cost, all_cpus, select
from peers import AGENT, PEERS
from results import Table
from tracefs import Instance

NAME = "idle"
STOPPED, NOTHING, TRICKLE = "stopped", "started, nothing is recorded", "started, 10 records/s a CPU"


def observe(instance, pids, seconds, rate):
    cost = Cost(instance, pids)
    if rate:
        Load(instance, all_cpus(), seconds, rate).written()
    else:
        time.sleep(seconds)
    return select(cost.end(0, 1), ["load", "wakeups", "switches"])


def run_row(bench):
    table = Table(NAME, "Idle: 2 CPUs, ring buffers of 2 MiB, into files", COLUMNS)
    seconds = bench.seconds(3)
    with Instance() as instance:
        for _ in range(min(bench.rounds, 2)):
            with Folder("files", all_cpus()) as folder, Agent(instance, folder, all_cpus()) as agent:
                machine.settled_cpu(agent.pid)
                table.add(STOPPED, AGENT, **observe(instance, [agent.pid], seconds, 0))
            for case, rate in (NOTHING, 0), (TRICKLE, 10):
                for name in PEERS:
                    instance.clear()
                    with Folder("files", all_cpus()) as folder, PEERS[name](instance, folder, all_cpus()) as peer:
                        # The start has wake-ups of its own.
                        time.sleep(min(seconds, 1.1))
                        table.add(case, name, **observe(instance, peer.pids, seconds, rate))
    table.target("wake-ups a second, stopped", 0, table.median(STOPPED, AGENT, "wakeups"))
    table.target("wake-ups a second, started, nothing is recorded", 1, table.median(NOTHING, AGENT, "wakeups"))
    table.target("wake-ups a flush interval, 10 records/s a CPU", 2, table.median(TRICKLE, AGENT, "wakeups"))
    return table
