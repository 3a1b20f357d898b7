# SPDX-License-Identifier: MIT
# tests/mount/busy_runs.py - programs, jobs, settings and drafts, whose daemon
# is killed
import json
import os

from busy import Busy


class BusyRuns(Busy):
    """Saves programs, by cp and by rename, and reads their results."""

    def __init__(self, mount, name, random, server):
        super().__init__(mount, name, random)
        self.top, self.server = f"run/{name}", server
        self.texts = {}     # path -> what is in it
        self.saved = {}     # path -> the tag whose save has returned
        self.begun = {}     # path -> tags that have not
        self.read_once = {}  # path -> the tag whose result was read

    def prepare(self):
        """Once, while nothing is cut: each program runs on its own."""
        os.mkdir(self.at(self.top))
        self.write(f"{self.top}/.settings/main", b"*\n")
        self.write(f"{self.top}/x.txt", b"x")

    def step(self):
        path = f"{self.top}/s{self.random.randrange(3)}.sh"
        if path in self.saved and self.random.random() < 0.4:
            self.flight = "reading", path
            if self.read(path + ".job/stdout") == self.saved[path] + "\n":
                self.read_once[path] = self.saved[path]
            return
        tag = self.tag()
        self.begun.setdefault(path, []).append(tag)
        self.flight = "saving", path, tag
        content = f"echo {tag}\n".encode()
        if self.random.random() < 0.5:
            self.write(path, content)
        else:
            self.write(self.top + "/part", content,
                       sync=self.random.random() < 0.5)
            os.rename(self.at(self.top, "part"), self.at(path))
        self.saved[path], self.texts[path] = tag, content.decode()
        del self.begun[path]

    def check(self):
        wrong = []
        ran = [each["code"].split()[-1] for each in self.server.executions()
               if each["code"].startswith("echo " + self.name)]
        wrong += [f"{tag} ran twice" for tag in set(ran) if ran.count(tag) > 1]
        for path in {*self.saved, *self.begun}:
            wrong += self._check_program(path, ran)
        return wrong

    def _check_program(self, path, ran):
        text, told = self.read(path), self.texts.get(path)
        may_be = [f"echo {tag}\n" for tag in self.begun.pop(path, ())]
        tag, was_read = self.saved.pop(path, None), self.read_once.pop(path, "")
        self.texts[path] = text
        if text != told and not (may_be and (
                not text or "\0" in text or
                any(each.startswith(text) for each in may_be))):
            return [f"{path} is {text!r}, not {told!r} or {may_be}"]
        if text != told or may_be or not tag:
            return []
        self.saved[path] = tag
        return self._check_result(path, tag, was_read, ran)

    def _check_result(self, path, tag, was_read, ran):
        status = self.read(path + ".job/status")
        code = self.read(path + ".job/code")
        seen = f"{path}: {status!r}, {tag}, ran: {tag in ran}"
        if not status or code != f"echo {tag}\n":
            return [f"{seen}: it is of {code!r}"]
        if status == "completed\n":
            output = self.read(path + ".job/stdout")
            return [] if output == tag + "\n" else [f"{seen}: {output!r}"]
        error = self.read(path + ".job/error") or ""
        if was_read == tag:
            return [f"{seen}, and its result had been read: {error}"]
        if status != "error\n":
            return [f"{seen}: nobody waits for it"]
        may = self.read(path + ".job/may_have_run")
        if tag in ran and (may != "1\n" or "nothing ran" in error):
            return [f"{seen}: {error}"]
        return []


class BusyJobs(Busy):
    """Submits jobs, whose ids are there when the close has returned."""

    def __init__(self, mount, name, random, server):
        super().__init__(mount, name, random)
        self.server = server
        self.ids, self.new, self.removed = {}, {}, set()
        self.committed = set()

    def prepare(self):
        """Nothing."""

    def step(self):
        if self.ids and self.random.random() < 0.1:
            self.remove()
            return
        tag = self.tag()
        path = f"jobs/new/{self.name}.{self.random.randrange(3)}.sh"
        self.flight = "submitting", path, tag
        if self.random.random() < 0.3:
            os.mkdir(self.at("jobs/new", tag))
            self.write(f"jobs/new/{tag}/main.sh", f"echo {tag}\n".encode())
            os.rename(self.at("jobs/new", tag), self.at("jobs", tag))
            self.committed.add(tag)
            path = f"jobs/{tag}"
        else:
            self.write(path, f"sleep 0.0{self.random.randrange(9)}; "
                             f"echo {tag}\n".encode())
            path += ".job"
        job = self.read(path, "id")
        if job:  # it may have to wait for its turn
            self.new[tag] = job.strip()

    def remove(self):
        """rm -r of one that has ended, and fsync."""
        tag = self.random.choice(list(self.ids))
        job = self.ids[tag]
        self.flight = "removing", job
        if self.read("jobs", job, "status") != "completed\n":
            return
        del self.ids[tag]
        os.rmdir(self.at("jobs", job))
        self.sync("jobs")
        self.removed.add(job)

    def check(self):
        wrong = []
        ran = [each["code"].split()[-1] for each in self.server.executions()]
        names = set(os.listdir(self.at("jobs")))
        wrong += [f"job {job} is there again" for job in self.removed & names]
        drafts = set(os.listdir(self.at("jobs/new")))
        wrong += [f"jobs/new/{tag} is there again"
                  for tag in self.committed & drafts]
        for tag, job in {**self.ids, **self.new}.items():
            if ran.count(tag) != 1:
                wrong.append(f"job {job}, {tag}, ran {ran.count(tag)} times")
            if job not in names:
                wrong.append(f"job {job} of {tag} is gone")
        for tag, job in self.new.items():
            code = self.read("jobs", job, "code") or ""
            status = self.read("jobs", job, "status")
            if not code.endswith(f"echo {tag}\n") or status == "error\n":
                wrong.append(f"job {job} is {status!r} of {code!r}, "
                             f"not {tag}: {self.read('jobs', job, 'error')}")
        self.ids.update(self.new)
        self.new.clear()
        return wrong

    def check_end(self):
        """All of them have ended, and have their output."""
        wrong = []
        for tag, job in self.ids.items():
            found = [self.read("jobs", job, name)
                     for name in ("exit_code", "status", "stdout")]
            if found != ["0\n", "completed\n", tag + "\n"]:
                wrong.append(f"job {job} of {tag}: {found}")
        return wrong


class BusySettings(Busy):
    """Sets values, which are durable when the write has returned."""

    names = {"ttl": "{}", "vcpu": "{}", "env": "A={}"}
    limits = {"ttl": 900, "vcpu": 8, "env": 10 ** 9}

    def __init__(self, mount, name, random, server):
        super().__init__(mount, name, random)
        self.top, self.server = f"run/{name}", server
        self.told, self.begun = {}, {}

    def prepare(self):
        """A directory, which is there for good."""
        os.mkdir(self.at(self.top))
        self.write(f"{self.top}/x.txt", b"x")

    def step(self):
        name = self.random.choice(list(self.names))
        self.count += 1
        text = self.names[name].format(
            self.count % self.limits[name] + 1) + "\n"
        self.flight = "setting", name, text
        self.begun[name] = text
        self.write(f"{self.top}/.settings/{name}", text.encode())
        self.told[name] = self.begun.pop(name)

    def check(self):
        wrong = []
        for name in self.names:
            text = self.read(self.top, ".settings", name)
            told, begun = self.told.get(name), self.begun.pop(name, None)
            if told and text not in (told, begun):
                wrong.append(f"{self.top}/.settings/{name} is {text!r}, not "
                             f"{told!r} or {begun!r}")
            self.told[name] = text
        return wrong


class BusyDrafts(Busy):
    """Makes drafts of services, and commits some."""

    def __init__(self, mount, name, random, server):
        super().__init__(mount, name, random)
        self.server = server
        self.there, self.made, self.removed = {}, set(), set()
        self.doubtful = set()

    def prepare(self):
        """Nothing."""

    def step(self):
        deed = self.random.random()
        if not self.there or (deed < 0.4 and len(self.there) < 5):
            draft, script = self.tag(), f"echo {self.tag()}\n"
            self.flight = "making", draft
            self.doubtful = {draft}
            os.mkdir(self.at("services/new", draft))
            self.write(f"services/new/{draft}/bootstrap", script.encode())
            self.write(f"services/new/{draft}/files/{draft}.txt",
                       script.encode())
            self.there[draft] = script
            self.doubtful = set()
            return
        draft = self.random.choice(list(self.there))
        script = self.there.pop(draft)
        self.doubtful = {draft}
        if deed < 0.6:
            self.flight = "committing", draft
            os.rename(self.at("services/new", draft),
                      self.at("services", draft))
            self.made.add(draft)
        elif deed < 0.7:
            self.flight = "removing", draft
            os.rmdir(self.at("services/new", draft))
            self.sync("services/new")
            self.removed.add(draft)
        else:
            self.flight = "writing", draft
            self.write(f"services/new/{draft}/domains",
                       f"{draft}.com\n".encode())
            self.there[draft] = script
        self.doubtful = set()

    def check(self):
        wrong, top = [], "services/new"
        names = set(os.listdir(self.at(top)))
        services = set(os.listdir(self.at("services")))
        for draft, script in self.there.items():
            found = [self.read(top, draft, name)
                     for name in ("bootstrap", f"files/{draft}.txt")]
            files = draft in names and os.listdir(
                self.at(top, draft, "files"))
            if found != [script, script] or files != [f"{draft}.txt"]:
                wrong.append(f"{top}/{draft}: {found}, not {script!r}; "
                             f"files: {files}")
        wrong += [f"the draft {draft} is there again"
                  for draft in (self.made | self.removed) & names]
        wrong += [f"the service {draft} is not there"
                  for draft in self.made - services]
        wrong += [f"the service {draft} is there"
                  for draft in self.removed & services]
        sent = [json.loads(change["body"])["name"]
                for change in self.server.changes()
                if change["method"] == "POST" and
                change["path"] == "/services"]
        wrong += [f"the service {draft} was made twice"
                  for draft in set(sent) if sent.count(draft) > 1]
        self.made |= self.doubtful & services
        for draft in self.doubtful & names:
            os.rmdir(self.at(top, draft))
        self.sync(top)
        self.doubtful = set()
        return wrong
