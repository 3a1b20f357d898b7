# SPDX-License-Identifier: MIT
# tests/mount/test_start.py - exit status and message of a start
import os
import shutil
import subprocess
import unittest

from mounted import PROGRAM, PUBLIC
from place import unmount
from starting import (MOUNTPOINT, OTHER_PUBLIC, OTHER_SECRET, STATE, USAGE,
                      StartCase)

BAD_USAGE = {
    # name: (words of the message, arguments; M is the mountpoint)
    "nothing": ("", []),
    "unknown_option": ("colour", ["-o", "colour=red", "M"]),
    "unknown_option_among_others": ("coluor", ["-o", "ro,coluor,rw", "M"]),
    "unknown_flag": ("x", ["-x", "M"]),
    "unknown_long_flag": ("colour", ["--colour", "M"]),
    "three_operands": ("", ["a", "b", "M"]),
    "option_without_value": ("url", ["-o", "url", "M"]),
    "option_with_an_empty_value": ("url", ["-o", "url=", "M"]),
    "option_with_a_needless_value": ("ro", ["-o", "ro=1", "M"]),
    "no_number": ("account", ["-o", "account=one", "M"]),
    "negative_number": ("account", ["-o", "account=-1", "M"]),
    "no_seconds": ("run_wait", ["-o", "run_wait=soon", "M"]),
    "no_octal": ("umask", ["-o", "umask=9", "M"]),
    "no_size": ("cache_size", ["-o", "cache_size=64X", "M"]),
    "no_url": ("url", ["-o", "url=example", "M"]),
    "other_scheme": ("url", ["-o", "url=ftp://127.0.0.1", "M"]),
    "plain_http": ("http", ["-o", "url=http://api.unsandbox.com", "M"]),
    "secret_as_an_option": ("secret_key", ["-o", "secret_key=x", "M"]),
    "no_cacert": ("/no/such", ["-o", "cacert=/no/such", "M"]),
}


class Start(StartCase):
    """Statuses 0, 2, 4 and 5."""

    def test_help_and_version(self):
        for flag in ("-h", "--help"):
            self.assertEqual(self.start(flag), (0, ""))
            self.assertIn("MOUNTPOINT", self.stdout)
            for option in ("url=", "run_wait=", "state_dir=", "allow_other"):
                self.assertIn(option, self.stdout)
        for flag in ("-V", "--version"):
            self.assertEqual(self.start(flag), (0, ""))
            self.assertRegex(self.stdout, r"^unsandboxfs \d+\.\d+")
        self.assert_requests({})

    def test_help_on_a_screen(self):
        """The common half fits a terminal of 80 by 24; all has every one."""
        self.assertEqual(self.start("--help"), (0, ""))
        lines = self.stdout.splitlines()
        self.assertLess(len(lines), 24)
        self.assertLessEqual(max(map(len, lines)), 80)
        self.assertNotIn("ttl_list", self.stdout)
        for words in ("run [options] MOUNTPOINT -- ", "shell SESSION"):
            self.assertIn(f"       unsandboxfs {words}", lines[1] + lines[2])
        self.assertEqual(self.start("--help", "all"), (0, ""))
        for option in ("ttl_list=", "fmask=", "url=", "ro "):
            self.assertIn(option, self.stdout)

    def test_options_as_words(self):
        self.assert_starts(f"--url={self.server.url}", "--ro",
                           f"--state_dir={self.mount.state_dir}",
                           self.mount.path)
        self.assertEqual(self.config("ro"), "1")
        self.assertEqual(self.save_error("run/x.sh", "true"), "EROFS")

    def test_configuration_file(self):
        """The command line goes first; a line that is wrong is named."""
        self.env.pop("XDG_CONFIG_HOME", None)
        self.write("home/.config/unsandboxfs/config",
                   "# mine\n\nrun_wait=7\n  allow_delete\r\n"
                   f"state_dir={self.place.path}/my state\n"
                   f"url={self.server.url}")
        self.assert_starts("-o", "run_wait=3", self.mount.path)
        self.assertEqual(self.config("run_wait"), "3")
        self.assertEqual(self.config("allow_delete"), "1")
        self.assertEqual(self.config("state_dir"),
                         self.place.path + "/my state")
        self.assert_works()
        self.end_all()
        xdg = self.place.path + "/xdg"
        other = self.write("xdg/unsandboxfs/config", "run_wait=4\nrun_wait=x")
        self.env["XDG_CONFIG_HOME"] = xdg
        self.assert_fails(USAGE, f"{other}:2: -o run_wait=x: must be")
        self.assertEqual(self.start("--help")[0], 0)
        self.write("xdg/unsandboxfs/config", "coluor=red\n")
        self.assert_fails(USAGE, f"{other}:1: unknown option -o coluor")
        self.write("xdg/unsandboxfs/config", "-f\n")
        self.assert_fails(USAGE, f"{other}:1: ")
        self.write("xdg/unsandboxfs/config", "ro\n", mode=0o666)
        self.assert_fails(USAGE, [other, "others can write it"])
        self.write("xdg/unsandboxfs/config", "url=https://127.0.0.1:1\n")
        self.assert_starts("-o", f"state_dir={self.mount.state_dir}",
                           self.server.url, self.mount.path)
        self.assert_works()

    def test_help_that_cannot_be_written(self):
        for flag in ("-h", "-V"):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([PROGRAM, flag], stdout=full, timeout=20,
                                      stderr=subprocess.PIPE, check=False)
            self.assertEqual(done.returncode, 1, flag)
            self.assertRegex(done.stderr, b"^unsandboxfs: .*No space left")

    def test_daemon(self):
        self.assert_starts()
        self.assertEqual(len(self.daemons()), 1)
        self.assert_works()
        (pid,) = self.daemons()
        if not os.getuid():  # not dumpable: others cannot read its memory
            self.assertEqual(os.readlink(f"/proc/{pid}/cwd"), "/")
            for fd in (0, 1, 2):
                self.assertEqual(os.readlink(f"/proc/{pid}/fd/{fd}"),
                                 "/dev/null")
        self.assertEqual(os.getsid(pid), pid)
        self.assert_requests({"POST /keys/validate": 1, "POST /execute": 1})

    def test_without_standard_descriptors(self):
        command = self.mount.command()
        subprocess.run(["sh", "-c", '"$@" <&- >&- 2>&-', "sh", *command],
                       env=self.env, timeout=20, check=True)
        self.assert_works()

    # ---- the mountpoint ----

    def test_mountpoint_that_is_not_there(self):
        self.assert_fails(MOUNTPOINT, ["nowhere", "mkdir"],
                          point=self.place.path + "/nowhere")

    def test_mountpoint_that_is_a_file(self):
        self.assert_fails(MOUNTPOINT, "directory", point=self.write("f", ""))

    def test_mountpoint_that_is_taken(self):
        self.assert_starts()
        state = self.place.path + "/other-state"
        status, message = self.start(
            "-o", f"url={self.server.url},state_dir={state}", self.mount.path)
        self.assertEqual(status, MOUNTPOINT, message)
        self.assertIn("mounted", message)
        self.assertEqual(len(self.daemons()), 1)
        self.assert_works()

    def test_mountpoint_by_other_words(self):
        os.makedirs(self.place.path + "/a b/größe,x", exist_ok=True)
        if not os.path.islink(self.place.path + "/link"):
            os.symlink("a b", self.place.path + "/link")
        for words, path in (("u", "u"), ("./u/../u/", "u"),
                            ("link/größe,x", "a b/größe,x")):
            self.assert_starts(point=words)
            self.assertEqual(self.mounts(), [f"{self.place.path}/{path}"])
            self.assert_works(f"{self.place.path}/{path}")
            self.end_all()

    # ---- the state directory ----

    def test_state_that_another_mount_holds(self):
        self.assert_starts()
        other = self.place.folder("other")
        self.addCleanup(os.rmdir, other)
        status, message = self.start(point=other)
        self.assertEqual(status, STATE, message)
        self.assertEqual(message.count("\n"), 1, message)
        self.assertEqual(self.mounts(), [self.mount.path])
        self.assert_works()

    def test_state_of_another_account_is_another(self):
        self.assert_starts()
        other = self.place.folder("other")
        self.addCleanup(os.rmdir, other)
        self.addCleanup(self.end_all)
        self.env.update(UNSANDBOX_PUBLIC_KEY=OTHER_PUBLIC,
                        UNSANDBOX_SECRET_KEY=OTHER_SECRET)
        self.assert_starts(point=other)
        self.assert_works(other)
        self.assert_works()

    def test_state_that_cannot_be(self):
        for path in (self.write("file", ""), "/proc/state",
                     self.write("file", "") + "/below"):
            self.assert_fails(STATE, path, "-o",
                              f"url={self.server.url},state_dir={path}",
                              self.mount.path)

    def test_state_of_an_earlier_version(self):
        state = self.place.folder("earlier")
        account = os.path.join(state, "unsandboxfs", PUBLIC)
        os.makedirs(os.path.join(account, "inodes"))
        for name in ("2.json", "2.data"):
            with open(os.path.join(account, "inodes", name), "w",
                      encoding="ascii") as file:
                file.write("{}")
        arguments = ["-o", f"url={self.server.url},state_dir={state}",
                     self.mount.path]
        self.assert_fails(STATE, [account, "0.1.0", "inodes/NUMBER.data",
                                  "inodes/NUMBER.json", "Move it away"],
                          *arguments)
        self.assertEqual(sorted(os.listdir(os.path.join(account, "inodes"))),
                         ["2.data", "2.json"])
        os.rename(account, account + ".old")
        self.assertEqual(self.start(*arguments)[0], 0)

    def test_state_where_nobody_says(self):
        """$XDG_STATE_HOME, else ~/.local/state; private to the user."""
        xdg = self.place.path + "/xdg"
        for env, path in (({}, self.mount.home + "/.local/state"),
                          ({"XDG_STATE_HOME": xdg}, xdg)):
            self.assert_starts("-o", f"url={self.server.url}",
                               self.mount.path, env={**self.env, **env})
            self.assert_works()
            (account,) = os.listdir(path + "/unsandboxfs")
            mode = os.stat(f"{path}/unsandboxfs/{account}").st_mode
            self.assertEqual(mode & 0o7777, 0o700)
            self.end_all()

    # ---- the command line of mount(8) ----

    def test_source_and_mountpoint(self):
        """A URL is the address of the API, anything else is a label."""
        state = f"state_dir={self.mount.state_dir}"
        for words in (
                [self.server.url, "u", "-o", state],
                ["label", "u", "-o", f"{state},url={self.server.url}"],
                ["-o", state, "-o", "url=" + self.server.url, "label", "u"],
                ["http://127.0.0.1:1", "u", "-o",
                 f"{state},url={self.server.url}"]):
            self.assert_starts(*words)
            self.assert_works()
            self.end_all()

    def test_fstab_options(self):
        self.assert_starts(options="rw,nosuid,nodev,noexec,noatime,noauto,"
                           "_netdev,nofail,user,x-systemd.automount,defaults,"
                           "comment=what an admin says,silent,loud,"
                           "nodiratime,diratime,relatime,dirsync,sync,"
                           "context=system_u:object_r:removable_t:s0")
        line = self.mountinfo()
        for word in ("nosuid", "nodev", "noexec", " fuse.unsandboxfs ",
                     " unsandbox "):
            self.assertIn(word, line)
        self.assert_works()

    def test_fstab_options_of_a_user(self):
        """fusermount3 knows fewer than mount(8)."""
        theirs = self.place.path + "/theirs"
        for path in (theirs, theirs + "/home", theirs + "/u"):
            os.mkdir(path)
        more = {}
        if os.getuid() == 0:
            if self.place.path.startswith("/root/"):
                self.skipTest("other users do not get as far as here")
            if not os.stat("/dev/fuse").st_mode & 0o002:
                self.skipTest("other users may not open /dev/fuse")
            os.chmod(self.place.path, 0o755)
            for path in (theirs, theirs + "/home", theirs + "/u"):
                os.chown(path, 65534, 65534)
            more = {"user": 65534, "group": 65534, "extra_groups": []}
        self.env["HOME"] = theirs + "/home"
        self.assert_starts("-o", f"url={self.server.url},state_dir={theirs}/s,"
                           "rw,noatime,nodiratime,silent,loud,user,noexec,"
                           "relatime,sync,dirsync,nofail,_netdev",
                           theirs + "/u", **more)
        if os.getuid():
            self.assert_works(theirs + "/u")

    def test_fmask_and_dmask(self):
        self.assert_starts(options="umask=022,fmask=137,dmask=027")
        self.shell("umask 0; cd run; echo x > masked; mkdir masks")
        for path, mode in (("", 0o750), ("README", 0o440), ("run", 0o750),
                           ("run/masked", 0o640), ("run/masks", 0o750)):
            self.assertEqual(os.stat(self.at(path)).st_mode & 0o777, mode,
                             path)

    @unittest.skipUnless(os.getuid() == 0, "only root can remount")
    def test_remount(self):
        """As mount.fuse calls it for `mount -o remount,ro`."""
        self.assert_fails(MOUNTPOINT, "no unsandboxfs is mounted",
                          options="remount,ro")
        self.assert_starts()
        self.assert_starts(options="remount,ro,noexec")
        self.assertEqual(self.save_error("run/x.sh", "true"), "EROFS")
        self.assertIn("run/", self.read("README"))
        line = self.mountinfo()
        for word in ("ro", "nosuid", "nodev", "noexec"):
            self.assertIn(word, line.split()[5].split(","))
        self.assert_starts(options="remount,rw")
        self.assert_works()

    def test_source_is_shown(self):
        self.assert_starts(options="fsname=my account")
        line = self.mountinfo()
        self.assertIn(r" fuse.unsandboxfs my\040account ", line)

    @unittest.skipUnless(os.getuid() == 0 and shutil.which("mount.fuse3"),
                         "mount(8) is root's")
    def test_mount_8(self):
        subprocess.run(
            ["mount", "-t", "fuse3", "-o", "noatime,state_dir="
             + self.mount.state_dir, f"{PROGRAM}#{self.server.url}",
             self.mount.path], check=True, timeout=20, env=self.env)
        self.assert_works()

    def test_owner_and_umask(self):
        uid = os.getuid() or 1234  # a user could not look into another's
        self.assert_starts(options=f"uid={uid},gid=5678,umask=077")
        self.shell("umask 0; cd run; echo x > new; mkdir dir; echo x > dir/in;"
                   " ln new link; ln -s new symbolic; chmod 777 dir/in")
        saved = ("new", "dir", "dir/in", "link", "symbolic")
        for path in ("", "README", "run", "jobs", "run/.settings/ttl",
                     "run/dir/.settings/ttl", *(f"run/{n}" for n in saved)):
            info = os.stat(self.at(path))
            self.assertEqual((info.st_uid, info.st_gid), (uid, 5678), path)
            self.assertEqual(info.st_mode & 0o077, 0, path)
        info = os.lstat(self.at("run/symbolic"))
        self.assertEqual((info.st_uid, info.st_gid), (uid, 5678))
        self.assertEqual(self.error_of(os.chown, self.at("run/new"), -1, 99),
                         "EPERM")
        os.chown(self.at("run/new"), uid, 5678)
        self.assertEqual(os.stat(self.at("run/dir/in")).st_mode & 0o700, 0o700)

    @unittest.skipUnless(os.getuid() == 0, "needs two users")
    def test_roots_own_number_is_an_owner_too(self):
        """Else what another user saves would show that user."""
        if self.place.path.startswith("/root/"):
            self.skipTest("other users do not get as far as here")
        os.chmod(self.place.path, 0o755)
        self.assert_starts(options="allow_other,uid=0,gid=0,umask=000")
        for command in ("cp u/README u/run/theirs", "mkdir u/run/d"):
            subprocess.run(command.split(), cwd=self.place.path, user=65534,
                           group=65534, timeout=20, extra_groups=[],
                           check=True)
        for path in ("run/theirs", "run/d"):
            info = os.stat(self.at(path))
            self.assertEqual((info.st_uid, info.st_gid), (0, 0), path)

    @unittest.skipUnless(os.getuid() == 0, "needs two users")
    def test_other_users(self):
        """Others are kept out; with allow_other, modes decide."""
        if self.place.path.startswith("/root/"):
            self.skipTest("other users do not get as far as here")
        os.chmod(self.place.path, 0o755)
        for options, reads, writes in (("", False, False),
                                       ("allow_other", True, False),
                                       ("allow_other,uid=65534", True, True)):
            self.assert_starts(options=options)
            for command, works in ((["cat", "u/README"], reads),
                                   (["cp", "u/README", "u/run/x"], writes)):
                done = subprocess.run(command, cwd=self.place.path,
                                      user=65534, group=65534, timeout=20,
                                      extra_groups=[], check=False,
                                      capture_output=True)
                self.assertEqual(done.returncode == 0, works,
                                 (options, command, done.stderr))
            self.end_all()


class Again(StartCase):
    """A long list, which takes a moment to be kept."""

    def test_mounting_again_at_once(self):
        """The daemon that was unmounted may still be writing what it knows of
        a long list; the next one waits for it."""
        self.server.ask("PUT", "/seed", {"snapshots": 10000})
        for _ in range(3):
            self.assert_starts()
            self.assertEqual(len(os.listdir(self.at("snapshots"))), 10000)
            self.assertTrue(unmount(self.mount.path))
        self.assert_starts()


def add_usage():
    """A test for each row."""
    def check(words, arguments):
        def test(self):
            self.assert_fails(USAGE, words, *(
                [self.mount.path if a == "M" else a for a in arguments]
                or ["--"]))
            self.assert_requests({})
        return test
    for name, row in BAD_USAGE.items():
        setattr(Start, "test_usage_" + name, check(*row))


add_usage()

if __name__ == "__main__":
    unittest.main()
