# SPDX-License-Identifier: MIT
# tests/outside/cases_users.py - what other users may, on a mount for all
"""CASES is {name: lines of Python}, as ground.py runs them; root makes the
directory, 1000 and 1001 are others. by(UID, lines) runs lines as UID, whose
group has the same number."""

MODES = ("0o600", "0o640", "0o604", "0o660", "0o606", "0o444", "0o222", "0o111",
         "0o000", "0o777", "0o077", "0o707", "0o4755", "0o2755")
FILE = """
os.chmod('.', 0o777); make('f', b'0123', {mode}); os.chown('f', {owner})
os.chmod('f', {mode})
by(1000, '''
open('f', R); open('f', W); open('f', RW); stat('f')
[access('f', n) for n in (1, 2, 4)]; truncate('f', 3); utime('f')
utime('f', (5, 5)); chmod('f', 0o640); stat('f'); chown('f', 1000, -1)
chown('f', -1, 1000); chown('f', 1001, -1); chown('f', -1, 1001); stat('f')
setxattr('f', 'user.a', b'1'); getxattr('f', 'user.a'); link('f', 'g')
fd = open('f', W | A); write(fd, b'x'); fchmod(fd, 0o600); rename('f', 'h')
open('h', R | NOATIME); stat('h'); unlink('h'); listdir()
''', {groups})
"""
OWNERS = {"own": "1000, 1000", "of_group": "0, 1000", "of_others": "0, 0",
          "of_second_group": "1001, 77"}
CASES = {
    f"user_file_{mode[2:]}_{name}": FILE.format(
        mode=mode, owner=owner, groups="[77]")
    for mode in MODES for name, owner in OWNERS.items()}

DIR = """
os.chmod('.', 0o755); os.mkdir('d'); make('d/f', b'1'); os.mkdir('d/e')
os.chown('d/f', {inner}); os.chown('d/e', {inner}); make('d/0', b'2')
os.chown('d', {owner}); os.chmod('d', {mode})
by(1000, '''
listdir('d'); stat('d/f'); content('d/f'); open('d/new', W | C)
mkdir('d/sub'); symlink('x', 'd/l'); rename('d/f', 'd/g'); rename('d/e', 'd/E')
rename('d/0', 'd/f'); stat('d/f'); unlink('d/f'); unlink('d/g'); rmdir('d/E')
link('d/0', 'd/k'); mknod('d/m', 0o100644); rmdir('d'); chdir('d')
stat('d/none'); access('d', 2); access('d', 1); access('d', 4)
''')
"""
CASES.update({
    f"user_dir_{mode[2:]}_{name}_{whose}": DIR.format(
        mode=mode, owner=owner, inner=inner)
    for mode in ("0o755", "0o777", "0o1777", "0o711", "0o733", "0o744", "0o2775",
                 "0o000", "0o1770")
    for name, owner in (("own", "1000, 1000"), ("of_group", "0, 1000"),
                        ("of_others", "0, 0"))
    for whose, inner in (("mine", "1000, 1000"), ("roots", "0, 0"))})

CASES.update({
    "user_makes_and_removes": """
os.chmod('.', 0o777)
by(1000, "make('f'); stat('f'); mkdir('d'); stat('d'); make('d/x'); "
         "symlink('f', 'l'); lstat('l'); listdir(); kinds('d')")
by(1001, "content('f'); open('f', W); unlink('d/x'); "
         "open('d/y', W | C); rename('f', 'g'); rmdir('d'); chmod('g', 0)")
by(1000, "unlink('d/x'); rmdir('d'); unlink('l'); unlink('g'); listdir()")
""",
    "user_removes_his_directory_with_all": """
os.chmod('.', 0o777)
by(1000, '''
import shutil
os.makedirs('d/e/f'); make('d/x'); make('d/e/y'); listdir('d')
try: shutil.rmtree('d'); note('gone', 1)
except OSError as e: note('failed', str(e))
''')
listdir()
""",
    "user_directory_in_a_sticky_one": """
os.chmod('.', 0o1777)
by(1000, "make('f'); mkdir('d'); mkdir('d/e'); make('d/e/x')")
by(1001, "unlink('f'); rmdir('d'); rename('f', 'g'); rename('d', 'e'); "
         "make('mine'); rename('mine', 'f'); renameat2('mine', 'f', EXCHANGE); "
         "link('f', 'k'); unlink('k'); unlink('mine')")
by(1000, "unlink('d/e/x'); rmdir('d/e'); rename('d', 'e'); rmdir('e'); "
         "unlink('f'); listdir()")
""",
    "user_setgid_directory": """
os.mkdir('d'); os.chown('d', 0, 77); os.chmod('d', 0o2777)
by(1000, "make('d/f'); stat('d/f'); mkdir('d/e'); stat('d/e'); "
         "open('d/g', W | C, 0o2775); stat('d/g'); mkdir('d/e/h'); "
         "stat('d/e/h'); symlink('x', 'd/l'); lstat('d/l'); "
         "chmod('d/e', 0o2755); stat('d/e'); chmod('d/f', 0o2755); stat('d/f'); "
         "open('d/x', W | C, 0o2711); stat('d/x')")
by(1001, "make('d/i'); stat('d/i'); mkdir('d/j'); stat('d/j'); "
         "open('d/k', W | C, 0o2775); stat('d/k'); chmod('d/j', 0o2700); "
         "stat('d/j'); chmod('d/i', 0o2755); stat('d/i')", [77])
""",
    "user_write_clears_set_id_bits": """
for i, m in enumerate((0o4777, 0o2777, 0o6777, 0o6777)):
    make(f'f{i}', b'0123'); os.chmod(f'f{i}', m)
by(1000, '''
for i in range(3):
    fd = open(f'f{i}', W); write(fd, b'x'); close(fd); stat(f'f{i}')
truncate('f3', 1); stat('f3')
''')
""",
    "user_truncating_open_clears_set_id_bits": """
make('f', b'0123'); os.chmod('f', 0o6777)
by(1000, "fd = open('f', W | T); fstat(fd)")
""",
    "user_chown_clears_set_id_bits": """
for m in (0o6755, 0o2745):
    make(f'f{m:o}', b'0123'); os.chown(f'f{m:o}', 1000, 1000)
    os.chmod(f'f{m:o}', m); os.mkdir(f'd{m:o}'); os.chown(f'd{m:o}', 1000, 1000)
    os.chmod(f'd{m:o}', m)
    by(1000, f"chown('f{m:o}', -1, 77); stat('f{m:o}'); "
       f"chown('d{m:o}', -1, 77); stat('d{m:o}'); chown('f{m:o}', -1, 88)",
       [77])
""",
    "user_opened_before_the_mode_went": """
make('f', b'0123', 0o666); os.chmod('.', 0o777)
by(1000, '''
fd = open('f', RW); g = open('own', RW | C); chmod('own', 0); fstat(g)
write(g, b'still'); pread(g, 9, 0); open('own', R); write(fd, b'X')
pread(fd, 9, 0); ftruncate(g, 2); fstat(g); fd = open('ro', RW | C, 0o400)
write(fd, b'new'); open('ro', W); unlink('ro')
''')
""",
    "user_in_a_directory_that_is_closed_to_him": """
os.mkdir('d'); make('d/f'); os.chmod('d', 0o777); os.chmod('.', 0o777)
by(1000, '''
fd = open('d', R | DIR); os.chdir('d'); make('mine'); chmod('.', 0)
stat('f'); os.chdir('..')
''')
os.chmod('d', 0o700)
by(1000, "stat('d/f'); open('d/new', W | C); listdir('d'); mkdir('d/x'); "
         "unlink('d/mine'); rename('d/mine', 'e'); stat('d'); chdir('d')")
""",
    "user_executes": """
import shutil
shutil.copy('/bin/true', 't')
for m in (0o755, 0o744, 0o711, 0o644, 0o001):
    os.chmod('t', m); by(1000, "run('./t')")
""",
    "user_renames_directories": """
os.chmod('.', 0o777); os.mkdir('r'); os.chmod('r', 0o755)
os.mkdir('w'); os.chmod('w', 0o777); os.mkdir('s'); os.chmod('s', 0o1777)
os.mkdir('s/r'); make('s/f')
by(1000, "mkdir('m'); rename('m', 'r/m'); rename('m', 'w/m'); "
         "rename('w/m', 's/m'); rename('s/m', 'm'); rename('r', 'w/r'); "
         "rename('s/r', 'x'); rename('s/f', 'x'); make('a'); rename('a', 's/f'); "
         "renameat2('a', 's/f', EXCHANGE); renameat2('r', 'm', EXCHANGE); "
         "listdir(); listdir('w')")
""",
    "user_links": """
os.chmod('.', 0o777); make('f', mode=0o600); make('g', mode=0o666)
os.chmod('g', 0o666); symlink('f', 'l'); os.mkdir('d'); make('d/x')
by(1000, "link('f', 'h'); link('g', 'i'); link('l', 'j', follow_symlinks=False); "
         "readlink('l'); content('l'); link('d/x', 'y'); lchown('l', 1000, -1); "
         "symlink('f', 'm'); lchown('m', -1, 1000); unlink('m'); "
         "utime('l', (1, 1), follow_symlinks=False)")
""",
    "user_xattrs": """
make('f', mode=0o644); os.mkdir('d'); os.chmod('d', 0o1777); make('w', b'')
os.chmod('w', 0o666); os.setxattr('f', 'user.r', b'1')
by(1000, "getxattr('f', 'user.r'); setxattr('f', 'user.r', b'2'); "
         "removexattr('f', 'user.r'); setxattr('w', 'user.x', b'1'); "
         "getxattr('w', 'user.x'); setxattr('d', 'user.x', b'1'); "
         "listxattr('f')")
os.chmod('f', 0o600); by(1000, "getxattr('f', 'user.r'); listxattr('f')")
""",
    "user_of_the_parent_and_the_child": """
os.mkdir('a'); os.mkdir('a/b'); os.chmod('a/b', 0o777); os.chmod('a', 0o700)
by(1000, "stat('a/b'); open('a/b/c', W | C); chdir('a/b'); mkdir('a/b/d')")
os.chmod('a', 0o711)
by(1000, "stat('a/b'); listdir('a'); open('a/b/c', W | C); mkdir('a/b/d')")
by(1001, "unlink('a/b/c'); rmdir('a/b/d'); listdir('a/b')")
""",
})
