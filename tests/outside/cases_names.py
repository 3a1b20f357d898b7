# SPDX-License-Identifier: MIT
# tests/outside/cases_names.py - making, linking, removing and listing names
"""CASES is {name: lines of Python}, as ground.py runs them."""

KINDS = {
    "file": "make('p')", "empty_dir": "mkdir('p')",
    "full_dir": "mkdir('p'); make('p/in')", "link": "symlink('t', 'p')",
    "link_to_dir": "mkdir('d'); symlink('d', 'p')",
    "second_name": "make('f'); link('f', 'p')", "missing": "",
    "unlinked_open": "make('p'); fd = open('p', RW); unlink('p')",
}
CHANGES = {
    "unlink": "unlink('p')", "rmdir": "rmdir('p')", "mkdir": "mkdir('p')",
    "unlink_slash": "unlink('p/')", "rmdir_slash": "rmdir('p/')",
    "mkdir_slash": "mkdir('p/')", "symlink": "symlink('x', 'p')",
    "symlink_slash": "symlink('x', 'p/')", "link_from": "link('p', 'q')",
    "link_to": "make('g'); link('g', 'p')", "link_to_itself": "link('p', 'p')",
    "link_follow": "linkat('p', 'q', FOLLOW)",
    "link_flags": "linkat('p', 'q', 0x8000)",
    "mknod_file": "mknod('p', 0o100640)", "mkdir_in": "mkdir('p/x')",
    "creat_in": "open('p/x', W | C)", "symlink_in": "symlink('y', 'p/x')",
    "unlink_in": "unlink('p/in')", "rmdir_in": "rmdir('p/in')",
    "readlink": "readlink('p')", "chmod": "chmod('p', 0o711)",
    "lchown": "lchown('p', -1, -1)", "utime": "utime('p', (7, 8))",
    "utime_link": "utime('p', (7, 8), follow_symlinks=False)",
    "truncate": "truncate('p', 3)", "chdir": "chdir('p')",
    "listdir": "listdir('p')", "access": "access('p', 7); access('p', 0)",
    "setxattr": "setxattr('p', 'user.k', b'v'); getxattr('p', 'user.k')",
    "setxattr_link": "setxattr('p', 'user.k', b'v', follow_symlinks=False); "
                     "listxattr('p', follow_symlinks=False)",
    "statvfs": "statvfs('p')",
}
CASES = {f"{change}_of_{kind}": f"{KINDS[kind]}\n{CHANGES[change]}\n"
         "lstat('p'); stat('p'); listdir(); stat('.')"
         for kind in KINDS for change in CHANGES}

CASES.update({
    "links_count": """
make('f'); [os.link('f', f'l{i}') for i in range(50)]; stat('f')
[os.unlink(f'l{i}') for i in range(0, 50, 2)]; stat('f'); unlink('f')
stat('l1'); write(open('l1', W | A), b'more'); content('l49'); mkdir('d')
link('l1', 'd/f'); stat('d/f'); chmod('d/f', 0o600); stat('l3')
utime('d/f', (5, 5)); note('time', os.stat('l1').st_mtime)
truncate('l1', 2); content('d/f'); setxattr('l1', 'user.a', b'1')
getxattr('d/f', 'user.a')
""",
    "link_of_a_symlink": """
make('t'); symlink('t', 'l'); link('l', 'm', follow_symlinks=False)
lstat('m'); lstat('l'); readlink('m'); unlink('l'); readlink('m')
linkat('m', 'n', FOLLOW); lstat('n'); symlink('gone', 'g')
linkat('g', 'h', FOLLOW); linkat('g', 'h', 0); lstat('h')
""",
    "link_errors": """
make('f'); mkdir('d'); link('f', 'f'); link('f', 'd'); link('d', 'e')
link('none', 'g'); link('f', 'none/g'); link('f', 'f/g'); link('f', 'n' * 256)
link('f', ''); link('', 'g'); symlink('f', 'l'); link('f', 'l'); listdir()
""",
    "link_of_an_unlinked_file": """
make('f'); fd = open('f', RW); link('f', 'g'); unlink('f'); unlink('g')
fstat(fd); linkat('', 'h', EMPTY_PATH, old_fd=fd)
linkat(f'/proc/self/fd/{fd}', 'h', FOLLOW); fstat(fd); listdir()
""",
    "link_to_a_removed_directory": """
make('f'); mkdir('d'); fd = open('d', R | DIR); rmdir('d')
linkat('f', 'x', 0, new_fd=fd); stat('f')
""",
    "symlink_targets": """
for i, t in enumerate(('a', '/', '..', 'x' * 255, 'y/' * 2000, 'z' * 4095,
                       b'\\xff', ' ', 'a\\nb')):
    symlink(t, f'l{i}'); readlink(f'l{i}'); lstat(f'l{i}')
symlink('z' * 4096, 'long'); symlink('', 'empty'); symlink('x' * 300, 'name')
stat('name'); stat('l2')
""",
    "symlinks_through": """
mkdir('d'); symlink('d', 'l'); make('l/f'); mkdir('l/e'); symlink('../d', 'd/up')
content('l/up/up/f'); rename('l/f', 'l/g'); unlink('l/g'); rmdir('l/e')
rmdir('l'); unlink('l/'); rmdir('l/'); unlink('l'); listdir('d')
""",
    "unlink_while_open": """
make('f', b'0123456789'); fd = open('f', RW); r = open('f', R); unlink('f')
fstat(fd); pwrite(fd, b'XX', 2); pread(r, 20, 0); lseek(fd, 0, 2)
write(fd, b'end'); ftruncate(fd, 6); fstat(r); fchmod(fd, 0o600); fstat(r)
utime(fd, (3, 4)); setxattr(fd, 'user.a', b'1'); getxattr(r, 'user.a')
fsync(fd); m = mmap(fd, 6); put(m, 0, b'MM'); pread(r, 9, 0)
make('f', b'other'); fstat(fd); content('f'); pread(r, 9, 0)
close(fd); pread(r, 9, 0); fstat(r); listdir()
""",
    "unlink_one_of_two_names_while_open": """
make('f', b'abc'); link('f', 'g'); fd = open('f', RW); unlink('f'); fstat(fd)
write(fd, b'X'); content('g'); unlink('g'); fstat(fd); pread(fd, 9, 0)
""",
    "unlink_before_the_first_close": """
fd = open('f', RW | C | X); write(fd, b'abc'); unlink('f'); pread(fd, 9, 0)
fstat(fd); fsync(fd); close(fd); listdir(); fd = open('f', RW | C | X)
fstat(fd)
""",
    "unlink_and_create_again": """
for i in range(30):
    make('f', b'%d' % i); content('f') if i % 10 == 0 else None; os.unlink('f')
    os.mkdir('f'); os.rmdir('f'); os.symlink('x', 'f'); os.unlink('f')
listdir(); stat('f')
""",
    "removed_directory_held_open": """
mkdir('d'); fd = open('d', R | DIR); rmdir('d'); fstat(fd); listdir(fd)
stat('.', dir_fd=fd); open('x', W | C, dir_fd=fd); open('x', R, dir_fd=fd)
mkdir('x', dir_fd=fd); symlink('t', 'x', dir_fd=fd)
mknod('x', 0o100600, dir_fd=fd); unlink('x', dir_fd=fd); rmdir('x', dir_fd=fd)
open('.', R, dir_fd=fd); open('..', R, dir_fd=fd); fchmod(fd, 0o700)
utime(fd, (1, 2)); fstat(fd); setxattr(fd, 'user.a', b'1')
getxattr(fd, 'user.a'); listxattr(fd); fsync(fd); fchown(fd, -1, -1)
mkdir('d'); fstat(fd); open('x', W | C, dir_fd=fd); listdir('d')
""",
    "removed_directory_opened_again": """
mkdir('d'); fd = open('d', R | DIR); rmdir('d')
g = open(f'/proc/self/fd/{fd}', R | DIR); fstat(g); listdir(g)
g = open(f'/proc/self/fd/{fd}', PATH); fstat(g); stat(f'/proc/self/fd/{fd}')
""",
    "removed_working_directory": """
mkdir('d'); os.chdir('d'); rmdir('../d'); getcwd(); listdir(); stat('.')
make_ = open('f', W | C); mkdir('e'); symlink('a', 'b'); stat('..')
listdir('..'); rename('x', 'y'); chdir('..'); listdir()
""",
    "removed_parent_of_the_working_directory": """
mkdir('d'); mkdir('d/e'); os.chdir('d/e'); p = os.open('../..', R)
rmdir('../e'); rmdir('d', dir_fd=p); getcwd(); stat('.'); open('f', W | C)
mkdir('g'); stat('..')
""",
    "removed_directory_removed_again": """
mkdir('d'); fd = open('d', R | DIR); p = open('.', R | DIR); rmdir('d')
rmdir('d'); unlink('d'); rmdir('d', dir_fd=p); fstat(fd)
mkdir('d'); stat('d'); rmdir('d'); fstat(fd)
""",
    "removed_directory_with_stream": """
mkdir('d'); [make(f'd/{i}x') for i in range(5)]; s = opendir('d')
note('first', len(s.some(2))); [os.unlink(f'd/{i}x') for i in range(5)]
rmdir('d'); s.some(); s.rewind(); note('again', s.some()); s.close()
""",
    "directory_links": """
stat('.'); mkdir('d'); stat('d'); stat('.')
for i in range(5): mkdir(f'd/{i}x')
stat('d'); make('d/f'); symlink('x', 'd/l'); stat('d'); rmdir('d/0x')
rename('d/1x', '1x'); stat('d'); stat('.'); rename('d/2x', 'd/3x'); stat('d')
mkdir('e'); renameat2('d/3x', 'd/f', EXCHANGE); stat('d')
renameat2('d/f', 'e', EXCHANGE); stat('d'); stat('e'); stat('.')
""",
    "directory_of_many": """
for i in range(1000): os.close(os.open(f'{i:04d}-{"n" * 60}', W | C))
names = listdir('.'); note('listed', [len(names), len(set(names))])
note('inodes', len({e.inode() for e in scandir('.')}))
for i in range(0, 1000, 3): os.unlink(f'{i:04d}-{"n" * 60}')
note('left', len(listdir('.'))); stat('.')
""",
    "long_directory_last_name_unlinked": """
os.mkdir('d')
for i in range(300): os.close(os.open(f'd/{i:03d}x', W | C))
s = scandir('d'); one = next(s).name
os.unlink('d/299x'); rest = [e.name for e in s]
note('each at most once', len(rest) == len(set(rest)))
note('all others', {f'{i:03d}x' for i in range(299)} <= {one, *rest})
""",
    "long_directory_any_name_unlinked": """
for k in (0, 1, 150, 298):
    os.mkdir(f'd{k}')
    for i in range(300): os.close(os.open(f'd{k}/{i:03d}x', W | C))
    s = scandir(f'd{k}'); one = next(s).name
    os.unlink(f'd{k}/{k:03d}x'); rest = [e.name for e in s]
    note('once', len(rest) == len(set(rest)))
    note('all', {f'{i:03d}x' for i in range(300) if i != k} <= {one, *rest})
""",
    "long_directory_name_renamed": """
os.mkdir('d')
for i in range(300): os.close(os.open(f'd/{i:03d}x', W | C))
s = scandir('d'); one = next(s).name
os.rename('d/299x', 'd/zzz'); os.rename('d/150x', 'd/aaa')
rest = [e.name for e in s]; note('once', len(rest) == len(set(rest)))
note('all others', {f'{i:03d}x' for i in range(299) if i != 150}
     <= {one, *rest})
""",
    "long_directory_name_replaced": """
os.mkdir('d'); make('d/new')
for i in range(300): os.close(os.open(f'd/{i:03d}x', W | C))
s = scandir('d'); one = next(s).name
os.rename('d/new', 'd/299x'); renameat2('d/000x', 'd/298x', EXCHANGE)
rest = [e.name for e in s]; note('once', len(rest) == len(set(rest)))
note('all', {f'{i:03d}x' for i in range(299)} - {'298x', '000x'}
     <= {one, *rest})
""",
    "long_directory_all_unlinked": """
os.mkdir('d')
for i in range(300): os.close(os.open(f'd/{i:03d}x', W | C))
s = scandir('d'); one = next(s).name
for i in range(300): os.unlink(f'd/{i:03d}x')
[e.name for e in s]; listdir('d'); rmdir('d')
""",
    "long_directory_unlinked_as_listed": """
os.mkdir('d')
for i in range(700): os.close(os.open(f'd/{i:03d}x', W | C))
count = 0
for e in scandir('d'): os.unlink(e.path); count += 1
note('unlinked', count); rmdir('d')
""",
    "long_directory_renamed_as_listed": """
os.mkdir('d'); os.mkdir('e')
for i in range(300): os.close(os.open(f'd/{i:03d}x', W | C))
for e in scandir('d'): os.rename(e.path, 'e/' + e.name)
note('moved', len(listdir('e'))); rmdir('d')
""",
    "long_directory_grows_as_listed": """
os.mkdir('d')
for i in range(300): os.close(os.open(f'd/{i:03d}x', W | C))
s = scandir('d'); one = next(s).name
for i in range(300): os.close(os.open(f'd/{i:03d}y', W | C))
rest = [e.name for e in s]; note('once', len(rest) == len(set(rest)))
note('all', {f'{i:03d}x' for i in range(300)} <= {one, *rest})
""",
    "long_directory_removed_as_listed": """
os.mkdir('d')
for i in range(300): os.close(os.open(f'd/{i:03d}x', W | C))
s = opendir('d'); s.some(2)
for i in range(300): os.unlink(f'd/{i:03d}x')
os.rmdir('d'); s.some(); s.rewind(); note('left', s.some()); s.close()
""",
    "long_directory_moved_as_listed": """
os.mkdir('d'); os.mkdir('e')
for i in range(300): os.close(os.open(f'd/{i:03d}x', W | C))
s = scandir('d'); one = next(s).name; os.rename('d', 'e/d')
rest = [e.name for e in s]; note('all', len({one, *rest}))
""",
    "telldir_and_seekdir": """
for i in range(400): os.close(os.open(f'{i:03d}x', W | C))
s = opendir('.'); a = s.some(100); where = s.tell(); b = s.some()
note('all', len(set(a) | set(b))); s.seek(where); note('same', s.some() == b)
s.seek(where); note('one', s.next() == b[0]); s.rewind()
note('whole', s.some() == a + b); s.seek(where)
os.close(os.open('new', W | C)); os.unlink(b[-1]); s.seek(where); c = s.some()
note('later', set(b[:-1]) <= set(c)); s.rewind()
note('new', 'new' in s.some()); s.close()
""",
    "seekdir_to_every_place": """
for i in range(60): os.close(os.open(f'{i:03d}x', W | C))
s = opendir('.'); places = []
while True:
    place = s.tell(); name = s.next()
    if name is None: break
    places.append((place, name))
note('places', len({p for p, _ in places})); wrong = 0
for place, name in reversed(places):
    s.seek(place); wrong += s.next() != name
note('wrong', wrong); s.close()
""",
    "seekdir_to_what_is_gone": """
for i in range(300): os.close(os.open(f'{i:03d}x', W | C))
s = opendir('.'); a = s.some(10); where = s.tell(); b = s.some(); s.seek(where)
os.unlink(b[0]); os.unlink(a[-1]); s.seek(where); c = s.some()
note('rest', set(c) - {b[0]} == set(b) - {b[0]})
for name in b[1:]: os.unlink(name)
s.seek(where); s.some() and 0; s.rewind(); note('left', len(s.some()))
""",
    "rewinddir_sees_changes": """
make('a'); s = opendir('.'); s.some() and 0; make('b'); os.unlink('a')
s.rewind(); note('names', set(s.some())); mkdir('c'); s.rewind()
note('names', set(s.some())); s.close()
""",
    "listing_twice_at_once": """
for i in range(300): os.close(os.open(f'{i:03d}x', W | C))
one, two = opendir('.'), opendir('.'); a = one.some(50); b = two.some()
a += one.some(); note('same', sorted(a) == sorted(b)); one.close(); two.close()
""",
    "listing_shows_kinds": """
make('f'); mkdir('d'); symlink('f', 'l'); symlink('d', 'm'); kinds()
rename('f', 'g'); make('d/x'); kinds(); kinds('d'); kinds('m')
s = opendir('.'); s.some(); note('dots', s.dots)
""",
    "inode_numbers_are_kept": """
make('f'); mkdir('d'); symlink('f', 'l'); before = os.stat('f').st_ino
dirs = os.stat('d').st_ino; rename('f', 'd/g'); rename('d', 'e')
note('file', os.stat('e/g').st_ino == before)
note('dir', os.stat('e').st_ino == dirs); os.chmod('e/g', 0o600)
make('e/g', b'new'); note('file', os.stat('e/g').st_ino == before)
note('dot', os.stat('e/.').st_ino == dirs)
note('dotdot', os.stat('e/..').st_ino == os.stat('.').st_ino)
note('fd', os.fstat(os.open('e/g', R)).st_ino == before)
note('device', os.stat('e').st_dev == os.stat('.').st_dev)
""",
    "deep_tree_removed": """
import shutil
os.makedirs('/'.join(['d'] + [f'n{i}' for i in range(60)]))
for i in range(20): make('d/' + '/'.join(f'n{j}' for j in range(i)) + f'/f{i}x')
shutil.copytree('d', 'e'); shutil.rmtree('d'); listdir()
os.rename('e', 'f'); shutil.rmtree('f'); listdir()
""",
    "names_look_alike": """
for n in ('a', 'A', 'a ', ' a', 'a.', '.a', 'a~1', 'caf\\u00e9',
          'cafe\\u0301', 'a\\t'): make(n, n.encode())
listdir(); content('caf\\u00e9'); content('cafe\\u0301'); content('a ')
""",
    "names_of_editors": """
for n in ('.x.swp', 'x~', '#x#', '4913', 'sedAbC123', 'x.tmp', 'x.bak'):
    make(n, n.encode()); rename(n, 'y'); content('y'); rename('y', n)
listdir()
""",
    "shown_at_once_to_others": """
make('f', b'1'); by(0, "content('f'); make('g', b'2'); unlink('f')")
stat('f'); content('g'); by(0, "rename('g', 'h'); mkdir('d')"); listdir()
stat('g'); by(0, "rmdir('d'); truncate('h', 0)"); stat('d'); stat('h')
""",
    "remembered_absence": """
for i in range(5):
    stat('f'); by(0, "make('f', b'x')"); stat('f'); by(0, "unlink('f')")
""",
    "special_files": "mkfifo('p'); listdir()",
    "special_fifo_by_mknod": "mknod('p', 0o10600); listdir()",
    "special_socket": """
import socket
def bind(): socket.socket(socket.AF_UNIX).bind('s')
try: bind(); note('bind()', 'ok')
except OSError as e: note('bind()', e.errno)
mknod('p', 0o140600); listdir()
""",
    "special_devices": """
mknod('p', 0o20600, os.makedev(1, 3)); mknod('q', 0o60600, os.makedev(7, 9))
listdir(); make('w'); renameat2('w', 'v', WHITEOUT); listdir()
""",
    "special_unnamed": """
fd = open('.', TMP | RW); write(fd, b'x'); fstat(fd)
linkat(f'/proc/self/fd/{fd}', 'named', FOLLOW); listdir()
""",
})
