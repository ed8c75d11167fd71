"""Puts figures and plots into the pages: between the marks of their blocks, everything else stays."""

import json
import re

import plots
from peers import AGENT, BARE, CAT, ORIGINAL, TRACE_CMD
from results import markdown_table

BLOCK = "<!-- bench:{name} -->\n"
END = "<!-- bench end -->"


def machine_text(facts):
    return (f"{facts['date']}, {facts['commit']}: {facts['cpus']} CPUs ({facts['cpu']}), {facts['memory_gib']} GiB, "
            f"Linux {facts['kernel']}, {', '.join(facts['tools'])}; medians of {facts['rounds']} rounds "
            f"(lowest-highest), load {facts['load_at_start']:.1f} at the start")


def fill(text, name, content):
    """The text with a block's content replaced; it has to be there."""
    begin = BLOCK.format(name=name)
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(END), re.DOTALL)
    filled, count = pattern.subn(lambda _: f"{begin}{content.rstrip()}\n{END}", text)
    if count != 1:
        raise ValueError(f"{count} blocks {name}")
    return filled


def targets(tables):
    rows = [target.row() for table in tables for target in table.targets]
    return markdown_table([["what", "wanted", "measured", "reached"], *rows])


def median(table, case, name, key):
    value = table.median(case, name, key)
    return "-" if value is None else f"{value:.2f}"


def summary(flat, rates):
    """The README's table: CPU seconds a GB, and events lost."""
    cases = [(flat, "2 CPUs, 64 B, 16 MiB, files", "flat out"),
             (rates, "200 000 records/s a CPU", "200 000 records/s a CPU"),
             (rates, "20 000 records/s a CPU", "20 000 records/s a CPU")]
    lines = [["CPU s/GB (events lost), 2 CPUs, into files", *(heading for _, _, heading in cases)]]
    for name in AGENT, BARE, TRACE_CMD, CAT, ORIGINAL:
        lines.append([name, *(f"{median(table, case, name, 'cpu')} ({median(table, case, name, 'lost')} %)"
                              for table, case, _ in cases)])
    return markdown_table(lines)


def write_plots(folder, by_name):
    folder.mkdir(exist_ok=True)
    if "rates" in by_name:
        (folder / "cpu.svg").write_text(plots.lines(
            "CPU seconds a GB over rate", "records/s a CPU", "CPU s/GB", by_name["rates"].series, log_y=True))
    if "latency" in by_name:
        (folder / "latency.svg").write_text(plots.lines(
            "Latency: written -> read by the host", "ms", "% of the records", by_name["latency"].series, dots=False))
    if "growth" in by_name:
        (folder / "growth.svg").write_text(plots.lines(
            "CPU time a record over the number of CPUs", "CPUs of the guest", "CPU us a record", by_name["growth"].series))


def write_results(path, facts, tables):
    rows = [table.data() for table in tables]
    path.write_text(json.dumps({"machine": facts, "rows": rows}, indent=1) + "\n")


def write(root, facts, tables):
    """Fills the blocks of the rows that were measured."""
    by_name = {table.name: table for table in tables}
    folder = root / "docs/performance"
    write_plots(folder, by_name)
    write_results(folder / "results.json", facts, tables)
    path = root / "docs/PERFORMANCE.md"
    text = fill(path.read_text(), "machine", machine_text(facts) + ".")
    for name, table in by_name.items():
        text = fill(text, name, table.markdown())
        if table.targets:
            text = fill(text, f"{name}-targets", targets([table]))
    path.write_text(text)
    if "flat" in by_name and "rates" in by_name:
        readme = root / "README.md"
        readme.write_text(fill(readme.read_text(), "summary", summary(by_name["flat"], by_name["rates"])))
