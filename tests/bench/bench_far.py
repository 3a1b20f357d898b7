# SPDX-License-Identifier: MIT
# tests/bench/bench_far.py - the same, 20 ms away, and what a start takes
"""The server is in another network namespace, behind distance.py, and speaks
TLS; sshfs and rclone have no encryption here."""
import os
import subprocess
import time

import bench_runs
import bench_values
from bench import timed
from peers import Peers
from world import Distance, World

ROUND_TRIP_MS = 20


def start_here(world):
    """Seconds from exec to the first ls."""
    mount = world.mount
    mount.unmount()
    began = time.monotonic()
    with open(mount.log_path, "ab") as log:
        mount.process = subprocess.Popen(
            mount.command("-f"), env=mount.env, stdout=log, stderr=log,
            stdin=subprocess.DEVNULL)
    while not mount.is_mounted():
        if mount.process.poll() is not None:
            raise AssertionError(mount.log())
        time.sleep(0.001)
    os.listdir(mount.path)
    return time.monotonic() - began


def start(bench, world, peers, where="", near=(), far=()):
    """A mount, ready for use."""
    origin = peers.folder("origin")

    def there(serve, mount):
        port = bench.peer(serve.__name__, serve, origin, far, near)
        return port and (lambda: timed(
            lambda: os.listdir(mount(origin, port, near)[0])))
    bench.compare("start, exec to first ls" + where,
                  lambda: start_here(world), {
                      "sshfs": there(peers.serve_sftp, peers.mount_sftp),
                      "rclone (WebDAV)": there(peers.serve_webdav,
                                               peers.mount_webdav)},
                  "unsandboxfs u; ls u", bench.size(3, 5))


def measure(bench):
    """All lines."""
    with World("near") as world, Peers(world.place, bench.build) as peers:
        start(bench, world, peers)
    where = f", {ROUND_TRIP_MS} ms away, TLS"
    try:
        distance = Distance(ROUND_TRIP_MS / 2)
    except OSError as error:
        bench.table.lacks("a distance", error)
        return
    count = bench.size(3000, 10000)
    with distance, World("far", distance=distance, limit_s=300,
                         seed={"snapshots": count}) as world, \
            Peers(world.place, bench.build) as peers:
        bench_runs.trivial(bench, world, where, distance.near)
        bench_values.listing(bench, f"ls of {count:,} entries, cold" + where,
                             world, peers, distance.near, distance.far)
        start(bench, world, peers, where, distance.near, distance.far)
