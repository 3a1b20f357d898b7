# SPDX-License-Identifier: MIT
# tests/mount/test_un_table.py - README's table for users of un, row by row
"""Each row's commands are run as they are printed. The words in capitals stand
for what each row gets anew: a session X, a service V, a snapshot S, an image I,
a job J, a free name N, a file F, a directory DIR, a command CMD."""
import json
import os
import re
import subprocess
import unittest

from place import BUILD, unmount
from standin import PUBLIC, SECRET
from test_readme import section
from test_resources_life import SLEEP, ResourceCase

OTHER = "unsb-pk-test-0000-0000-0002"

# A part of the first cell: what must be sent (and be in the body, or the
# query), and printed.
ROWS = [
    ("un f.py", "POST /execute", "", "^hi\n$"),
    ("un -s python", "POST /execute", "print(1)", "^1\n$"),
    ("un -e A=1 f.py", "POST /execute", '"env":{"A":"1"}', ""),
    ("un -f data.csv", "POST /execute", '"filename":"data.csv"', ""),
    ("un -F main.py", "POST /execute", '"filename":"lib/util.py"', "^util\n$"),
    ("un -a -o DIR", "POST /execute", '"return_artifact":true', "^0\n"),
    ("un --wasm", "POST /execute", '"return_wasm_artifact":true', "^0\n"),
    ("un -n semitrusted f", "POST /execute", '"network_mode":"semitrusted"',
     ""),
    ("un -v 4", "POST /execute", '"vcpu":4', ""),
    ("un --ttl 300", "POST /execute", '"ttl":300', ""),
    ("un -p PUBLIC", "POST /keys/validate", "", ""),
    ("un --account 1", "POST /keys/validate", "", ""),
    ("un key`", "POST /keys/validate", "", "^1\n"),
    ("un key --extend", "POST /keys/validate", "", f"^{PUBLIC}\n$"),
    ("un languages", "GET /languages", "", r"(?s)^python\n.*\naliases|\"languages\""),
    ("un jobs`", "GET /jobs", "", "(?m)status:completed$"),
    ("un jobs --get", None, "", "out\n$"),
    ("un jobs --cancel", "DELETE /jobs/ID", "", ""),
    ("un session`", "POST /sessions", '"shell":"bash"', ""),
    ("un session --shell", "POST /sessions", '"shell":"python3"', ""),
    ("un session --attach", "GET /sessions/ID/shell", "", ""),
    ("un session -s", "POST /sessions", '"shell":"zsh"', ""),
    ("un session -n", "POST /sessions",
     '"network_mode":"semitrusted","ttl":600,"vcpu":2', ""),
    ("un session -f", "POST /sessions", '"filename":"F"', ""),
    ("un session --tmux", "POST /sessions", '"multiplexer":"tmux"', ""),
    ("un session --audit", "DELETE /sessions/ID", "?audit=1", ""),
    ("un session --list", "GET /sessions", "", "state:running"),
    ("un session --info", "GET /sessions", "", '"shell"'),
    ("un session --kill", "DELETE /sessions/ID", "", ""),
    ("un session --freeze", "POST /sessions/ID/freeze", "", ""),
    ("un session --boost", "POST /sessions/ID/boost", '"vcpu":4', ""),
    ("un session --snapshot X --snapshot-name", "POST /sessions/ID/snapshot",
     '"name":"N"', ""),
    ("un session --snapshot X --hot", "POST /sessions/ID/snapshot",
     '"hot":true', ""),
    ("un session --restore", "POST /snapshots/ID/restore", "", ""),
    ("--bootstrap-file F --ports", "POST /services", '"ports":[80]', ""),
    ("--bootstrap CMD", "POST /services", '"bootstrap_content":"true\\n"', ""),
    ("--domains a.com,b.com", "POST /services",
     '"custom_domains":["a.com","b.com"]', ""),
    ("--type tcp", "POST /services", '"service_type":"tcp"', ""),
    ("... -e A=1", "PUT /services/ID/env", "A=1\n", ""),
    ("... -f F", "POST /services", '"filename":"F"', ""),
    ("... -n zerotrust", "POST /services", '"network_mode":"zerotrust"', ""),
    ("... -v 2", "POST /services", '"vcpu":2', ""),
    ("... --golden-image", "POST /services", '"golden_image":', ""),
    ("... --unfreeze-on-demand", "POST /services",
     '"unfreeze_on_demand":true', ""),
    ("un service --list", "GET /services", "", "state:running"),
    ("un service --info", "GET /services", "", '"ports"'),
    ("un service --logs", "GET /services/ID/logs", "", "^up\n"),
    ("un service --download-logs", "GET /services/ID/logs", "", ""),
    ("un service --freeze", "POST /services/ID/freeze", "", ""),
    ("un service --lock", "POST /services/ID/lock", "", ""),
    ("un service --destroy", "DELETE /services/ID", "", ""),
    ("un service --add-domain", "PUT /services/ID/domains",
     '["old.com","a.com"]', ""),
    ("un service --remove-domain", "PUT /services/ID/domains", '["old.com"]',
     ""),
    ("un service --set-domains", "PUT /services/ID/domains", '["a.com"]', ""),
    ("un service --auto-unfreeze", "PATCH /services/ID",
     '"unfreeze_on_demand":false', ""),
    ("un service --show-freeze-page", "PATCH /services/ID",
     '"show_freeze_page":false', ""),
    ("un service --resize", "PATCH /services/ID", '"vcpu":4', ""),
    ("un service --redeploy V`", "POST /services/ID/redeploy", "{}", ""),
    ("un service --redeploy V --bootstrap-file", "POST /services/ID/redeploy",
     '"bootstrap_content":"A=1\\n"', ""),
    ("un service --redeploy V -f", "POST /services/ID/redeploy",
     '"filename":"F"', ""),
    ("un service --execute V CMD`", "POST /services/ID/execute",
     '"command":"true"', ""),
    ("un service --execute V CMD -t", "POST /services/ID/execute",
     '"timeout":60000', ""),
    ("un service --dump-bootstrap", None, "", "^" + re.escape(SLEEP)),
    ("un service --snapshot V --snapshot-name", "POST /services/ID/snapshot",
     '"name":"N"', ""),
    ("un service --snapshot V --hot", "POST /services/ID/snapshot",
     '"hot":true', ""),
    ("un service env status", "GET /services/ID/env", "",
     '"exists": true,\n *"count": 1'),
    ("un service env export", "POST /services/ID/env/export", "", "^OLD=1\n"),
    ("un service env set", "PUT /services/ID/env", "A=1\n", ""),
    ("un service env delete", "DELETE /services/ID/env", "", ""),
    ("un snapshot --list", "GET /snapshots", "", "(?m)(^|/name:)s$"),
    ("un snapshot --info", "GET /snapshots", "", '"source_type"'),
    ("un snapshot --delete", "DELETE /snapshots/ID", "", ""),
    ("un snapshot --lock", "POST /snapshots/ID/lock", "", ""),
    ("un snapshot --clone S --type session", "POST /snapshots/ID/clone",
     '"shell":"sh"', ""),
    ("un snapshot --clone S --type service", "POST /snapshots/ID/clone",
     '"ports":[80]', "^unsb-"),
    ("un image --list", "GET /images", "", "(?m)(^|/name:)i$"),
    ("un image --info", "GET /images", "", '"visibility"'),
    ("un image --delete", "DELETE /images/ID", "", ""),
    ("un image --lock", "POST /images/ID/lock", "", ""),
    ("un image --publish V", "POST /images", '"source_type":"service"', ""),
    ("un image --publish S", "POST /images", '"source_type":"snapshot"', ""),
    ("un image --visibility", "POST /images/ID/visibility", "public", ""),
    ("un image --spawn", "POST /images/ID/spawn", '"ports":[80,443]', ""),
    ("un image --clone", "POST /images/ID/clone", '"name":"N"', ""),
    ("un image --grant", "POST /images/ID/revoke", OTHER, ""),
    ("un image --trusted", "GET /images/ID/trusted", "", ""),
    ("un image --transfer", "POST /images/ID/transfer", OTHER, ""),
    ("un paas logs", "GET /logs", "", "."),
]


class Table(ResourceCase):
    """Every row is run, and each run is a row."""

    time_limit_s = 300
    serial = 0

    def rows(self):
        """[(first cell, [command, ...]), ...] of the table."""
        found = []
        for line in section("For users of `un`").splitlines():
            cells = re.split(r" \| |^\| | \|$", line)
            if len(cells) == 4 and cells[1] != "`un`" and (
                    cells[1].startswith("`")):
                found.append((cells[1], re.findall(r"`([^`]+)`", cells[2])))
        return found

    def setUp(self):
        super().setUp()
        self.folder = self.place.folder("un")
        self.home = os.path.join(self.folder, "home")
        for path, text in {
                "f.py": "print('hi')\n", "data.csv": "1,2\n", "F": "A=1\n",
                "f.c": "int main(void) { return 0; }\n",
                "project/main.py": "import sys; sys.path.insert(0, '.')\n"
                "from lib import util\n", "project/lib/__init__.py": "",
                "project/lib/util.py": "print('util')\n",
                "home/.config/unsandboxfs/config":
                f"url={self.server.url}\nstate_dir={self.folder}/state\n",
                "home/.unsandbox/accounts.csv":
                f"{OTHER},unsb-sk-aaaaa-bbbbb-ccccc-ddddd\n{PUBLIC},{SECRET}\n"}.items():
            path = os.path.join(self.folder, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        os.chmod(os.path.join(self.home, ".unsandbox/accounts.csv"), 0o600)
        os.chmod(os.path.join(self.home, ".config/unsandboxfs/config"), 0o600)
        os.makedirs(self.folder + "/DIR", exist_ok=True)
        os.makedirs(self.home + "/v", exist_ok=True)
        if not os.path.lexists(self.home + "/u"):
            os.symlink(self.mount.path, self.home + "/u")

    # ---- what the words stand for ----

    def name(self):
        """A name that is free."""
        type(self).serial += 1
        return f"n{self.serial}"

    def word(self, word, cell):
        """Makes what the word stands for."""
        if word == "V":
            name = self.name()
            self.make(name, domains="old.com\n", env="OLD=1\n", ports="81\n")
            return name
        if word == "X":
            return os.readlink(self.at(self.session(self.name())))
        if word in "SI":
            at = f"services/{self.word('V', cell)}/" + (
                "snapshots/s" if word == "S" else "images/i")
            os.mkdir(self.at(at))
            return os.path.basename(os.readlink(self.at(at)))
        if word == "J":
            self.save("jobs/new/j.sh", "echo out\n" if "get" in cell
                      else "sleep 600\n")
            if "get" in cell:
                self.read("jobs/latest/exit_code")
            return os.readlink(self.at("jobs/latest"))
        return {"N": self.name(), "CMD": "true", "KEY": OTHER,
                "PUBLIC": PUBLIC, "SECRET": SECRET}[word]

    def filled(self, cell, commands):
        """The commands of a row, with things for the words."""
        text = "\n".join(commands)
        words = {}
        for word in re.findall(
                r"(?<![A-Z_a-z])(V|X|S|I|J|N|CMD|KEY|PUBLIC|SECRET)(?=[\W])",
                text + "\n"):
            if word not in words:
                words[word] = self.word(word, cell)
        for word, thing in words.items():
            text = re.sub(rf"(?<![A-Z_a-z]){word}(?=[\W]|$)", thing, text)
        return text.splitlines(), words

    # ---- one row ----

    def run_command(self, command):
        """Runs it in a shell; what it prints."""
        follows = "tail -f" in command
        done = subprocess.run(
            ["bash", "-c", command.replace("tail -f", "timeout 1 tail -f")],
            cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True,
            timeout=60, check=False, env={
                "HOME": self.home, "LC_ALL": "C.UTF-8",
                "PATH": BUILD + ":" + os.environ["PATH"]})
        self.assertIn(done.returncode, (0, 124) if follows else (0,),
                      f"{command}\n{done.stderr.decode()}")
        return done.stdout.decode()

    def check(self, cell, commands, request, body, printed):
        """Runs a row."""
        commands, words = self.filled(cell, commands)
        in_draft = cell.startswith("`...")
        if in_draft:
            self.draft("services/new/" + words["N"], bootstrap=SLEEP)
        if "V" in words and "/logs" in commands[0]:
            self.wait_for(lambda: self.read(
                f"services/{words['V']}/logs"), "the service boots")
        if cell.startswith("`un service --remove-domain"):
            self.shell(f"echo a.com >> services/{words['V']}/domains")
        self.save(".unsandboxfs/refresh", "1")
        self.server.reset()
        output = "".join(map(self.run_command, commands))
        if in_draft:
            self.save(f"services/new/{words['N']}/commit", "1")
        self.assertTrue(re.search(printed, output), f"{output!r}")
        asked = self.server.requests()
        if request:
            self.assertIn(request, asked)
        body = body.replace('"N"', json.dumps(words.get("N")))
        self.assertIn(body, "\n".join(
            change["path"] + change["body"].replace(": ", ":").replace(
                ", ", ",") for change in self.server.changes()))
        unmount(self.home + "/v")
        self.error_of(self.shell, "rm -f run/.settings/*")

    def test_rows(self):
        rows = self.rows()
        self.assertGreater(len(rows), 80)
        self.save("jobs/new/done.sh", "true\n")
        self.read("jobs/latest/exit_code")
        expected = list(ROWS)
        for cell, commands in rows:
            with self.subTest(row=cell):
                self.assertTrue(commands)
                self.assertTrue(expected, "the row is not tested")
                part, *row = expected.pop(0)
                self.assertIn(part, cell)
                self.check(cell, commands, *row)
        self.assertEqual(expected, [])


if __name__ == "__main__":
    unittest.main()
