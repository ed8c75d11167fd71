"""Plots as SVG, with colours that can be seen on a light and on a dark page."""

import math
from html import escape

WIDTH, HEIGHT = 720, 380
LEFT, RIGHT, TOP, BOTTOM = 70, 190, 40, 50
COLOURS = ["#2f81f7", "#d9730d", "#3fa34d", "#b35cc8", "#d1453b", "#8a8f98"]
INK, GRID = "#808890", "#80889055"


class Axis:
    """From values to places. With `few`, it has marks where the values are, if there are not too many."""

    def __init__(self, values, begin, end, is_log, few=False):
        self._log = is_log
        self._begin, self._end = begin, end
        self._marks = sorted(set(values)) if few and 1 < len(set(values)) <= 6 else None
        if is_log and self._marks:
            self._low, self._high = math.log10(self._marks[0]), math.log10(self._marks[-1])
        elif is_log:
            # At least one decade.
            self._low = math.floor(math.log10(min(values)))
            self._high = max(math.ceil(math.log10(max(values))), self._low + 1)
        else:
            self._low, self._high = min(0, min(values)), self._rounded_up(max(values))

    @staticmethod
    def _rounded_up(value):
        if value <= 0:
            return 1
        step = 10 ** math.floor(math.log10(value))
        return math.ceil(value / step * 2) / 2 * step

    def place(self, value):
        share = ((math.log10(value) if self._log else value) - self._low) / (self._high - self._low)
        return self._begin + share * (self._end - self._begin)

    def marks(self):
        if self._marks:
            return self._marks
        if self._log:
            return [10.0 ** power for power in range(self._low, self._high + 1)]
        return [self._low + (self._high - self._low) * n / 5 for n in range(6)]


def number(value):
    if value >= 1000:
        return f"{value:,.0f}".replace(",", "&#160;")
    return f"{value:.3g}"


def text(x, y, content, anchor="middle", size=12, turn=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"{turn}>{content}</text>'


def line(x1, y1, x2, y2, colour=GRID, width=1.0):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"/>'


def frame(title, x_title, y_title, x, y):
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = [text((LEFT + right) / 2, 22, escape(title), size=15)]
    for value in x.marks():
        parts += [line(x.place(value), TOP, x.place(value), bottom), text(x.place(value), bottom + 18, number(value))]
    for value in y.marks():
        parts += [line(LEFT, y.place(value), right, y.place(value)),
                  text(LEFT - 8, y.place(value) + 4, number(value), "end")]
    turn = f' transform="rotate(-90 18 {(TOP + bottom) / 2:.0f})"'
    parts += [text((LEFT + right) / 2, HEIGHT - 10, escape(x_title)),
              text(18, (TOP + bottom) / 2, escape(y_title), turn=turn)]
    return parts


def lines(title, x_title, y_title, series, log_x=True, log_y=False, dots=True):
    """A plot of lines. What is not above 0 cannot be shown on a logarithmic axis, and is left out.

    - series: the points of each line, by its name.
    """
    series = {name: [(a, b) for a, b in points if (a > 0 or not log_x) and (b > 0 or not log_y)]
              for name, points in series.items()}
    points = [point for found in series.values() for point in found]
    x = Axis([a for a, _ in points], LEFT, WIDTH - RIGHT, log_x, few=True)
    y = Axis([b for _, b in points], HEIGHT - BOTTOM, TOP, log_y)
    parts = frame(title, x_title, y_title, x, y)
    for place, (name, found) in enumerate(series.items()):
        colour = COLOURS[place % len(COLOURS)]
        path = " ".join(f"{x.place(a):.1f},{y.place(b):.1f}" for a, b in found)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.2"/>')
        if dots:
            parts += [f'<circle cx="{x.place(a):.1f}" cy="{y.place(b):.1f}" r="3.5" fill="{colour}"/>' for a, b in found]
        height = TOP + 12 + place * 20
        begin = WIDTH - RIGHT + 16
        parts += [line(begin, height - 4, begin + 22, height - 4, colour, 2.2),
                  text(begin + 28, height, escape(name), "start")]
    body = "\n".join(parts)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
            f'font-family="sans-serif" fill="{INK}">\n{body}\n</svg>\n')
