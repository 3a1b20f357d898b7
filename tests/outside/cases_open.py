# SPDX-License-Identifier: MIT
# tests/outside/cases_open.py - every way to open, of everything there is
"""CASES is {name: lines of Python}, as ground.py runs them."""

# What stands at the path p.
OBJECTS = {
    "missing": "",
    "file": "make('p')",
    "empty": "make('p', b'')",
    "readonly": "make('p', mode=0o400)",
    "dir": "mkdir('p'); make('p/in')",
    "link": "make('f'); symlink('f', 'p')",
    "link_to_dir": "mkdir('d'); symlink('d', 'p')",
    "dangling": "symlink('gone', 'p')",
    "loop": "symlink('q', 'p'); symlink('p', 'q')",
    "second_name": "make('f'); link('f', 'p')",
}

OPENS = {
    "r": "R", "w": "W", "rw": "RW", "w_trunc": "W|T", "r_trunc": "R|T",
    "w_append": "W|A", "rw_append_trunc": "RW|A|T", "w_creat": "W|C",
    "r_creat": "R|C", "rw_creat_excl": "RW|C|X", "w_creat_trunc": "W|C|T",
    "w_excl": "W|X", "r_dir": "R|DIR", "w_dir": "W|DIR",
    "r_creat_dir": "R|C|DIR", "r_nofollow": "R|NOF",
    "w_creat_nofollow": "W|C|NOF", "path": "PATH",
    "path_nofollow": "PATH|NOF", "path_dir": "PATH|DIR",
    "rw_sync": "RW|SYNC", "r_nonblock": "R|NB", "rdwr_3": "3",
}

# What is done with what was opened.
USE = """
fstat(fd); pwrite(fd, b'X', 2); pread(fd, 100, 0); write(fd, b'yy')
lseek(fd, 0, 1); fcntl(fd, fcntl_.F_GETFL) if 'A' in mode else None
ftruncate(fd, 4); fsync(fd); fchmod(fd, 0o640); close(fd); stat('p')
"""

CASES = {
    f"open_{flags}_of_{what}": f"{prepare}\nmode = {OPENS[flags]!r}\n"
    f"fd = open('p', {OPENS[flags]}){USE}"
    for what, prepare in OBJECTS.items() for flags in OPENS}

# Paths that lead through something.
PATHS = {
    "through_a_file": "make('f'); p = 'f/x'",
    "slash_behind_a_file": "make('f'); p = 'f/'",
    "slash_behind_a_dir": "mkdir('d'); p = 'd/'",
    "slash_behind_nothing": "p = 'n/'",
    "through_nothing": "p = 'n/x'",
    "through_a_loop": "symlink('l', 'l'); p = 'l/x'",
    "through_a_link": "mkdir('d'); make('d/x'); symlink('d', 'l'); p = 'l/x'",
    "through_a_dangling_link": "symlink('n', 'l'); p = 'l/x'",
    "slash_behind_a_link_to_a_dir": "mkdir('d'); symlink('d', 'l'); p = 'l/'",
    "slash_behind_a_link_to_a_file": "make('f'); symlink('f', 'l'); p = 'l/'",
    "up_and_down": "mkdir('d'); make('f'); p = 'd/../f'",
    "up_from_a_link": "mkdir('d'); mkdir('d/e'); make('d/f'); "
                      "symlink('d/e', 'l'); p = 'l/../f'",
    "dots": "mkdir('d'); make('d/x'); p = './d/././x'",
    "many_slashes": "mkdir('d'); make('d/x'); p = 'd////x'",
    "empty": "p = ''",
    "of_255_bytes": "p = 'n' * 255",
    "of_256_bytes": "p = 'n' * 256",
    "of_255_bytes_there": "make('n' * 255); p = 'n' * 255",
    "under_a_name_of_256_bytes": "p = 'n' * 256 + '/x'",
    "of_4095_bytes": "make('f'); p = './' * 2047 + 'f'",
    "of_4096_bytes": "make('f'); p = './' * 2047 + '/f'",
    "of_forty_links": "make('l0'); [os.symlink(f'l{i}', f'l{i + 1}') "
                      "for i in range(40)]; p = 'l40'",
    "of_forty_one_links": "make('l0'); [os.symlink(f'l{i}', f'l{i + 1}') "
                          "for i in range(41)]; p = 'l41'",
    "dot": "p = '.'",
    "of_utf8": "p = 'gr\\u00fc\\u00dfe \\u2603'",
    "of_no_utf8": "p = b'\\xff\\xfe\\x80'",
    "of_blanks": "p = ' a  b '",
    "of_a_newline": "p = 'a\\nb'",
    "of_control_bytes": "p = b'\\x01\\x1b\\x7f'",
    "of_a_percent": "p = '%41%2f'",
    "of_a_backslash": "p = 'a\\\\b'",
    "of_a_tilde": "p = '~'",
    "of_three_dots": "p = '...'",
    "of_a_dash": "p = '-rf'",
    "of_a_star": "p = '*?[a]'",
    "of_quotes": "p = '\\'\"`$x'",
    "beside_its_case": "make('readme'); make('README', b'other'); p = 'Readme'",
}
TRY = """
fd = open(p, R); fstat(fd); close(fd)
stat(p); lstat(p); access(p, 4); readlink(p); content(p); listdir(p)
fd = open(p, W | C); write(fd, b'new'); close(fd)
truncate(p, 2); chmod(p, 0o700); utime(p, (1, 1))
mkdir(p); rmdir(p); symlink('t', p); link(p, 'second'); unlink('second')
setxattr(p, 'user.a', b'1'); getxattr(p, 'user.a'); listdir()
rename(p, 'third'); listdir(); rename('third', p); unlink(p); listdir()
"""
CASES.update({f"path_{name}": prepare + TRY
              for name, prepare in PATHS.items()})

CASES.update({
    "path_longer_than_path_max": """
n = 'd' * 250
for i in range(20): os.mkdir(n); os.chdir(n)
make('f'); content('f'); rename('f', 'g'); link('g', 'h'); unlink('g')
stat('h'); listdir(); mkdir('e'); symlink('h', 'e/l'); listdir('e')
unlink('e/l'); rmdir('e'); unlink('h')
for i in range(20): os.chdir('..'); rmdir(n)
""",
    "o_path": """
make('f'); mkdir('d'); make('d/g'); symlink('f', 'l')
fd = open('f', PATH); fstat(fd); read(fd, 1); write(fd, b'x'); fchmod(fd, 0)
ftruncate(fd, 0); fchown(fd, 0, 0); fsync(fd); getxattr(fd, 'user.a')
lseek(fd, 0, 0)
content(f'/proc/self/fd/{fd}'); unlink('f'); fstat(fd)
fd = open('d', PATH); fstat(fd); chdir('d'); fchdir(fd); listdir()
open('g', R, dir_fd=fd); stat('g', dir_fd=fd); unlink('g', dir_fd=fd)
os.chdir('..'); os.rmdir('d'); fstat(fd); stat('g', dir_fd=fd)
fd = open('l', PATH | NOF); fstat(fd); readlink('', dir_fd=fd)
unlink('l'); fstat(fd); readlink('', dir_fd=fd)
""",
    "o_path_outlives_a_rename": """
mkdir('d'); make('d/f'); fd = open('d', PATH); g = open('d/f', PATH)
rename('d', 'e'); stat('f', dir_fd=fd); rename('e/f', 'h'); fstat(g)
content(f'/proc/self/fd/{g}'); unlink('h'); fstat(g)
""",
    "creat_modes": """
for m in (0, 0o1, 0o777, 0o4755, 0o2755, 0o1644, 0o7777):
    fd = open(f'm{m:o}', RW | C | X, m); fstat(fd); write(fd, b'x')
    read(fd, 1); close(fd)
""",
    "creat_modes_and_umask": """
for u in (0, 0o77, 0o777, 0o27):
    os.umask(u); fd = open(f'f{u:o}', W | C, 0o777); fstat(fd)
    mkdir(f'd{u:o}'); stat(f'd{u:o}'); mkdir(f's{u:o}', 0o1777)
    mknod(f'n{u:o}', 0o100666); stat(f's{u:o}'); stat(f'n{u:o}')
""",
    "mkdir_modes": """
for m in (0, 0o1, 0o700, 0o777, 0o1777, 0o2777, 0o4777, 0o7777):
    mkdir(f'm{m:o}', m); stat(f'm{m:o}')
""",
    "created_read_only_and_written": """
fd = open('f', RW | C | X, 0o400); write(fd, b'abc'); pread(fd, 9, 0)
fd = open('g', W | C, 0); write(fd, b'abc'); close(fd); content('g')
""",
    "opened_twice": """
make('f', b'0123456789'); a = open('f', RW); b = open('f', RW)
write(a, b'abc'); read(b, 5); write(b, b'ZZ'); pread(a, 20, 0)
ftruncate(a, 4); pread(b, 20, 0); fstat(b); close(a); fstat(b); close(b)
""",
    "append_goes_to_the_end": """
make('f', b'abc'); a = open('f', W | A); b = open('f', W)
write(a, b'1'); write(b, b'X'); write(a, b'2'); pwrite(a, b'3', 0)
lseek(a, 0, 1); lseek(a, 0, 0); write(a, b'4'); content('f')
ftruncate(a, 2); write(a, b'5'); truncate('f', 0); write(a, b'6')
content('f')
""",
    "append_set_later": """
make('f', b'abc'); a = open('f', RW); fcntl(a, fcntl_.F_SETFL, A)
write(a, b'1'); fcntl(a, fcntl_.F_SETFL, 0); write(a, b'2'); content('f')
pwrite(a, b'Z', 0); content('f')
""",
    "append_of_two_processes": """
make('f', b'')
for i in range(4):
    by(0, "fd = open('f', W | A); [os.write(fd, b'%d') for i in range(9)]"
       .replace('%d', str(i)))
fd = open('f', W | A); os.fork() or [os.write(fd, b'x'), os._exit(0)]
os.wait(); write(fd, b'y'); content('f')
""",
    "exclusive_only_once": """
for i in range(3):
    fd = open('f', W | C | X); close(fd)
by(0, "open('f', W | C | X)"); unlink('f'); by(0, "open('f', W | C | X)")
""",
    "trunc_of_what_others_have_open": """
make('f', b'0123456789'); a = open('f', RW); lseek(a, 5, 0)
fd = open('f', W | T); fstat(a); read(a, 9); write(a, b'Q'); content('f')
""",
    "by_dir_fd": """
mkdir('d'); fd = open('d', R | DIR); f = open('x', W | C, dir_fd=fd)
write(f, b'1'); mkdir('e', dir_fd=fd); symlink('x', 'l', dir_fd=fd)
stat('l', dir_fd=fd); stat('l', dir_fd=fd, follow_symlinks=False)
link('x', 'y', src_dir_fd=fd, dst_dir_fd=fd); listdir(fd)
rename('y', 'e/z', src_dir_fd=fd, dst_dir_fd=fd); unlink('x', dir_fd=fd)
rmdir('e', dir_fd=fd); readlink('l', dir_fd=fd); chmod('e', 0o700, dir_fd=fd)
utime('e', (5, 6), dir_fd=fd); listdir('d'); open('../d', R, dir_fd=fd)
open('x', R, dir_fd=f); mkdir('x', dir_fd=f); unlink('e/z', dir_fd=fd)
""",
    "directory_as_a_file": """
mkdir('d'); fd = open('d', R); read(fd, 10); write(fd, b'x')
pread(fd, 1, 0); ftruncate(fd, 0); lseek(fd, 0, 0); fsync(fd); fdatasync(fd)
fchmod(fd, 0o700); fstat(fd); fallocate(fd, 0, 0, 5); truncate('d', 0)
mmap(fd, 10, write=False)
""",
    "read_only_descriptor": """
make('f'); fd = open('f', R); write(fd, b'x'); pwrite(fd, b'x', 0)
ftruncate(fd, 1); fallocate(fd, 0, 0, 5); mmap(fd, 4); fsync(fd)
mmap(fd, 4, write=False); mmap(fd, 4, shared=False)
fd = open('f', W); read(fd, 1); mmap(fd, 4, write=False); fsync(fd)
""",
    "reopened_by_proc": """
make('f', b'abc'); fd = open('f', R)
g = open(f'/proc/self/fd/{fd}', RW); write(g, b'X'); pread(fd, 9, 0)
unlink('f'); h = open(f'/proc/self/fd/{fd}', RW); pread(h, 9, 0)
write(h, b'Y'); pread(fd, 9, 0); fstat(h)
note('name', os.readlink(f'/proc/self/fd/{fd}')[-12:])
k = open(f'/proc/self/fd/{fd}', W | T); fstat(fd)
linkat(f'/proc/self/fd/{fd}', 'back', FOLLOW)
""",
    "executed": """
import shutil
shutil.copy('/bin/true', 't'); chmod('t', 0o755); run('./t')
shutil.copy('/bin/false', 'u'); chmod('u', 0o755); run('./u')
chmod('t', 0o644); run('./t'); mkdir('d'); run('./d'); run('./none')
chmod('t', 0o755); rename('t', 'v'); run('./v'); make('w', b'', 0o755)
""",
    "noatime": "make('f'); fd = open('f', R | NOATIME); read(fd, 3)",
    "statvfs": "statvfs('.'); make('f'); statvfs('f'); statvfs('none')",
    "many_open_at_once": """
for i in range(300): make(f'f{i}', b'%d' % i)
fds = [os.open(f'f{i}', RW) for i in range(300)]
[os.pwrite(fd, b'z', 3) for fd in fds]; [os.unlink(f'f{i}') for i in range(0, 300, 2)]
note('read', [os.pread(fd, 9, 0) for fd in fds[::37]])
[os.close(fd) for fd in fds]; listdir()
""",
})
