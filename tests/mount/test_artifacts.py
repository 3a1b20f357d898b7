# SPDX-License-Identifier: MIT
# tests/mount/test_artifacts.py - the files that a run leaves, decoded
import base64
import os
import subprocess
import unittest

from case import MountCase

LEAVE = r"""import os
os.makedirs("/tmp/artifacts", exist_ok=True)
os.chdir("/tmp/artifacts")
open("text.txt", "w").write("left behind\n")
open("bytes.bin", "wb").write(bytes(range(256)) * 4000)
open("empty", "w").close()
open("name with größe.csv", "w").write("1\n")
print("done")
"""


class Artifacts(MountCase):
    """artifacts/ of a job directory."""

    runs_each = True

    def folder(self, name):
        """A directory of run/ whose runs return artifacts."""
        os.mkdir(self.at("run", name))
        self.save(f"run/{name}/.settings/return_artifact", "1\n")
        return f"run/{name}"

    def left(self, job, *names):
        """Whether the API delivered these; if not, the tree says why."""
        if not self.is_switched("artifact_errors"):
            self.assertEqual(sorted(os.listdir(self.at(job, "artifacts"))),
                             sorted(names))
            return True
        self.assertEqual(os.listdir(self.at(job, "artifacts")), [])
        self.assertEqual(self.value(job, "error"),
                         "The artifact is too large")
        return False

    def test_files_that_a_run_left(self):
        folder = self.folder("left")
        self.save(folder + "/p.py", LEAVE)
        self.assertEqual(self.read(folder, "p.py.job/stdout"), "done\n")
        artifacts = folder + "/p.py.job/artifacts"
        if not self.left(folder + "/p.py.job", "bytes.bin", "empty",
                         "name with größe.csv", "text.txt"):
            return
        self.assertEqual(self.read(artifacts, "text.txt"), "left behind\n")
        self.assertEqual(self.read_bytes(artifacts, "bytes.bin"),
                         bytes(range(256)) * 4000)
        self.assertEqual(self.read(artifacts, "empty"), "")
        self.assertEqual(self.read(artifacts, "name with größe.csv"), "1\n")
        self.assertEqual(os.stat(self.at(artifacts, "bytes.bin")).st_size,
                         1024000)
        self.assert_requests({"POST /execute": 1})

    def test_compiled_program_runs_here(self):
        folder = self.folder("compiled")
        self.save(folder + "/p.c", "int main(void) { return 42; }\n")
        self.assertEqual(self.value(folder, "p.c.job/exit_code"), "42")
        if not self.left(folder + "/p.c.job", "p"):
            return
        copy = os.path.join(self.place.path, "program")
        self.shell('cp "$1" "$2"', f"{folder}/p.c.job/artifacts/p", copy)
        self.assertEqual(subprocess.run([copy], timeout=10,
                                        check=False).returncode, 42)

    def test_none_without_the_setting(self):
        self.save("run/none.py", LEAVE)
        self.assertEqual(self.read("run/none.py.job/stdout"), "done\n")
        self.assertEqual(os.listdir(self.at("run/none.py.job/artifacts")), [])

    def test_of_an_async_job(self):
        os.mkdir(self.at("jobs/new/left"))
        self.save("jobs/new/left/.settings/return_artifact", "1\n")
        self.save("jobs/new/left/main.py", LEAVE)
        os.rename(self.at("jobs/new/left"), self.at("jobs/left"))
        self.assertEqual(self.read("jobs/left/stdout"), "done\n")
        if self.left("jobs/left", "bytes.bin", "empty",
                     "name with größe.csv", "text.txt"):
            self.assertEqual(self.read("jobs/left/artifacts/text.txt"),
                             "left behind\n")

    def test_they_stay_after_a_remount(self):
        folder = self.folder("stay")
        self.save(folder + "/p.py", LEAVE)
        self.assertEqual(self.read(folder, "p.py.job/stdout"), "done\n")
        look = "cd $1/p.py.job; ls -l artifacts; find artifacts error \
            -type f -exec sha1sum {} + 2>/dev/null; :"
        copy = self.shell(look, folder)
        self.assertEqual("error" in copy, self.is_switched("artifact_errors"))
        self.mount.restart()
        self.assertEqual(self.shell(look, folder), copy)

    def answer_with(self, name, *artifacts):
        """Runs with these artifacts in the answer; returns artifacts/."""
        self.server.answer("POST", "/execute", {
            "success": True, "stdout": "x\n", "stderr": "", "exit_code": 0,
            "status": "completed", "job_id": "j-" + name,
            "artifacts": artifacts})
        self.save(f"run/{name}.sh", "true")
        self.assertEqual(self.read(f"run/{name}.sh.job/stdout"), "x\n")
        return sorted(os.listdir(self.at(f"run/{name}.sh.job/artifacts")))

    def test_names_that_would_escape(self):
        data = base64.b64encode(b"evil").decode()
        before = self.shell("find . -path ./.unsandboxfs -prune -o -print"
                            "; find /tmp/evil* 2>/dev/null; true")
        names = self.answer_with("escape", *(
            {"filename": name, "content_base64": data} for name in (
                "../../evil.sh", "/tmp/evil", "..", ".", "a/b/../../../evil",
                "", "evil\0.txt", "good.txt")))
        self.assertIn("good.txt", names)
        for name in names:
            self.assertNotIn(name, (".", ".."))
            self.assertNotIn("/", name)
        after = self.shell("find . -path ./.unsandboxfs -prune -o -print"
                           "; find /tmp/evil* 2>/dev/null; true")
        self.assertEqual([line for line in after.splitlines()
                          if line not in before.splitlines()
                          and "/escape.sh" not in line], [])
        self.settled()
        self.assertEqual({r: n for r, n in self.server.requests().items()
                          if not r.startswith("GET ")}, {"POST /execute": 1})

    def test_shapes_that_the_api_may_use(self):
        data = base64.b64encode(b"decoded\n").decode()
        names = self.answer_with(
            "shapes", {"filename": "a", "content_base64": data},
            {"filename": "b", "data": data, "type": "base64"},
            {"name": "c", "content": data, "size": 8})
        self.assertEqual(names, ["a", "b", "c"])
        for name in names:
            self.assertEqual(self.read("run/shapes.sh.job/artifacts", name),
                             "decoded\n")

    def test_shapes_that_are_none(self):
        """The result is kept, and the artifacts that can be decoded."""
        good = base64.b64encode(b"ok").decode()
        names = self.answer_with(
            "none", "text", 7, None, [], {}, {"filename": "x"},
            {"filename": 5, "content_base64": good},
            {"filename": "bad", "content_base64": "!!!"},
            {"filename": "good", "content_base64": good})
        self.assertIn("good", names)
        self.assertEqual(self.read("run/none.sh.job/artifacts/good"), "ok")

    def test_two_of_one_name(self):
        one, two = (base64.b64encode(b).decode() for b in (b"1", b"2"))
        names = self.answer_with(
            "twice", {"filename": "a", "content_base64": one},
            {"filename": "a", "content_base64": two})
        self.assertEqual(len(set(names)), len(names))
        self.assertIn(self.read("run/twice.sh.job/artifacts/a"), ("1", "2"))

    def test_they_can_be_removed_with_their_job(self):
        folder = self.folder("gone")
        self.save(folder + "/p.py", LEAVE)
        self.assertEqual(self.read(folder, "p.py.job/stdout"), "done\n")
        self.shell("rm -r $1/p.py.job; ls $1", folder)
        self.assertFalse(os.path.exists(self.at(folder, "p.py.job")))
        self.assertEqual(self.read(folder, "p.py"), LEAVE)


if __name__ == "__main__":
    unittest.main()
