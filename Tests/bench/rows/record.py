"""`trace-host record` beside cat(1), both reading the streams of an agent into files, and beside trace-cmd listen."""

import signal
import socket
import subprocess
import threading
import time
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import machine
from agent import HOST, Agent, Folder, run_load, wait_for_order
from measure import COLUMNS, Cost, all_cpus, select, size_in_ring
from peers import trace_cmd_record
from results import Column, Table
from tracefs import Instance

NAME = "record"
RECORD, CAT, LISTEN = "trace-host record", "cat", "trace-cmd listen"
CASES = {"FIFOs": "fifo", "sockets": "socket"}
TCP = "TCP"
PORT = 24680
RATE = 200_000
SHOWN = ["cpu", "switches", "lost", "anonymous", "files"]


def make_host_folder(folder, kind):
    """A folder of ports as QEMU makes it, in front of an agent whose streams are FIFOs."""
    host = folder.path / "host"
    host.mkdir()
    (host / "agent-ctl-path").symlink_to(folder.socket)
    if kind == "fifo":
        for sink in folder.sinks:
            (host / f"{sink.name}.out").symlink_to(sink)
    return host


class Sockets:
    """Listens as QEMU does, and passes on to who connects what comes out of the FIFOs."""

    def __init__(self, folder, host):
        self._paths = {sink: host / sink.name for sink in folder.sinks}
        self._listeners = []
        self._pumps = {}

    def __enter__(self):
        for fifo, path in self._paths.items():
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(path))
            listener.listen()
            self._listeners.append(listener)
            threading.Thread(target=self._accept, args=(fifo, listener), daemon=True).start()
        return self

    def _accept(self, fifo, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:  # It was shut down.
                return
            self._end_pump(fifo)
            self._pumps[fifo] = subprocess.Popen(["cat", fifo], stdout=connection, stderr=subprocess.DEVNULL)
            connection.close()

    def _end_pump(self, fifo):
        if pump := self._pumps.pop(fifo, None):
            pump.kill()
            pump.wait()

    def __exit__(self, *error):
        for listener in self._listeners:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for fifo in self._paths:
            self._end_pump(fifo)


class Recording:
    """trace-host record. It starts the agent itself."""

    def __init__(self, agent, host, sources):
        self._agent = agent
        self._command = [HOST, "record", host, "-o", host / "trace.dat"]

    def __enter__(self):
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        wait_for_order(self._agent, "streaming")
        self.pids = [self._process.pid]
        machine.settled_cpu(self._process.pid)
        return self

    def __exit__(self, *error):
        self._process.send_signal(signal.SIGINT)
        _, messages = self._process.communicate()
        if self._process.returncode != 0 and not error[0]:
            raise RuntimeError(f"trace-host record: {messages}")


class Cats:
    """One cat(1) for each CPU."""

    def __init__(self, agent, host, sources):
        self._agent = agent
        self._host = host
        self._sources = sources

    def __enter__(self):
        self._processes = []
        for number, source in enumerate(self._sources):
            with source() as stream, open(self._host / f"cat{number}", "wb") as sink:
                self._processes.append(subprocess.Popen(["cat"], stdin=stream, stdout=sink))
        self._agent.order("start")
        self.pids = [process.pid for process in self._processes]
        return self

    def __exit__(self, *error):
        self._agent.order("stop")
        for process in self._processes:
            process.kill()
            process.wait()


def connected(path):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(path))
    return connection


def run_once(instance, program, kind, seconds, ring_size):
    instance.clear()
    with Folder("fifo", all_cpus()) as folder, Agent(instance, folder, all_cpus()) as agent:
        machine.settled_cpu(agent.pid)
        host = make_host_folder(folder, kind)
        with Sockets(folder, host) if kind == "socket" else nullcontext():
            if kind == "socket":
                sources = [partial(connected, host / sink.name) for sink in folder.sinks]
            else:
                sources = [partial(open, sink, "rb") for sink in folder.sinks]
            with program(agent, host, sources) as reader:
                cost = Cost(instance, reader.pids)
                figures = cost.end(run_load(instance, all_cpus(), seconds, RATE), ring_size)
                anonymous, files = (sum(column) for column in zip(*map(machine.memory, reader.pids)))
    return figures | {"anonymous": anonymous, "files": files}


def descendants(pid):
    return [pid, *(below for child in machine.children(pid) for below in descendants(child))]


def listen_once(instance, seconds, ring_size):
    """trace-cmd listen, to which trace-cmd record sends over TCP; the sender is left out."""
    instance.clear()
    with Folder("null", all_cpus()) as folder:
        listener = subprocess.Popen(
            ["trace-cmd", "listen", "-p", str(PORT), "-d", folder.path],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        sender = None
        try:
            machine.wait_until(lambda: is_listening(PORT), "trace-cmd listens")
            sender = trace_cmd_record(instance, folder, "-N", f"127.0.0.1:{PORT}")
            machine.wait_until(
                lambda: len(list(folder.path.glob("trace.*.cpu*"))) == len(all_cpus()), "trace-cmd records")
            time.sleep(0.2)
            pids = descendants(listener.pid)
            cost = Cost(instance, pids)
            figures = cost.end(run_load(instance, all_cpus(), seconds, RATE), ring_size)
            anonymous, files = (sum(column) for column in zip(*map(machine.memory, pids)))
        finally:
            if sender:
                sender.send_signal(signal.SIGINT)
                sender.wait()
            listener.terminate()
            listener.wait()
            # trace-cmd removes it.
            instance.make()
    return figures | {"anonymous": anonymous, "files": files}


def is_listening(port):
    # A connection would be served: proc_net_tcp(5) instead.
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(line[1].endswith(f":{port:04X}") and line[3] == "0A" for line in lines)


def run_row(bench):
    table = Table(NAME, "The host: 2 streams of 200 000 records/s of 64 B into files", COLUMNS | {
        "anonymous": Column("anonymous KiB", 0), "files": Column("file-backed KiB", 0)})
    with Instance() as instance:
        ring_size = size_in_ring(instance, 64)
        for case, kind in CASES.items():
            for _ in range(min(bench.rounds, 3)):
                for name, program in {RECORD: Recording, CAT: Cats}.items():
                    figures = run_once(instance, program, kind, bench.seconds(2), ring_size)
                    table.add(case, name, **select(figures, SHOWN))
        for _ in range(min(bench.rounds, 3)):
            table.add(TCP, LISTEN, **select(listen_once(instance, bench.seconds(2), ring_size), SHOWN))
    for case in CASES:
        table.target(f"trace-host record, {case}: CPU a GB, of cat's", 1.3,
                     table.ratio(case, RECORD, CAT, "cpu"), " x")
    table.notes.append("What trace-host record does before the start and after the stop is left out: trace headers, "
                       "and trace.dat, which is assembled from the files.")
    return table
