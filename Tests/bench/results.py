"""Figures of several rounds: medians, spread, tables and targets."""

import statistics
from dataclasses import dataclass, field


@dataclass
class Column:
    """One figure of a table."""

    heading: str
    digits: int = 2


@dataclass
class Target:
    """What the project wants of a figure."""

    text: str
    limit: float
    value: float | None
    unit: str = ""
    at_least: bool = False

    @property
    def is_met(self):
        if self.value is None:
            return False
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def row(self):
        bound = "at least" if self.at_least else "at most"
        value = "-" if self.value is None else f"{self.value:.4g}{self.unit}"
        return [self.text, f"{bound} {self.limit:.4g}{self.unit}", value,
                "yes" if self.is_met else "no"]


@dataclass
class Table:
    """The figures of one row of the benchmark, by case and by what was measured, a list of rounds each."""

    name: str
    title: str
    columns: dict
    samples: dict = field(default_factory=dict)
    targets: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    # What plots are made of, beside the figures.
    series: dict = field(default_factory=dict)

    def add(self, case, subject, **figures):
        for key, value in figures.items():
            self.samples.setdefault((case, subject), {}).setdefault(key, []).append(value)

    def values(self, case, subject, key):
        return self.samples.get((case, subject), {}).get(key, [])

    def median(self, case, subject, key):
        """None if nothing was measured."""
        values = self.values(case, subject, key)
        return statistics.median(values) if values else None

    def ratio(self, case, subject, other, key):
        """The median of the ratios of the rounds: both of a ratio were measured one after the other.

        None if a run was so short that there is none.
        """
        pairs = list(zip(self.values(case, subject, key), self.values(case, other, key)))
        return statistics.median(a / b for a, b in pairs) if pairs and all(b for _, b in pairs) else None

    def target(self, text, limit, value, unit="", at_least=False):
        self.targets.append(Target(text, limit, value, unit, at_least))

    def cells(self):
        """The heading and one line for each case and subject: median (lowest-highest)."""
        used = {key: column for key, column in self.columns.items()
                if any(key in figures for figures in self.samples.values())}
        lines = [["case", "program", *(column.heading for column in used.values())]]
        last = None
        for (case, subject), figures in self.samples.items():
            lines.append([case if case != last else "", subject,
                          *(spread(figures.get(key, []), column.digits) for key, column in used.items())])
            last = case
        return lines

    def data(self):
        return {
            "row": self.name,
            "title": self.title,
            "columns": {key: column.heading for key, column in self.columns.items()},
            "cases": [
                {"case": case, "program": subject, "rounds": figures,
                 "medians": {key: statistics.median(values) for key, values in figures.items()}}
                for (case, subject), figures in self.samples.items()],
            "targets": [vars(target) | {"met": target.is_met} for target in self.targets],
            "notes": self.notes,
        }

    def text(self):
        lines = [self.title, *aligned(self.cells()), *(f"note: {note}" for note in self.notes)]
        lines += [f"target: {' | '.join(target.row())}" for target in self.targets]
        return "\n".join(lines) + "\n"

    def markdown(self):
        return markdown_table(self.cells()) + "".join(f"\n{note}\n" for note in self.notes)


def spread(values, digits):
    if not values:
        return "-"
    median = f"{statistics.median(values):.{digits}f}"
    low, high = f"{min(values):.{digits}f}", f"{max(values):.{digits}f}"
    return median if low == high else f"{median} ({low}-{high})"


def aligned(cells):
    widths = [max(len(line[n]) for line in cells) for n in range(len(cells[0]))]
    for line in cells:
        left = [cell.ljust(width) for cell, width in zip(line[:2], widths)]
        yield "  ".join(left + [cell.rjust(width) for cell, width in zip(line[2:], widths[2:])]).rstrip()


def markdown_table(cells):
    lines = ["| " + " | ".join(line) + " |" for line in cells]
    lines.insert(1, "|" + "---|" * len(cells[0]))
    return "\n".join(lines) + "\n"


def percentile(values, percent):
    """The value that `percent` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
