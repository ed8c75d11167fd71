"""Orders: the first byte after a start, the last one of full ring buffers."""

import os
import time

import machine
from agent import Agent, Folder, fill
from fifo import Reader
from measure import all_cpus
from peers import AGENT
from results import Column, Table
from tracefs import Instance

NAME = "orders"
FULL, EMPTY = "2 CPUs, ring buffers of 2 MiB, full", "ring buffers empty"


def milliseconds(reader, begin, arrival):
    return (reader.arrivals[arrival][0] - begin) * 1000


def write_order(folder, digit):
    """Gives an order as `echo 1 > agent-ctl-path` does, and returns when."""
    file = os.open(folder.control, os.O_WRONLY)
    begin = time.monotonic()
    os.write(file, digit)
    os.close(file)
    return begin


def is_quiet(reader):
    """Whether nothing came for 10 ms."""
    before = reader.total
    time.sleep(0.01)
    return before == reader.total


def start_and_stop(instance, folder, agent, reader):
    """Fills the ring buffers, and orders everything that they hold and nothing more: `1`, `0`."""
    fill(instance, all_cpus(), 30_000)
    reader.arrivals.clear()
    begin = write_order(folder, b"1\n0\n")
    machine.wait_until(lambda: reader.arrivals, "the first byte", pause=0.0005)
    machine.wait_until(lambda: is_quiet(reader), "the last byte")
    return milliseconds(reader, begin, 0), milliseconds(reader, begin, -1)


def empty_stop(instance, folder, agent, reader):
    """Records one record while streaming, and orders a stop: its page is the last."""
    agent.order("start")
    fill(instance, [0], 1)
    reader.arrivals.clear()
    begin = write_order(folder, b"0\n")
    machine.wait_until(lambda: reader.arrivals, "the last byte", pause=0.0005)
    machine.wait_until(lambda: is_quiet(reader), "the end")
    return milliseconds(reader, begin, -1)


def run_row(bench):
    table = Table(NAME, "Orders, FIFOs read by a program in Python", {
        "first": Column("start -> first byte, ms"), "last": Column("stop -> last byte, ms")})
    with Instance() as instance, Folder("fifo", all_cpus()) as folder, Reader(folder.sinks) as reader:
        with Agent(instance, folder, all_cpus()) as agent:
            machine.settled_cpu(agent.pid)
            for _ in range(2 if bench.quick else 20):
                first, last = start_and_stop(instance, folder, agent, reader)
                table.add(FULL, AGENT, first=first, last=last)
                table.add(EMPTY, AGENT, last=empty_stop(instance, folder, agent, reader))
    table.target("order -> first byte, median", 2, table.median(FULL, AGENT, "first"), " ms")
    table.target("stop -> last byte, full ring buffers, median", 10, table.median(FULL, AGENT, "last"), " ms")
    return table
