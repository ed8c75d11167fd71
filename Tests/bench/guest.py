"""A throw-away guest of QEMU, from `make guest`, with a port for each CPU, all FIFOs."""

import os
import re
import shlex
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import machine
from agent import HOST, ROOT

SYSTEM = ROOT / ".build/guest"
TRACE = "/sys/kernel/tracing"


class Guest:
    """A guest that runs as long as the `with` block does; its shell is on a port of its own."""

    def __init__(self, cpus, memory_mib=512):
        self.cpus = cpus
        self._memory = memory_mib

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="trace-agent-bench."))
        options = subprocess.run(
            [HOST, "setup", self.folder, "--cpus", str(self.cpus), "--fifo", "--qemu"],
            capture_output=True, check=True, text=True).stdout
        shell = self.folder / "shell"
        command = [
            "qemu-system-x86_64", "-accel", os.environ.get("ACCEL", "tcg,thread=multi"), "-cpu", "max",
            "-smp", str(self.cpus), "-m", str(self._memory), "-nodefaults", "-no-reboot", "-display", "none",
            "-kernel", SYSTEM / "vmlinuz", "-initrd", SYSTEM / "initramfs",
            "-append", "console=ttyS0 quiet panic=-1 oops=panic", "-serial", f"file:{self.folder}/console",
            "-device", "virtio-serial-pci,id=tools", "-chardev", f"socket,id=shell,path={shell},server=on,wait=off",
            "-device", "virtserialport,bus=tools.0,chardev=shell,name=shell",
            *shlex.split(options.replace("\\\n", " "))]
        self._process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *command])
        machine.wait_until(shell.exists, "QEMU")
        self._shell = socket.socket(socket.AF_UNIX)
        machine.wait_until(lambda: self._shell.connect_ex(str(shell)) == 0, "QEMU's socket")
        self._shell.settimeout(240)
        self._lines = self._shell.makefile("r")
        self._shell.sendall(b"hello\n")
        # The guest's first process names only the ports that are there when the shell's is.
        self.run(
            f"until [ $(ls /dev/virtio-ports | grep -c trace-path) = {self.cpus} ]; do usleep 100000; name-ports; done")
        return self

    def __exit__(self, *error):
        self._process.kill()
        self._process.wait()
        self._shell.close()
        shutil.rmtree(self.folder)

    def run(self, command):
        """Runs a shell command in the guest; what it prints."""
        self._shell.sendall(f"{{ {command}\n}} 2>&1; echo \"[done]\"\n".encode())
        output = []
        for line in self._lines:
            if line == "[done]\n":
                return "".join(output)
            output.append(line)
        raise RuntimeError(f"the guest has ended: {(self.folder / 'console').read_text()[-2000:]}")

    def numbers(self, command):
        return [int(number) for number in re.findall(r"-?\d+", self.run(command))]

    def ports(self):
        """The host's ends of the data ports."""
        return [self.folder / f"trace-path-cpu{cpu}.out" for cpu in range(self.cpus)]

    def order(self, digit):
        (self.folder / "agent-ctl-path.in").write_text(digit)

    def set_rings(self, kib):
        self.run(f"cd {TRACE}; echo {kib} > buffer_size_kb; echo > trace; cd /")

    def lost(self):
        pattern = "^(overrun|commit overrun|dropped events)"
        return sum(self.numbers(f"cat {TRACE}/per_cpu/cpu*/stats | awk '/{pattern}/ {{ print $NF }}'"))

    def cost(self, pids):
        """CPU seconds, and how often threads have left a CPU, of processes so far."""
        tasks = " ".join(f"/proc/{pid}/task/*" for pid in pids)
        cpu, switches = self.numbers(
            f"for t in {tasks}; do read -r time rest < $t/schedstat; echo $time; cat $t/status; done | awk '"
            # busybox awk has 32 bits for %d.
            "NF == 1 { cpu += $1 } /ctxt_switches/ { n += $2 } END { printf \"%.0f %.0f\\n\", cpu, n }'")
        return cpu / 1e9, switches

    def available_kib(self):
        return self.numbers("sed -n 's/^MemAvailable: *//p' /proc/meminfo")[0]

    def load(self, seconds, rate, size):
        """Writes records on each CPU; how many they were in all."""
        loads = "; ".join(
            f"trace-load write {TRACE} {cpu} {seconds} {rate} {size} > /tmp/count{cpu} &" for cpu in range(self.cpus))
        # The shell's other child, the agent for instance, does not end.
        script = f"( {loads.replace('&;', '&')} wait ); cat /tmp/count*"
        return sum(self.numbers(script))
