"""The rows of the benchmark, in their order. Each is a module with NAME and `run_row(bench)`, which makes a Table."""

from rows import (
    flat, growth, guest_orders, guest_pages, idle, latency, orders, rates, record, rings, slowdown, start)

NATIVE = [flat, rates, rings, slowdown, latency, orders, idle, start, record]
GUEST = [guest_pages, guest_orders, growth]
ROWS = {module.NAME: module for module in NATIVE + GUEST}
