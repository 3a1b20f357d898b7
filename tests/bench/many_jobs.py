# SPDX-License-Identifier: MIT
# tests/bench/many_jobs.py - finished jobs, without running them
import glob
import json
import os
import re
import shutil
import uuid


def one_job(path):
    """Runs one; its id."""
    with open(path + "/jobs/new/job.sh", "wb", buffering=0) as file:
        file.write(b"echo done\n")
    with open(path + "/jobs/latest/exit_code", encoding="ascii") as file:
        file.read()
    ident = os.readlink(path + "/jobs/latest")
    os.unlink(path + "/jobs/new/job.sh")
    return ident


def make_jobs(mount, count):
    """Fills the state directory of a mount with the records of one job, under
    other numbers and ids; returns whether all are listed after a start."""
    ident = one_job(mount.path)
    mount.unmount()
    folder = glob.glob(mount.state_dir + "/unsandboxfs/*/jobs")[0]
    whole = glob.glob(folder + "/*")
    for number in range(2, count + 1):
        new_id = str(uuid.uuid4()).encode()
        for path in whole:
            copy(path, os.path.join(folder, re.sub(
                r"^1(?=$|\.)", str(number), os.path.basename(path))),
                ident.encode(), new_id)
    for path in glob.glob(os.path.dirname(folder) + "/*.json"):
        with open(path, encoding="utf-8") as file:
            names = json.load(file)
        if "next" in names:
            with open(path, "w", encoding="utf-8") as file:
                json.dump({**names, "next": count + 1}, file)
    mount.start(120)
    return len(os.listdir(mount.path + "/jobs")) >= count


def fnv(text):
    """The hash of a record, which is its second line."""
    value = 0xcbf29ce484222325
    for byte in text:
        value = (value ^ byte) * 0x100000001b3 % 2 ** 64
    return value


def copy(path, new, old_word, new_word):
    """A file, or a directory of files, with one word replaced by another."""
    if os.path.isdir(path):
        os.mkdir(new)
        for name in os.listdir(path):
            copy(os.path.join(path, name), os.path.join(new, name), old_word,
                 new_word)
        return
    with open(path, "rb") as file:
        text = file.read()
    text = text.replace(old_word, new_word)
    lines = text.split(b"\n")
    if len(lines) == 3 and re.fullmatch(rb"[0-9a-f]{16}", lines[1]):
        text = b"%s\n%016x\n" % (lines[0], fnv(lines[0]))
    with open(new, "wb") as file:
        file.write(text)
    shutil.copymode(path, new)
