# SPDX-License-Identifier: MIT
# tests/mount/calls_table.py - saves as sequences of system calls
"""System calls of programs that are not installed, or that do this rarely.
Each row is a Python program that runs in a directory below run/ where p.sh
has an old version."""

PRELUDE = """
import fcntl, mmap, os, subprocess, sys, tempfile, threading, time
R, W, RW = os.O_RDONLY, os.O_WRONLY, os.O_RDWR
C, X, T, A = os.O_CREAT, os.O_EXCL, os.O_TRUNC, os.O_APPEND
new = open(os.environ["NEW"], "rb").read()
half = len(new) // 2

def put(path, flags, data=new, mode=0o644):
    fd = os.open(path, flags, mode)
    if data:
        os.write(fd, data)
    os.close(fd)

def thread(function, *arguments):
    result = []
    one = threading.Thread(
        target=lambda: result.append(function(*arguments)))
    one.start()
    one.join()
    return result[0]
"""

CALLS = {
    # Editors, as traced (fs/FUSE.md part 2).
    "neovim": """
put("4913", W | C | X, b"")
os.unlink("4913")
os.rename("p.sh", "p.sh~")
put("p.sh", W | C | T)
os.chmod("p.sh", 0o644)
os.unlink("p.sh~")
""",
    "mg": """
put("p.sh.Qk3vX1", W | C | X, open("p.sh", "rb").read())
os.utime("p.sh.Qk3vX1")
os.rename("p.sh.Qk3vX1", "p.sh~")
fd = os.open("p.sh", RW | T)
os.fchmod(fd, 0o644)
os.fchown(fd, -1, -1)
os.write(fd, new)
os.close(fd)
""",
    "joe": """
os.symlink("me@here.1", ".#p.sh")
put("p.sh~", W | C | T, open("p.sh", "rb").read())
fd = os.open("p.sh", W | C | T)
os.write(fd, new)
os.fchmod(fd, 0o644)
os.close(fd)
os.unlink(".#p.sh")
""",
    "micro": """
put("p.sh", W, b"")
put("p.sh", W | C | T)
""",
    "kakoune": """
fd = os.open("p.sh", W | T)
fcntl.fcntl(fd, fcntl.F_SETFL, os.O_NONBLOCK)
os.write(fd, new)
os.close(fd)
""",
    "vs_code": """
os.stat("p.sh")
fd = thread(os.open, "p.sh", W | C | T, 0o644)
thread(os.write, fd, new)
thread(os.fdatasync, fd)
thread(os.close, fd)
thread(os.stat, "p.sh")
""",
    "vs_code_atomic": """
fd = thread(os.open, "p.sh.vsctmp", W | C | T, 0o644)
thread(os.write, fd, new)
thread(os.fdatasync, fd)
thread(os.close, fd)
thread(os.rename, "p.sh.vsctmp", "p.sh")
""",
    "gedit": """
probe = os.open("p.sh", W)
fd = os.open(".goutputstream-A1B2C3", RW | C | X, 0o600)
os.fchown(fd, -1, -1)
os.fchmod(fd, 0o644)
os.close(probe)
os.write(fd, new)
os.fsync(fd)
os.rename(".goutputstream-A1B2C3", "p.sh")
os.close(fd)
""",
    "gedit_with_backup": """
probe = os.open("p.sh", W)
fd = os.open(".goutputstream-D4E5F6", RW | C | X, 0o600)
os.link("p.sh", "p.sh~")
os.close(probe)
os.write(fd, new)
os.rename(".goutputstream-D4E5F6", "p.sh")
os.close(fd)
""",
    "emacs_precious": """
put("p.sh~", W | C | T, open("p.sh", "rb").read())
put("tmpAbCdEf", W | C | X, b"")
put("tmpAbCdEf", W | T)
put("tmpAbCdEf", W, b"")
os.rename("tmpAbCdEf", "p.sh")
os.chmod("p.sh", 0o755)
""",
    "busybox_sed": """
put("p.shYnGkLf", RW | C | X)
os.rename("p.shYnGkLf", "p.sh")
""",
    "nano_backup": """
put(".p.sh.swp", W | C | X, b"x" * 1024)
fd = os.open("p.sh~", W | C | X, 0o600)
os.write(fd, open("p.sh", "rb").read())
os.fsync(fd)
os.close(fd)
os.utime("p.sh~")
fd = os.open("p.sh", W | C | T)
os.write(fd, new)
os.fsync(fd)
os.close(fd)
os.unlink(".p.sh.swp")
""",
    # Ways of writing.
    "in_pieces": """
fd = os.open("p.sh", W | T)
for i in range(len(new)):
    os.write(fd, new[i:i + 1])
os.close(fd)
""",
    "with_fsync_between": """
fd = os.open("p.sh", W | T)
os.write(fd, new[:half])
os.fsync(fd)
time.sleep(0.3)
os.write(fd, new[half:])
os.fsync(fd)
os.close(fd)
""",
    "backwards": """
fd = os.open("p.sh", W)
os.pwrite(fd, new[half:], half)
os.pwrite(fd, new[:half], 0)
os.ftruncate(fd, len(new))
os.close(fd)
""",
    "appended_by_flag": """
put("p.sh", W | T, new[:0])
fd = os.open("p.sh", W | A)
os.write(fd, new[:half])
os.lseek(fd, 0, 0)
os.write(fd, new[half:])
os.close(fd)
""",
    "by_mmap": """
fd = os.open("p.sh", RW)
os.ftruncate(fd, len(new))
area = mmap.mmap(fd, len(new))
area[:] = new
area.flush()
area.close()
os.close(fd)
""",
    "by_sendfile": """
source = os.open(os.environ["NEW"], R)
fd = os.open("p.sh", W | T)
os.sendfile(fd, source, 0, len(new))
os.close(fd)
""",
    "by_copy_file_range": """
put("p.txt", W | C)
source = os.open("p.txt", R)
fd = os.open("p.sh", W | T)
try:
    os.copy_file_range(source, fd, len(new))
except OSError:
    os.write(fd, new)
os.close(fd)
""",
    "by_temporary_with_ending": """
fd, name = tempfile.mkstemp(".sh", "tmp", ".")
os.write(fd, new)
os.close(fd)
os.rename(name, "p.sh")
""",
    "by_temporary_without_ending": """
fd, name = tempfile.mkstemp("", "tmp", ".")
os.write(fd, new)
os.close(fd)
os.replace(name, "p.sh")
""",
    # Descriptors that several processes hold.
    "child_inherits": """
fd = os.open("p.sh", W | T)
os.write(fd, new[:half])
subprocess.run([sys.executable, "-c",
    "import os, sys; os.write(int(sys.argv[1]), sys.argv[2].encode())",
    str(fd), new[half:].decode()], pass_fds=[fd], check=True)
os.close(fd)
""",
    "child_is_stdout": """
with open("p.sh", "wb") as file:
    for part in new.decode().splitlines(keepends=True):
        subprocess.run(["printf", "%s", part], stdout=file, check=True)
""",
    "opener_goes_first": """
read_end, write_end = os.pipe()
if os.fork() == 0:
    fd = os.open("p.sh", W | T)
    if os.fork():
        os._exit(0)
    time.sleep(0.2)
    os.write(fd, new)
    os._exit(0)
os.close(write_end)
os.wait()
os.read(read_end, 1)
""",
    "forks_that_write_nothing": """
fd = os.open("p.sh", W | T)
os.write(fd, new[:half])
for i in range(5):
    if os.fork() == 0:
        os.close(fd)
        os._exit(0)
    os.wait()
os.write(fd, new[half:])
os.close(fd)
""",
    "duplicates": """
fd = os.open("p.sh", W | T)
copies = [os.dup(fd) for i in range(10)]
os.close(fd)
for i, copy in enumerate(copies):
    os.write(copy, new[i * len(new) // 10:(i + 1) * len(new) // 10])
    os.close(copy)
""",
    "opened_twice": """
one = os.open("p.sh", W | T)
two = os.open("p.sh", W | A)
os.write(one, new[:half])
os.close(one)
os.write(two, new[half:])
os.close(two)
""",
    "reader_beside_writer": """
reader = os.open("p.sh", R)
put("p.sh", W | T)
os.close(reader)
""",
    "exits_without_closing": """
fd = os.open("p.sh", W | T)
os.write(fd, new)
sys.exit()
""",
    "thread_exits_the_process": """
fd = os.open("p.sh", W | T)
threading.Thread(target=time.sleep, args=[60], daemon=True).start()
thread(os.write, fd, new)
os._exit(0)
""",
    "written_after_unlink_and_linked_back": """
os.link("p.sh", "q.txt")
os.unlink("p.sh")
put("q.txt", W | T)
os.rename("q.txt", "p.sh")
""",
}

# A late answer here would hang more than the mount: while a program is in
# execve, the kernel blocks readers of some of its files in /proc.
EXECS = {
    "execs_without_closing": """
fd = os.open("p.sh", W | T)
os.write(fd, new)
os.execvp("true", ["true"])
""",
    "execs_with_threads": """
fd = os.open("p.sh", W | T)
os.write(fd, new)
for i in range(3):
    threading.Thread(target=time.sleep, args=[60], daemon=True).start()
os.execvp("true", ["true"])
""",
    "child_execs": """
fd = os.open("p.sh", W | T)
os.write(fd, new[:half])
subprocess.run(["true"], check=True)
os.write(fd, new[half:])
os.close(fd)
""",
    "exec_keeps_it_open": """
fd = os.open("p.sh", W | T)
os.dup2(fd, 1)
os.execvp("cat", ["cat", os.environ["NEW"]])
""",
}
