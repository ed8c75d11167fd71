"""Start-up, and memory."""

import fcntl
import os
import subprocess
import time
from pathlib import Path

import machine
from agent import Agent, Folder, run_load
from measure import all_cpus
from peers import AGENT, PEERS
from results import Column, Table
from tracefs import Instance

NAME = "start"
START, MEMORY = "start", "memory while streaming, 2 CPUs"
EMPTY = "true(1)"
F_GETPIPE_SZ = 1032


def start_once(instance):
    """Milliseconds from before the start to READY=1 and to the answer to `status`, and CPU time until nothing is done."""
    with Folder("null", all_cpus()) as folder, Agent(instance, folder, all_cpus()) as agent:
        agent.order("status")
        answered = time.monotonic() - agent.begin
        ready = agent.ready_after
        return {"ready": ready * 1000, "answer": answered * 1000,
                "cpu": machine.settled_cpu(agent.pid) * 1000}


def empty_start():
    """What starts and ends an empty program: the share of Python and of the kernel."""
    begin = time.monotonic()
    subprocess.run(["true"])
    return (time.monotonic() - begin) * 1000


def pipes(pid):
    """What the pipes of a process can hold, in KiB."""
    sizes = {}
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        target = os.readlink(entry)
        # Standard streams may be pipes of whoever runs the benchmark.
        if int(entry.name) > 2 and target.startswith("pipe:"):
            file = os.open(entry, os.O_RDONLY | os.O_NONBLOCK)
            sizes[target] = fcntl.fcntl(file, F_GETPIPE_SZ) / 1024
            os.close(file)
    return sum(sizes.values())


def memory_of(instance, name):
    instance.clear()
    with Folder("files", all_cpus()) as folder, PEERS[name](instance, folder, all_cpus()) as peer:
        run_load(instance, all_cpus(), 0.1, 20_000)
        anonymous, file_backed = (sum(column) for column in zip(*map(machine.memory, peer.pids)))
        return {"anonymous": anonymous, "files": file_backed, "pipes": sum(map(pipes, peer.pids))}


def run_row(bench):
    table = Table(NAME, "Start-up and memory", {
        "ready": Column("ms to READY"), "answer": Column("ms to an answer"), "cpu": Column("CPU ms", 1),
        "anonymous": Column("anonymous KiB", 0), "files": Column("file-backed KiB", 0), "pipes": Column("pipes KiB", 0)})
    with Instance() as instance:
        for _ in range(2 if bench.quick else 20):
            table.add(START, AGENT, **start_once(instance))
            table.add(START, EMPTY, ready=empty_start())
        for name in PEERS:
            table.add(MEMORY, name, **memory_of(instance, name))
    table.target("ready after", 10, table.median(START, AGENT, "ready"), " ms")
    table.target("anonymous memory", 2048, table.median(MEMORY, AGENT, "anonymous"), " KiB")
    table.notes.append(
        "A start includes fork(2) and exec(2) from Python; true(1) is measured to its end. The agent's CPU is that of "
        "reading the event formats too, which a thread does at nice 19 after the agent is ready. Memory is the sum "
        "of all processes of a program.")
    return table
