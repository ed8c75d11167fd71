"""What drains ring buffers in the guest, to its ports."""

from guest import TRACE
from peers import AGENT, BARE, CAT, ORIGINAL

PORT = "/dev/virtio-ports/trace-path-cpu"


class GuestPeer:
    """A peer that drains all CPUs of the guest as long as the `with` block runs."""

    def __init__(self, guest, name, percent=25):
        self._guest = guest
        self._name = name
        self._percent = percent

    def __enter__(self):
        if self._name == AGENT:
            self._start_agent()
        else:
            self._start_processes()
        return self

    def _start_agent(self):
        self._guest.run("trace-agent 2> /tmp/agent.log & echo $! > /tmp/pids")
        self._guest.run(
            "until grep -q 'without privileges' /tmp/agent.log || ! [ -d /proc/$(cat /tmp/pids) ]; do usleep 10000; done")
        self.pids = self._guest.numbers("cat /tmp/pids")
        # The event formats are read by a thread of its own at nice 19.
        while True:
            before = self._guest.cost(self.pids)[0]
            self._guest.run("usleep 300000")
            if self._guest.cost(self.pids)[0] - before < 0.01:
                break
        self._guest.order("1\n")
        self._guest.run("until grep -q streaming /tmp/agent.log; do usleep 10000; done")

    def _start_processes(self):
        self._guest.run(f"echo {self._percent} > {TRACE}/buffer_percent")
        command = {
            BARE: "trace-load bare {trace} {cpu} 600 {port}{cpu}",
            ORIGINAL: "trace-load original {trace} {cpu} 600 {port}{cpu}",
            CAT: "taskset -c {cpu} cat {trace}/per_cpu/cpu{cpu}/trace_pipe_raw > {port}{cpu}",
        }[self._name]
        started = "".join(
            f"{command.format(trace=TRACE, cpu=cpu, port=PORT)} & echo $! >> /tmp/pids\n"
            for cpu in range(self._guest.cpus))
        if messages := self._guest.run(f"rm -f /tmp/pids\n{started}usleep 200000"):
            raise RuntimeError(f"{self._name}: {messages}")
        self.pids = self._guest.numbers("cat /tmp/pids")

    def __exit__(self, *error):
        pids = " ".join(map(str, self.pids))
        self._guest.run(
            f"kill {pids}; for pid in {pids}; do while [ -d /proc/$pid ]; do usleep 10000; done; done; echo > {TRACE}/trace")
