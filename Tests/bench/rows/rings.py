"""Ring buffers of several sizes, at a high rate."""

from measure import COLUMNS, all_cpus, run, select, size_in_ring
from peers import AGENT, BARE, ORIGINAL
from results import Table
from tracefs import Instance

NAME = "rings"
SIZES = {"64 KiB": 64, "512 KiB": 512, "4 MiB": 4096, "64 MiB": 65536}


def run_row(bench):
    table = Table(NAME, "Sizes of the ring buffers: 2 CPUs, 200 000 records/s of 64 B each, /dev/null", COLUMNS)
    with Instance() as instance:
        ring_size = size_in_ring(instance, 64)
        for case, size in SIZES.items():
            instance.resize(size)
            for _ in range(min(bench.rounds, 3)):
                for name in AGENT, BARE, ORIGINAL:
                    figures = run(name, instance, "null", all_cpus(), bench.seconds(2), 200_000, 64, ring_size)
                    table.add(case, name, **select(figures, ["cpu", "load", "switches", "lost"]))
    return table
