"""Measures the agent beside what else drains ring buffers, as root.

    python3 Tests/bench [--rows ROW,...] [--quick] [--rounds N] [--output DIR] [--page]

Prints a table for each row, and writes all of them to DIR: results.txt and results.json. With --page it also puts them
and plots of them into docs/PERFORMANCE.md and README.md.
"""

import argparse
import os
import signal
import sys
import time
import traceback
from pathlib import Path

sys.dont_write_bytecode = True
import machine  # noqa: E402
import page  # noqa: E402
from agent import ROOT  # noqa: E402
from rows import GUEST, NATIVE, ROWS  # noqa: E402


class Bench:
    """How much is measured."""

    def __init__(self, rounds, quick):
        self.rounds = rounds
        self.quick = quick

    def seconds(self, seconds):
        return 0.05 if self.quick else seconds


def row_names(text):
    names = {"native": [row.NAME for row in NATIVE], "guest": [row.NAME for row in GUEST], "all": list(ROWS)}
    wanted = [name for word in text.split(",") for name in names.get(word, [word])]
    if unknown := set(wanted) - set(ROWS):
        raise argparse.ArgumentTypeError(f"no row {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    return list(dict.fromkeys(wanted))


def parse():
    parser = argparse.ArgumentParser(prog="Tests/bench", description="Measures the agent beside its peers.")
    parser.add_argument("--rows", type=row_names, default="all", metavar="ROW,...",
                        help=f"{', '.join(ROWS)}; native, or guest; default: all")
    parser.add_argument("--quick", action="store_true", help="small parameters: the figures mean nothing")
    parser.add_argument("--rounds", type=int, metavar="N", help="how often each is measured by turns; 5, or 1 if quick")
    parser.add_argument("--output", type=Path, default=ROOT / ".build/bench", metavar="DIR",
                        help="for results.txt and results.json; .build/bench")
    parser.add_argument("--page", action="store_true", help="also write docs/PERFORMANCE.md, its plots, and README.md")
    return parser.parse_args()


def main():
    options = parse()
    if os.geteuid() != 0:
        sys.exit("the benchmark has to be run as root")
    # So that every `with` block ends as it should.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    bench = Bench(options.rounds or (1 if options.quick else 5), options.quick)
    facts = machine.description(ROOT) | {"rounds": bench.rounds, "quick": bench.quick}
    options.output.mkdir(parents=True, exist_ok=True)
    print(page.machine_text(facts), flush=True)
    tables = []
    failed = []
    with open(options.output / "results.txt", "w") as text:
        print(page.machine_text(facts), file=text)
        for name in options.rows:
            begin = time.monotonic()
            try:
                tables.append(ROWS[name].run_row(bench))
            except Exception:  # The other rows took their time too.
                traceback.print_exc()
                failed.append(name)
                continue
            facts.setdefault("seconds", {})[name] = round(time.monotonic() - begin, 1)
            for out in sys.stdout, text:
                print(f"\n[{name}] {tables[-1].text()}", end="", file=out, flush=True)
    page.write_results(options.output / "results.json", facts, tables)
    if options.page:
        page.write(ROOT, facts, tables)
    if failed:
        sys.exit(f"not measured: {', '.join(failed)}")


main()
