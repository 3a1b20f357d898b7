# SPDX-License-Identifier: MIT
# tests/outside/cases_content.py - what files hold, and what is known of them
"""CASES is {name: lines of Python}, as ground.py runs them."""

CASES = {
    "truncate_sizes": """
make('f', b'0123456789')
for n in (10, 4, 4, 7, 0, 5000, 1, 4096, 4097, 100000):
    truncate('f', n); stat('f'); content('f')
truncate('f', -1); truncate('none', 1); truncate('f', 1 << 62); stat('f')
""",
    "truncate_by_descriptor": """
make('f', b'0123456789'); fd = open('f', RW)
for n in (10, 4, 7, 0, 5000, 1): ftruncate(fd, n); fstat(fd); pread(fd, 9, 0)
ftruncate(fd, -1); ftruncate(fd, 1 << 62); lseek(fd, 0, 1); close(fd)
content('f')
""",
    "truncate_by_path_while_open": """
make('f', b'0123456789'); fd = open('f', RW); read(fd, 5); truncate('f', 3)
read(fd, 5); fstat(fd); pwrite(fd, b'X', 5); content('f'); truncate('f', 4)
pread(fd, 9, 0); close(fd); content('f')
""",
    "truncate_by_path_alone": "make('f', b'0123456789'); truncate('f', 4)",
    "truncate_by_path_longer": "make('f', b'0123456789'); truncate('f', 40)",
    "truncate_by_path_to_nothing": "make('f', b'0123456789'); truncate('f', 0)",
    "truncate_of_a_new_empty_file": "make('f', b''); truncate('f', 6)",
    "truncate_of_a_link": "make('f', b'0123'); symlink('f', 'l'); "
                          "truncate('l', 2); content('f'); lstat('l')",
    "truncate_twice": "make('f', b'0123456789'); truncate('f', 4); "
                      "truncate('f', 8); content('f')",
    "truncate_shows_no_old_bytes": """
make('f', b'x' * 10000); truncate('f', 100); truncate('f', 10000)
note('zeros', content('f')[100:] == bytes(9900)); fd = open('f', RW)
ftruncate(fd, 50); pwrite(fd, b'end', 9000)
note('zeros', pread(fd, 10000, 0)[50:9000] == bytes(8950))
""",
    "writes_at_offsets": """
fd = open('f', RW | C); pwrite(fd, b'abc', 10); pwrite(fd, b'X', 0)
pwrite(fd, b'', 100); fstat(fd); pread(fd, 20, 0); pread(fd, 5, 11)
pread(fd, 5, 13); pread(fd, 5, 100); pwrite(fd, b'x', -1); pread(fd, 1, -1)
writev(fd, [b'aa', b'bb', b'']); content('f'); lseek(fd, 0, 1)
""",
    "lseek": """
make('f', b'0123456789'); fd = open('f', RW)
for o, w in ((5, 0), (2, 1), (-3, 2), (-1, 0), (100, 0), (0, 2), (-99, 2),
             (5, 9)):
    lseek(fd, o, w)
lseek(fd, 0, os.SEEK_DATA); lseek(fd, 0, os.SEEK_HOLE)
lseek(fd, 9, os.SEEK_HOLE); lseek(fd, 10, os.SEEK_DATA)
lseek(fd, 10, os.SEEK_HOLE); lseek(fd, -1, os.SEEK_DATA)
make('e', b''); fd = open('e', R); lseek(fd, 0, os.SEEK_DATA)
lseek(fd, 0, os.SEEK_HOLE)
""",
    "holes": """
fd = open('f', RW | C); pwrite(fd, b'x' * 4096, 1 << 20); fsync(fd)
lseek(fd, 0, os.SEEK_DATA); lseek(fd, 0, os.SEEK_HOLE)
lseek(fd, 1 << 20, os.SEEK_HOLE); ftruncate(fd, 1 << 22); fstat(fd)
lseek(fd, (1 << 20) + 4096, os.SEEK_DATA)
note('sparse', os.fstat(fd).st_blocks < 64)
note('zeros', pread(fd, 1 << 20, 0) == bytes(1 << 20))
""",
    "holes_of_a_map": """
fd = open('f', RW | C); ftruncate(fd, 1 << 20); m = mmap(fd, 1 << 20)
put(m, 600000, b'A'); lseek(fd, 0, os.SEEK_DATA)
lseek(fd, 600000, os.SEEK_HOLE); m.close(); pread(fd, 3, 599999)
""",
    "sparse_file_of_five_gigabytes": """
fd = open('f', RW | C); ftruncate(fd, 5 << 30); fstat(fd)
pwrite(fd, b'end', (5 << 30) - 3); pwrite(fd, b'begin', 0); fsync(fd)
pread(fd, 9, (5 << 30) - 5); pread(fd, 6, 0); close(fd); fd = open('f', RW)
pwrite(fd, b'mid', 3 << 30); close(fd); stat('f')
note('sparse', os.stat('f').st_blocks < 256); truncate('f', 10)
""",
    "fallocate": """
fd = open('f', RW | C); write(fd, b'x' * 9000); fallocate(fd, 0, 0, 20000)
fstat(fd); fallocate(fd, KEEP, 0, 90000); fstat(fd)
fallocate(fd, PUNCH | KEEP, 4096, 4096); note('punched', [content('f')[i] for
    i in (4095, 4096, 8191, 8192)]); fstat(fd)
fallocate(fd, PUNCH | KEEP, 100, 10); pread(fd, 12, 99)
fallocate(fd, PUNCH, 0, 10); fallocate(fd, 0, 0, 0); fallocate(fd, 0, -1, 9)
fallocate(fd, PUNCH | KEEP, 0, 1 << 40); fstat(fd)
fallocate(fd, 0, 1 << 62, 1 << 62)
""",
    "fallocate_zero_range": """
fd = open('f', RW | C); write(fd, b'x' * 9000)
fallocate(fd, ZERO | KEEP, 100, 200); pread(fd, 3, 299); fstat(fd)
fallocate(fd, ZERO, 8999, 3000); fstat(fd); pread(fd, 4, 8998); content('f')
""",
    "fallocate_keeps_saved": """
make('f', b'abc'); fd = open('f', RW); fallocate(fd, 0, 0, 100); close(fd)
make('g', b'x' * 8192); fd = open('g', RW); fallocate(fd, PUNCH | KEEP, 0, 4096)
close(fd); note('g', content('g')[4094:4098])
""",
    "fallocate_collapse": "fd = open('f', RW | C); write(fd, b'x' * 12288); "
                          "fallocate(fd, COLLAPSE, 4096, 4096)",
    "fallocate_insert": "fd = open('f', RW | C); write(fd, b'x' * 12288); "
                        "fallocate(fd, INSERT, 4096, 4096)",
    "copy_file_range": """
make('a', b'0123456789' * 1000); a = open('a', RW); b = open('b', RW | C)
copy_file_range(a, b, 5000); copy_file_range(a, b, 100000)
copy_file_range(a, b, 10); note('same', content('a') == content('b'))
copy_file_range(a, b, 10, 3, 20000); fstat(b); copy_file_range(a, a, 10, 0, 5)
copy_file_range(a, a, 10, 0, 100); pread(a, 12, 99); c = open('b', R)
copy_file_range(a, c, 10); copy_file_range(c, a, 5, 0, 0); content('b')
""",
    "sendfile": """
make('a', b'0123456789' * 500); a = open('a', R); b = open('b', W | C)
sendfile(b, a, 0, 3000); sendfile(b, a, 3000, 9000); stat('b')
note('same', content('a') == content('b'))
""",
    "mmap_shared": """
make('f', b'0123456789'); fd = open('f', RW); m = mmap(fd, 10)
put(m, 2, b'XY'); pread(fd, 20, 0); content('f'); pwrite(fd, b'Z', 5)
note('seen', m[:]); m.flush(); close(fd); put(m, 0, b'!'); m.flush()
content('f'); m.close(); content('f')
""",
    "mmap_private": """
make('f', b'0123456789'); fd = open('f', R); m = mmap(fd, 10, shared=False)
put(m, 2, b'XY'); content('f'); note('seen', m[:]); fd = open('f', RW)
m = mmap(fd, 10, shared=False); put(m, 0, b'P'); m.close(); content('f')
""",
    "mmap_grows": """
fd = open('f', RW | C); ftruncate(fd, 8192); m = mmap(fd, 8192)
put(m, 4090, b'0123456789'); m.flush(); note('c', content('f')[4085:4105])
ftruncate(fd, 4093); ftruncate(fd, 8192); note('cut', m[4085:4105])
note('c', content('f')[4085:4105]); m.close(); stat('f')
""",
    "mmap_outlives_the_name": """
make('f', b'0123456789'); fd = open('f', RW); m = mmap(fd, 10); close(fd)
unlink('f'); put(m, 0, b'X'); note('seen', m[:]); m.flush(); make('f', b'new')
note('seen', m[:]); content('f'); m.close()
""",
    "mmap_of_two_processes": """
make('f', b'0123456789'); fd = open('f', RW); m = mmap(fd, 10)
by(0, "fd = open('f', RW); m = mmap(fd, 10); put(m, 3, b'abc'); m.close()")
note('seen', m[:]); pread(fd, 20, 0); put(m, 0, b'Q')
by(0, "content('f')"); m.close(); content('f')
""",
    "mmap_page_end_is_zero": """
make('f', b'abc'); fd = open('f', RW); m = mmap(fd, 3)
ftruncate(fd, 100); m = mmap(fd, 100); note('seen', m[:5]); m.close()
""",
    "large_file": """
import hashlib
fd = open('f', RW | C)
for i in range(40): os.write(fd, bytes([i]) * 262144)
fsync(fd); fstat(fd); pwrite(fd, b'Q' * 5, 262142); close(fd)
note('sum', hashlib.md5(content('f')).hexdigest()); fd = open('f', W | A)
write(fd, b'one byte more'); close(fd); stat('f')
note('sum', hashlib.md5(content('f')).hexdigest())
""",
    "odd_write_sizes": """
import hashlib
fd = open('f', RW | C)
for n in (1, 4095, 4096, 4097, 131071, 131072, 131073, 1048577, 3000000):
    write(fd, bytes([n % 251]) * n)
fstat(fd); note('sum', hashlib.md5(content('f')).hexdigest())
""",
    "written_by_two": """
a = open('f', RW | C); b = open('f', RW)
for i in range(20): os.write(a, b'a'); os.pwrite(b, b'b', 2 * i + 1)
content('f'); close(a); write(b, b'B'); content('f'); close(b); content('f')
""",
    "overwritten_in_place": """
make('f', b'0123456789' * 1000); fd = open('f', RW); pwrite(fd, b'XX', 5000)
content('f')[4999:5003] and note('c', content('f')[4999:5003]); close(fd)
note('c', content('f')[4999:5003]); stat('f')
""",
    "read_while_written": """
w = open('f', W | C); r = open('f', R); read(r, 9); write(w, b'abc')
read(r, 9); write(w, b'def'); read(r, 2); read(r, 9); ftruncate(w, 0)
read(r, 9); write(w, b'ghi'); read(r, 20); close(w); read(r, 9)
""",
    "locks": """
make('f'); a = open('f', RW); b = open('f', RW); flock(a, fcntl_.LOCK_EX)
flock(b, fcntl_.LOCK_EX | fcntl_.LOCK_NB)
flock(b, fcntl_.LOCK_SH | fcntl_.LOCK_NB); flock(a, fcntl_.LOCK_SH)
flock(b, fcntl_.LOCK_SH | fcntl_.LOCK_NB); close(a)
flock(b, fcntl_.LOCK_EX | fcntl_.LOCK_NB); flock(b, fcntl_.LOCK_UN)
lockf(b, fcntl_.LOCK_EX, 5, 0)
by(0, "c = open('f', RW); lockf(c, fcntl_.LOCK_EX | fcntl_.LOCK_NB, 3, 2); "
      "lockf(c, fcntl_.LOCK_EX | fcntl_.LOCK_NB, 3, 5); "
      "flock(c, fcntl_.LOCK_EX | fcntl_.LOCK_NB)")
d = open('f', R); close(d); by(0, "c = open('f', RW); "
                               "lockf(c, fcntl_.LOCK_EX | fcntl_.LOCK_NB)")
e = open('f', R); lockf(e, fcntl_.LOCK_EX | fcntl_.LOCK_NB)
g = open('.', R); flock(g, fcntl_.LOCK_EX)
""",
    "xattrs": """
make('f'); setxattr('f', 'user.a', b'1'); setxattr('f', 'user.b', b'\\0\\xff')
listxattr('f') and 0; note('names', set(os.listxattr('f')))
setxattr('f', 'user.a', b'2', os.XATTR_CREATE); getxattr('f', 'user.a')
setxattr('f', 'user.c', b'2', os.XATTR_REPLACE); getxattr('f', 'user.c')
setxattr('f', 'user.a', b'', os.XATTR_REPLACE); getxattr('f', 'user.a')
removexattr('f', 'user.a'); removexattr('f', 'user.a'); getxattr('f', 'user.b')
setxattr('f', 'user.', b'x'); setxattr('f', '', b'x'); setxattr('f', 'x', b'1')
setxattr('f', 'user.' + 'n' * 250, b'1'); setxattr('f', 'user.' + 'n' * 251, b'')
getxattr('f', 'user.' + 'n' * 250); setxattr('f', 'user.v', b'v' * 2000)
note('v', len(os.getxattr('f', 'user.v'))); setxattr('none', 'user.a', b'')
setxattr('f', 'user.v', b'v' * 65537); getxattr('f', 'nonsense.a')
""",
    "xattrs_of_all_kinds": """
mkdir('d'); setxattr('d', 'user.a', b'1'); getxattr('d', 'user.a')
symlink('none', 'l'); setxattr('l', 'user.a', b'1', follow_symlinks=False)
listxattr('l', follow_symlinks=False); getxattr('l', 'user.a')
make('f'); fd = open('f', R); setxattr(fd, 'user.a', b'1'); link('f', 'g')
getxattr('g', 'user.a'); rename('f', 'h'); getxattr('h', 'user.a')
chmod('h', 0o400); setxattr('h', 'user.b', b'2'); make('g', b'new')
note('names', set(os.listxattr('g'))); unlink('g'); getxattr(fd, 'user.a')
""",
    "xattr_buffer_sizes": """
import ctypes
make('f'); os.setxattr('f', 'user.a', b'0123456789')
from ctypes import CDLL, create_string_buffer as buffer, get_errno
c = CDLL(None, use_errno=True)
for n in (0, 1, 9, 10, 11):
    note(f'get {n}', [c.getxattr(b'f', b'user.a', buffer(20), n), get_errno()])
for n in (0, 1, 6, 7, 8):
    note(f'list {n}', [c.listxattr(b'f', buffer(20), n), get_errno()])
""",
    "acl_not_kept": """
import struct
acl = struct.pack('<I' + 4 * 'HHI', 2, 1, 6, 2**32 - 1, 2, 7, 1000, 4, 4,
                  2**32 - 1, 0x20, 4, 2**32 - 1)
make('f'); setxattr('f', 'system.posix_acl_access', acl)
""",
    "xattr_of_other_namespaces": """
make('f'); setxattr('f', 'trusted.a', b'1'); setxattr('f', 'security.a', b'1')
""",
    "modes": """
make('f'); mkdir('d')
for m in (0, 0o400, 0o777, 0o4755, 0o2755, 0o1755, 0o7777, 0o644, 0o100644):
    chmod('f', m); stat('f'); chmod('d', m); stat('d')
fd = open('f', R); fchmod(fd, 0o600); fstat(fd); symlink('f', 'l')
chmod('l', 0o640); stat('f'); lstat('l'); chmod('none', 0); rmdir('d')
""",
    "owners": """
make('f'); mkdir('d'); symlink('f', 'l')
if os.getuid() == 0:
    chown('f', 1234, 5678); stat('f'); chown('f', -1, 9); stat('f')
    chown('f', 8, -1); stat('f'); lchown('l', 5, 6); lstat('l'); stat('f')
    chown('l', 77, 77); stat('f'); lstat('l'); chown('d', 3, 4); stat('d')
    fd = open('f', R); fchown(fd, 1, 2); fstat(fd); make('d/x'); stat('d/x')
    chown('f', 0, 0); stat('f')
chown('f', -1, -1); stat('f'); chown('none', 0, 0)
""",
    "owners_clear_set_id_bits": """
make('f', mode=0o6755); chown('f', os.getuid(), os.getgid()); stat('f')
make('g', mode=0o2644); chown('g', os.getuid(), os.getgid()); stat('g')
mkdir('d'); chmod('d', 0o6755); chown('d', os.getuid(), os.getgid()); stat('d')
make('h', mode=0o6755); chown('h', -1, -1); stat('h')
""",
    "setgid_directory": """
mkdir('d'); chown('d', -1, 4711) if os.getuid() == 0 else None
chmod('d', 0o2775); stat('d'); make('d/f'); stat('d/f'); mkdir('d/e')
stat('d/e'); mkdir('d/e/g', 0o700); stat('d/e/g'); symlink('f', 'd/l')
lstat('d/l'); fd = open('d/n', RW | C | X, 0o2755); fstat(fd)
mknod('d/m', 0o100644); stat('d/m'); make('h'); rename('h', 'd/h')
stat('d/h'); mkdir('i'); rename('i', 'd/i'); stat('d/i')
by(0, "os.chdir('d/e'); make('x'); stat('x'); mkdir('y'); stat('y')")
""",
    "times_set": """
make('f'); fd = open('f', RW); symlink('f', 'l'); mkdir('d')
for ns in ((0, 0), (1, 999999999), (123456789012345678, 987654321987654321),
           (4102444800 * 10**9, 4102444800 * 10**9), (-10**9, -5)):
    for p in ('f', fd, 'd'):
        utime(p, ns=ns); i = os.stat(p)
        note('set', [i.st_atime_ns, i.st_mtime_ns])
utime('l', ns=(5, 6), follow_symlinks=False); i = os.lstat('l')
note('link', [i.st_atime_ns, i.st_mtime_ns, os.stat('f').st_mtime_ns])
""",
    "times_set_in_parts": """
from ctypes import CDLL, c_long
c = CDLL(None, use_errno=True); make('f'); os.utime('f', ns=(10**9, 2 * 10**9))
now, omit = (1 << 30) - 1, (1 << 30) - 2
def parts(*v):
    note(f'{v[1::2]}', c.utimensat(-100, b'f', (c_long * 4)(*v), 0))
    i = os.stat('f'); note('times', [t if t < 10**15 else 'now' for t in
                                     (i.st_atime_ns, i.st_mtime_ns)])
parts(0, omit, 3, 5); parts(4, 6, 0, omit); parts(0, omit, 0, omit)
parts(0, now, 0, omit); parts(5, 5, 0, now); parts(0, now, 0, now)
parts(1, 10**9, 1, 1); parts(1, -1, 1, 1)
""",
    "times_moved_of_files": """
make('f', b'0123'); fd = os.open('f', RW)
touched('f', write, fd, b'x'); touched('f', pwrite, fd, b'x', 9)
touched('f', write, fd, b''); touched('f', ftruncate, fd, 4)
touched('f', ftruncate, fd, 4); touched('f', truncate, 'f', 4)
touched('f', truncate, 'f', 3); touched('f', chmod, 'f', 0o600)
touched('f', chmod, 'f', 0o600); touched('f', chown, 'f', -1, 0)
touched('f', link, 'f', 'g'); touched('f', unlink, 'g')
touched('f', setxattr, 'f', 'user.a', b'1'); touched('f', read, fd, 1)
touched('f', removexattr, 'f', 'user.a'); touched('f', fsync, fd)
touched('f', open, 'f', R); touched('f', open, 'f', W)
touched('f', open, 'f', W | T); touched('f', open, 'f', W | T)
touched('f', utime, 'f', (5, 5)); touched('f', fallocate, fd, 0, 0, 100)
touched('f', fallocate, fd, PUNCH | KEEP, 0, 10); m = mmap(fd, 100)
touched('f', truncate, 'f', 0); touched('f', getxattr, 'f', 'user.b')
""",
    "times_moved_of_mapped": """
make('f', b'0123456789'); fd = os.open('f', RW); m = mmap(fd, 10)
def change(): m[0:1] = b'X'; m.flush()
touched('f', change)
""",
    "times_moved_of_directories": """
mkdir('d'); make('d/f', b'0123')
touched('d', make, 'd/f', b'new'); touched('d', make, 'd/n', b'new')
touched('d', unlink, 'd/n'); touched('d', mkdir, 'd/e')
touched('d', rmdir, 'd/e'); touched('d', symlink, 'x', 'd/l')
touched('d', link, 'd/f', 'd/g'); touched('d', rename, 'd/g', 'd/h')
touched('d', chmod, 'd', 0o700); touched('d', listdir, 'd')
touched('d', stat, 'd/none'); touched('d', mkdir, 'd/f')
touched('d', unlink, 'd/none'); touched('d', setxattr, 'd', 'user.a', b'')
touched('d', chmod, 'd/f', 0o600); touched('d', rename, 'd/h', 'i')
touched('d', rename, 'i', 'd/h'); touched('d', open, 'd/m', W | C)
touched('d', open, 'd/m', W | C); touched('.', chmod, 'd', 0o755)
mkdir('e'); make('e/x'); touched('e', renameat2, 'e/x', 'd/f', EXCHANGE)
touched('d', mknod, 'd/o', 0o100600)
""",
    "times_kept_by_a_close": """
fd = os.open('f', W | C); os.write(fd, b'abc'); tick()
utime(fd, ns=(10**9, 2 * 10**9)); tick(); close(fd)
note('mtime', os.stat('f').st_mtime_ns); fd = os.open('f', W)
write(fd, b'x'); utime('f', ns=(5 * 10**9, 6 * 10**9)); tick(); fsync(fd)
close(fd); note('mtime', os.stat('f').st_mtime_ns)
""",
    "times_are_now": """
import time
before = time.time(); tick(); make('f'); mkdir('d'); symlink('a', 'l'); tick()
for p in 'fdl':
    i = os.lstat(p); note(p, [before <= t <= time.time() for t in
                              (i.st_atime, i.st_mtime, i.st_ctime)])
os.utime('f', (1, 1)); utime('f'); note('now', os.stat('f').st_mtime >= before)
""",
    "blocks": """
make('f', b'x' * 20000); fd = open('f', R); fsync(fd)
note('blocks', os.stat('f').st_blocks); make('g', b'')
note('blocks', os.stat('g').st_blocks)
""",
    "access": """
make('f', mode=0o644)
for m in (0o644, 0o400, 0o111, 0):
    chmod('f', m); [access('f', n) for n in range(8)]
mkdir('d'); [access('d', n) for n in range(8)]; access('none', 0)
access('f/x', 0)
""",
    "fsync_of_all": """
fd = open('f', RW | C); fsync(fd); write(fd, b'x'); fdatasync(fd); fsync(fd)
mkdir('d'); d = open('d', R); fsync(d); unlink('f'); fsync(fd); rmdir('d')
fsync(d); r = open('.', R); fsync(r); symlink('x', 'l'); os.sync()
""",
    "closed_while_nobody_looks": """
for i in range(20):
    fd = os.open('f', RW | C | (T if i % 3 else 0)); os.write(fd, b'%d' % i)
    os.dup2(fd, 99); os.close(fd); os.write(99, b'.'); os.close(99)
content('f')
""",
    "written_by_child_after_close": """
fd = open('f', W | C); r, w = os.pipe()
if os.fork() == 0:
    os.close(w); os.read(r, 1); os.write(fd, b'late'); os._exit(0)
write(fd, b'early '); close(fd); content('f'); os.close(w); os.wait()
content('f')
""",
    "splice": """
make('f', b'0123456789' * 300); fd = open('f', R); r, w = os.pipe()
note('in', os.splice(fd, w, 3000)); g = open('g', W | C)
note('out', os.splice(r, g, 3000)); note('same', content('f') == content('g'))
""",
    "direct_io": """
import mmap as m_
area = m_.mmap(-1, 8192); area[:] = b'd' * 8192
fd = open('f', RW | C | os.O_DIRECT); note('w', os.pwritev(fd, [area], 4096))
fstat(fd); note('r', os.preadv(fd, [area], 0)); note('c', area[4095:4098])
""",
}
