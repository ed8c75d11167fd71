"""The agent, with stand-ins for its ports, and the programs that load the ring buffers."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import machine

ROOT = Path(__file__).resolve().parents[2]
AGENT = ROOT / ".build/release/trace-agent"
HOST = ROOT / ".build/release/trace-host"
LOAD = ROOT / ".build/release/trace-load"


class Folder:
    """A folder of ports in memory: one sink for each CPU, and a FIFO for the orders."""

    def __init__(self, sink, cpus):
        self.path = Path(tempfile.mkdtemp(prefix="trace-agent-bench.", dir="/dev/shm"))
        # The agent has no privileges when it looks for its ports again, and reports that it is ready.
        self.path.chmod(0o755)
        self.control = self.path / "agent-ctl-path"
        self.socket = self.path / "control.sock"
        os.mkfifo(self.control)
        self.sinks = [self.path / f"trace-path-cpu{cpu}" for cpu in cpus]
        for path in self.sinks:
            if sink == "null":
                path.symlink_to("/dev/null")
            elif sink == "fifo":
                os.mkfifo(path)
            else:
                path.touch()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        shutil.rmtree(self.path)


class Agent:
    """An agent that runs as long as the `with` block does. It begins stopped."""

    def __init__(self, instance, folder, cpus, *options):
        self._folder = folder
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify.settimeout(30)
        self._notify.bind(str(folder.path / "notify"))
        os.chmod(folder.path / "notify", 0o666)
        self._command = [
            str(AGENT), "--ports", str(folder.path), "--instance", instance.name, "--socket", str(folder.socket),
            "--cpu", ",".join(map(str, cpus)), *options]

    def __enter__(self):
        environment = os.environ | {"NOTIFY_SOCKET": str(self._folder.path / "notify")}
        with open(self._folder.path / "log", "w") as log:
            self.begin = time.monotonic()
            self._process = subprocess.Popen(self._command, env=environment, stderr=log)
        self.pid = self._process.pid
        try:
            while b"READY=1" not in self._notify.recv(4096):
                pass
            self.ready_after = time.monotonic() - self.begin
            self._connection = socket.socket(socket.AF_UNIX)
            self._connection.settimeout(30)
            self._connection.connect(str(self._folder.socket))
            self._answers = self._connection.makefile("rb")
        except OSError as error:
            self.__exit__()
            raise RuntimeError(f"the agent does not start: {self.log()}") from error
        return self

    def __exit__(self, *error):
        self._process.terminate()
        self._process.wait()
        self._notify.close()

    def order(self, word):
        """Gives an order in words over the agent's own socket; its answer."""
        self._connection.sendall(f"{word}\n".encode())
        answer = json.loads(self._answers.readline())
        if answer.get("error"):
            raise RuntimeError(f"{word}: {answer['error']}")
        return answer

    def log(self):
        return (self._folder.path / "log").read_text()


class Load:
    """Writes numbered records on each CPU, pinned to it."""

    def __init__(self, instance, cpus, seconds, rate, size=64):
        command = [str(LOAD), "write", str(instance.path)]
        self._processes = [
            subprocess.Popen([*command, str(cpu), str(seconds), str(rate), str(size)], stdout=subprocess.PIPE)
            for cpu in cpus]

    def written(self):
        """Waits for the end; how many records were written."""
        return sum(int(process.communicate()[0]) for process in self._processes)

    @property
    def is_running(self):
        return any(process.poll() is None for process in self._processes)


def run_load(instance, cpus, seconds, rate, size=64):
    return Load(instance, cpus, seconds, rate, size).written()


def fill(instance, cpus, records, size=64):
    """Writes `records` records on each CPU, as fast as possible."""
    run_load(instance, cpus, 0.001, records * 1000, size)


def wait_for_order(agent, state):
    machine.wait_until(lambda: agent.order("status")["state"] == state, f"the agent is {state}")
