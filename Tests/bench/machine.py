"""What the kernel says of this machine and of its processes."""

import os
import platform
import re
import subprocess
import time
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """CPU time of a process so far, of all its threads, also those that have ended: clock_getcpuclockid(3)."""
    return time.clock_gettime((~pid << 3) | 2)


def busy_seconds():
    """CPU time of the whole machine so far: what is not idle. It has a resolution of one tick."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    return time.monotonic() * os.cpu_count() - (fields[3] + fields[4]) * TICK


def switches(pid):
    """How often the threads of a process have slept of their own accord, and how often they have left a CPU in all."""
    voluntary = involuntary = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        status = (task / "status").read_text()
        voluntary += status_number(status, "voluntary_ctxt_switches")
        involuntary += status_number(status, "nonvoluntary_ctxt_switches")
    return voluntary, voluntary + involuntary


def status_number(status, key):
    """A number of /proc/PID/status; memory is in KiB."""
    return int(re.search(rf"^{key}:\s*(\d+)", status, re.MULTILINE)[1])


def memory(pid):
    """Anonymous and file-backed memory of a process, in KiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return status_number(status, "RssAnon"), status_number(status, "RssFile")


def threads(pid):
    return [int(name) for name in os.listdir(f"/proc/{pid}/task")]


def children(pid):
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:  # It has ended.
                continue
            if parent == pid:
                found.append(int(entry.name))
    return found


def wait_until(condition, what, limit=20.0, pause=0.002):
    """Waits until `condition()` is true, and returns what it has returned."""
    end = time.monotonic() + limit
    while not (found := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {limit:g} s")
        time.sleep(pause)
    return found


def settled_cpu(pid, pause=0.1):
    """CPU time of a process once it does nothing any more: its start is a cost of its own."""
    last = cpu_seconds(pid)
    while True:
        time.sleep(pause)
        now = cpu_seconds(pid)
        if now - last < 0.0005:
            return now
        last = now


def description(root):
    """What was measured, and on what."""
    model = re.search(r"^model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    versions = [["trace-cmd", "-v"], ["qemu-system-x86_64", "--version"]]
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "commit": _output(["git", "-C", str(root), "describe", "--always", "--dirty"]),
        "cpu": model[1] if model else platform.machine(),
        "cpus": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30),
        "kernel": platform.release(),
        "tools": [_first_version(_output(command)) for command in versions],
        "load_at_start": os.getloadavg()[0],
    }


def _output(command):
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()
    except FileNotFoundError:
        return f"no {command[0]}"


def _first_version(text):
    lines = [line.strip() for line in text.splitlines() if "version" in line]
    return lines[0] if lines else text
