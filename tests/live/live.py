#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# tests/live/live.py - compares the real API with its description
"""usage: tests/live/live.py [--url URL] [--session] [--no-pause] BUILD

Sends requests that cost almost nothing to the API, signed here, and through a
mount of BUILD/unsandboxfs. Prints, row by row, where the API differs from its
description, and which of the seventeen unknown things are known now. Keys are
read from UNSANDBOX_PUBLIC_KEY and UNSANDBOX_SECRET_KEY, the address from
UNSANDBOX_LIVE_URL or --url.

It runs a few programs of some seconds each, leaves nothing behind, and sends
at most {plain} requests, at half the rate that the key allows, and about
twenty through the mount. --session also creates a session for about a minute.
--no-pause does not wait between requests.

Exit status: 0 as described, 1 something differs, 2 the command line, 3 no keys
or refused keys, 4 the API cannot be reached, 5 something was left behind, 130
interrupted.
"""
import getopt
import os
import signal
import sys
from types import SimpleNamespace

HERE = os.path.dirname(os.path.abspath(__file__))
for _folder in (HERE, os.path.join(HERE, "../server"),
                os.path.join(HERE, "../mount")):
    sys.path.insert(0, _folder)

from signed import Api, Refused, TooMany, Unreachable  # noqa: E402

URL = "https://api.unsandbox.com"
REQUESTS_MAX = 75
EXIT_SAME, EXIT_DIFFERS, EXIT_USAGE, EXIT_KEYS, EXIT_AWAY, EXIT_LEFT = range(6)
EXIT_INTERRUPTED = 130

NO_KEYS = """\
live: no keys: set UNSANDBOX_PUBLIC_KEY (unsb-pk-...) and UNSANDBOX_SECRET_KEY
(unsb-sk-...) in the environment. An account at https://unsandbox.com has them;
use a separate key for tests. Without an account, `make check` tests the
program with a stand-in server.
"""


class Interrupted(Exception):
    """Ended by a signal; what was created is removed first."""


def interrupt(number, _frame):
    """The first signal ends it, later ones are ignored."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise Interrupted(signal.Signals(number).name)


class Report:
    """Prints rows, and counts them."""

    def __init__(self):
        self.same = self.differs = self.skipped = 0

    def row(self, name, wrong, wording=None):
        """Prints one row; None: not requested."""
        if wrong is None:
            self.skipped += 1
            print(f"-        {name}: the account has none")
        elif wrong:
            self.differs += 1
            print(f"DIFFERS  {name}")
        else:
            self.same += 1
            print(f"same     {name}")
        for each in wrong or []:
            print(f"             {each}")
        if wording:
            print("             wording: " + "; ".join(
                f"{what} {', '.join(how)}"
                for what, how in sorted(wording.items())))
        sys.stdout.flush()

    def unknowns(self, seen):
        """Prints the seventeen unknown things."""
        from unknowns import UNKNOWNS, is_known
        known = 0
        print("\nThings that are in no description:")
        for number, ask in enumerate(UNKNOWNS, 1):
            text = ask(seen)
            known += is_known(text)
            print(f"{number:3}. {text}", flush=True)
        print(f"{known} of {len(UNKNOWNS)} are known now, at least in part.")


def play_plain(seen, report, rows):
    """Runs the rows of signed requests."""
    from plain_rows import play
    for row in rows:
        report.row(row.name, play(seen, row), seen.wordings.get(row.name))


def play_session(seen, report):
    """Runs the rows of a session."""
    from session_rows import LAST, ROWS, upgrade
    play_plain(seen, report, ROWS)
    upgrade(seen)
    play_plain(seen, report, [LAST])


def play_mounted(seen, report, url):
    """Uses the account through a mount; returns what was left."""
    from mounted import Mounted, with_keys
    from mounted_rows import ROWS, Tried
    from place import Place
    place = Place("live")
    mount = Mounted(place, SimpleNamespace(url=url))
    mount.env = with_keys(mount.env, seen.api.public, seen.api.secret)
    tried = Tried(mount)
    seen.undo["what the mount runs, for some seconds"] = tried.cancel
    try:
        mount.start(60)
        for row in ROWS:
            wrong = row(tried)
            report.row(f"mount: {row.__doc__}", [wrong] if wrong else [])
        seen.mounted = tried.requests()
    except (RuntimeError, AssertionError) as error:
        report.row("mount: its start", [str(error)])
    finally:
        undo(seen, "what the mount runs")
        wrong = mount.stop()
        place.close()
    if wrong:
        report.row("mount: its end", wrong)


def undo(seen, which=""):
    """Removes what was created, if its name begins with `which`; what cannot
    be removed stays in the list."""
    seen.api.requests_max += len(seen.undo)
    for name, remove in list(seen.undo.items()):
        if not name.startswith(which):
            continue
        try:
            remove()
            del seen.undo[name]
        except (OSError, Unreachable, Refused) as error:
            print(f"live: {name}: {error}", file=sys.stderr)


def play(seen, report, url, with_session):
    """Runs everything; returns the exit status."""
    from plain_rows import ROWS
    print(f"{url}: at most {REQUESTS_MAX} requests")
    play_plain(seen, report, ROWS[:1])
    if seen.answers["key"].status in (401, 403) or (
            seen.answers["key"].json or {}).get("valid") is False:
        print("live: these keys are refused", file=sys.stderr)
        return EXIT_KEYS
    play_plain(seen, report, ROWS[1:])
    if with_session:
        play_session(seen, report)
    play_mounted(seen, report, url)
    report.unknowns(seen)
    return EXIT_DIFFERS if report.differs else EXIT_SAME


def live(url, public, secret, with_session, paces):
    """Runs everything, and leaves nothing behind."""
    seen = SimpleNamespace(
        api=Api(url, public, secret, REQUESTS_MAX), answers={}, ids={},
        undo={}, wordings={}, mounted=0)
    seen.api.paces = paces
    report = Report()
    try:
        status = play(seen, report, url, with_session)
    except Interrupted as error:
        print(f"live: {error}", file=sys.stderr)
        status = EXIT_INTERRUPTED
    except (Unreachable, TooMany) as error:
        print(f"live: {url}: {error}", file=sys.stderr)
        status = EXIT_AWAY
    undo(seen)
    for each in seen.undo:
        print(f"live: left behind: {each}", file=sys.stderr)
    print(f"\n{report.same} rows as described, {report.differs} differ, "
          f"{report.skipped} skipped; {seen.api.count} requests, and "
          f"{seen.mounted} of the mount")
    return EXIT_LEFT if seen.undo else status


def main():
    """Reads the command line."""
    try:
        options, words = getopt.gnu_getopt(
            sys.argv[1:], "", ["url=", "session", "no-pause"])
        build, = words
    except (getopt.GetoptError, ValueError):
        print(__doc__.format(plain=REQUESTS_MAX), file=sys.stderr)
        return EXIT_USAGE
    options = dict(options)
    public, secret = (os.environ.get("UNSANDBOX_" + name, "")
                      for name in ("PUBLIC_KEY", "SECRET_KEY"))
    if not public or not secret:
        print(NO_KEYS, end="", file=sys.stderr)
        return EXIT_KEYS
    os.environ["BUILD"] = os.path.abspath(build)
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, interrupt)
    url = options.get("--url") or os.environ.get("UNSANDBOX_LIVE_URL") or URL
    return live(url.rstrip("/"), public, secret, "--session" in options,
                "--no-pause" not in options)


if __name__ == "__main__":
    sys.exit(main())
