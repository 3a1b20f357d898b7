#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# tests/bench/distance.py - two network namespaces with a distance in between
"""usage: tests/bench/distance.py DELAY_MS [JITTER_MS [LOSS_% [DUPLICATE_%]]]

Makes two network namespaces, each with a TUN device, and relays the packets
between them, each DELAY_MS after it was sent: a round trip takes twice that.
Needs root, and no netem. Prints

    NEAR FAR

two paths, and runs until it is ended; with it, and what was started in them,
the namespaces end. For example

    nsenter --net=FAR build/standin --port 8480
    nsenter --net=NEAR curl http://127.0.0.1:8480/health

In the near one, 127.0.0.1 is the far one's: a server there listens on loopback
and is far away all the same.
"""
import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import sys
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
PACKET_MAX = 65536
LIBC = ctypes.CDLL(None, use_errno=True)

# Addresses of loopback are taken from and sent to another device.
LOCALNET = "/proc/sys/net/ipv4/conf/all/route_localnet"


def ip(*words):
    """Runs ip(8) in the namespace that this process is in."""
    subprocess.run(["ip", *words], check=True)


def namespace(address, peer):
    """Enters a new namespace; the descriptors of it and of its device."""
    if LIBC.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "a network namespace needs root")
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH14x", b"far",
                                            IFF_TUN | IFF_NO_PI))
    ip("addr", "add", address, "peer", peer, "dev", "far")
    ip("link", "set", "far", "up", "txqueuelen", "1000")
    with open(LOCALNET, "w", encoding="ascii") as file:
        file.write("1\n")
    return os.open("/proc/self/ns/net", os.O_RDONLY), tun


def relay(ends, delay_ms, jitter_ms, loss, duplicate):
    """Moves packets from each end to the other, for ever."""
    queue, number = [], 0
    while True:
        wait_s = max(0, queue[0][0] - time.monotonic()) if queue else None
        for end in select.select(ends, [], [], wait_s)[0]:
            try:
                packet = os.read(end, PACKET_MAX)
            except BlockingIOError:
                continue
            if random.random() * 100 < loss:
                continue
            other = ends[end == ends[0]]
            for _ in range(2 if random.random() * 100 < duplicate else 1):
                number += 1
                due = time.monotonic() + (delay_ms + random.uniform(
                    -jitter_ms, jitter_ms)) / 1000
                heapq.heappush(queue, (due, number, other, packet))
        while queue and queue[0][0] <= time.monotonic():
            _, _, end, packet = heapq.heappop(queue)
            try:
                os.write(end, packet)
            except OSError:  # the device's queue is full: lost, as elsewhere
                pass


def main(words):
    """Reads the command line."""
    if not 1 <= len(words) <= 4:
        print(__doc__, file=sys.stderr)
        return 2
    numbers = [float(word) for word in words] + [0] * (4 - len(words))
    far, far_tun = namespace("10.98.0.2", "10.98.0.1")
    ip("link", "set", "lo", "up")
    near, near_tun = namespace("10.98.0.1", "10.98.0.2")
    # Its own loopback is down.
    ip("route", "add", "127.0.0.1", "dev", "far", "src", "10.98.0.1")
    base = f"/proc/{os.getpid()}/fd/"
    print(f"{base}{near} {base}{far}", flush=True)
    relay([near_tun, far_tun], *numbers)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
