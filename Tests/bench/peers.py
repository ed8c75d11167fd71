"""What drains ring buffers: the agent, and what it is compared with.

Each peer is a `with` block that moves the pages of some CPUs to sinks. All but `trace-cmd record`, which places its
threads itself, run on the CPU that they drain: that is the best for each.
"""

import signal
import subprocess
import time
from pathlib import Path

import machine
from agent import LOAD, Agent

AGENT, BARE, ORIGINAL, CAT, TRACE_CMD = "trace-agent", "bare loop", "original's loop", "cat", "trace-cmd record"
# Seconds; each run ends before that.
LONGEST = 600


class AgentPeer:
    """The agent, streaming."""

    def __init__(self, instance, folder, cpus, *options):
        self._instance = instance
        self._agent = Agent(instance, folder, cpus, *options)

    def __enter__(self):
        self._agent.__enter__()
        machine.settled_cpu(self._agent.pid)
        self._agent.order("start")
        self.pids = [self._agent.pid]
        # The others sleep by the same rule.
        self._instance.percent = int(self._instance.get("buffer_percent"))
        return self

    def __exit__(self, *error):
        self._agent.order("stop")
        self._agent.__exit__()


class ProcessPeer:
    """One process for each CPU."""

    def __init__(self, instance, folder, cpus):
        self._instance = instance
        self._sinks = dict(zip(cpus, folder.sinks))

    def command(self, cpu, ring, sink):
        raise NotImplementedError

    def output(self, sink):
        """What the process has as its standard output."""
        return subprocess.DEVNULL

    def __enter__(self):
        self._instance.set("buffer_percent", self._instance.percent)
        self._processes = [
            # None is left behind if the benchmark is killed.
            subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "taskset", "-c", str(cpu),
                 *self.command(cpu, self._instance.path, sink)], stdout=self.output(sink))
            for cpu, sink in self._sinks.items()]
        self.pids = [process.pid for process in self._processes]
        for pid in self.pids:
            machine.settled_cpu(pid, 0.03)
        return self

    def __exit__(self, *error):
        for process in self._processes:
            process.kill()
            process.wait()


class BarePeer(ProcessPeer):
    """The two splices and nothing else, with the agent's rule for the sleep: the floor."""

    def command(self, cpu, ring, sink):
        return [LOAD, "bare", ring, str(cpu), str(LONGEST), sink]


class OriginalPeer(ProcessPeer):
    """The loop of Linux's virtio-trace agent."""

    def command(self, cpu, ring, sink):
        return [LOAD, "original", ring, str(cpu), str(LONGEST), sink]


class CatPeer(ProcessPeer):
    """cat(1)."""

    def command(self, cpu, ring, sink):
        return ["cat", ring / f"per_cpu/cpu{cpu}/trace_pipe_raw"]

    def output(self, sink):
        return open(sink, "wb")


def trace_cmd_record(instance, folder, *output):
    """trace-cmd record, of Debian. It needs an event: one that does not occur."""
    return subprocess.Popen(
        ["unshare", "--mount", Path(__file__).with_name("without-function-tracing"), instance.path,
         "trace-cmd", "record", "-q", "-B", instance.name, "-e", "sched:sched_process_hang", *output],
        cwd=folder.path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class TraceCmdPeer:
    """trace-cmd record."""

    def __init__(self, instance, folder, cpus):
        self._instance = instance
        self._folder = folder

    def __enter__(self):
        self._instance.set("buffer_percent", self._instance.percent)
        self._process = trace_cmd_record(self._instance, self._folder, "-o", self._folder.path / "trace.dat")
        files = [self._folder.path / f"trace.dat.{self._instance.name}.cpu{cpu}" for cpu in range(2)]
        machine.wait_until(lambda: all(file.exists() for file in files), "trace-cmd records")
        time.sleep(0.1)
        self.pids = [self._process.pid, *machine.children(self._process.pid)]
        for pid in self.pids:
            machine.settled_cpu(pid, 0.05)
        return self

    def __exit__(self, *error):
        self._process.send_signal(signal.SIGINT)
        self._process.wait()
        # trace-cmd removes it.
        self._instance.make()


PEERS = {AGENT: AgentPeer, BARE: BarePeer, ORIGINAL: OriginalPeer, CAT: CatPeer, TRACE_CMD: TraceCmdPeer}
