# SPDX-License-Identifier: MIT
# tests/outside/cases_rename.py - every kind onto every kind, with every flag
"""CASES is {name: lines of Python}, as ground.py runs them."""

SOURCES = {
    "file": "make('a', b'a')",
    "empty_dir": "mkdir('a')",
    "full_dir": "mkdir('a'); make('a/in', b'in a')",
    "link": "symlink('t', 'a')",
    "link_to_dir": "mkdir('d'); symlink('d', 'a')",
    "missing": "",
}
TARGETS = {
    "missing": "",
    "file": "make('b', b'b')",
    "empty_dir": "mkdir('b')",
    "full_dir": "mkdir('b'); make('b/in', b'in b')",
    "link": "symlink('u', 'b')",
    "hard_link": "linkat('a', 'b')",
}
ODD_TARGETS = {"itself": "a", "its_child": "a/x", "its_parent": "../x/..",
               "below_nothing": "n/x", "below_a_file": "f/x", "dot": ".",
               "with_a_slash": "b/", "too_long": "n" * 256,
               "of_255_bytes": "n" * 255}
RENAMES = {"plain": "0", "noreplace": "NOREPLACE", "exchange": "EXCHANGE",
           "both": "NOREPLACE | EXCHANGE", "unknown": "64"}

# Each is held open, so that what happens to it can be seen.
AROUND = """
fa = open('a', PATH | NOF); fb = open({b!r}, PATH | NOF)
renameat2('a', {b!r}, {flags}); fstat(fa); fstat(fb); listdir()
lstat('a'); lstat({b!r}); stat('.')
"""

CASES = {f"rename_{how}_{source}_to_{target}":
         f"{SOURCES[source]}\n{TARGETS[target]}\n"
         + AROUND.format(b="b", flags=RENAMES[how])
         for source in SOURCES for target in TARGETS for how in RENAMES}
CASES.update({f"rename_{how}_{source}_to_{target}":
              f"make('f', b'f')\n{SOURCES[source]}\n"
              + AROUND.format(b=ODD_TARGETS[target], flags=RENAMES[how])
              for source in ("file", "empty_dir", "full_dir", "link")
              for target in ODD_TARGETS
              for how in ("plain", "noreplace", "exchange")})

CASES.update({
    "rename_across_directories": """
mkdir('d'); mkdir('e'); make('d/f', b'1'); mkdir('d/g'); make('d/g/h')
fd = open('d/g', R | DIR); rename('d/f', 'e/f'); stat('d'); stat('e')
rename('d/g', 'e/g'); stat('d'); stat('e'); same('e/g/..', 'e')
stat('h', dir_fd=fd); stat('../f', dir_fd=fd); listdir('d'); listdir('e')
renameat2('e', 'd', EXCHANGE); listdir('d'); same('d/g/..', 'd')
renameat2('d/g', 'e', EXCHANGE); listdir('d'); same('d/g/..', 'd'); stat('.')
""",
    "rename_directory_into_its_grandchild": """
mkdir('a'); mkdir('a/b'); mkdir('a/b/c'); rename('a', 'a/b/c/d')
renameat2('a', 'a/b', EXCHANGE); renameat2('a/b', 'a', EXCHANGE)
rename('a/b/c', 'a'); rename('a/b', 'a'); rename('a/b/c', 'c'); listdir()
""",
    "rename_of_dots": """
mkdir('d'); rename('d/.', 'e'); rename('d/..', 'e'); rename('.', 'e')
rename('d', '.'); rename('d', '..'); rename('d', 'd/.'); rename('d', 'd/..')
rmdir('d/.'); rmdir('d/..'); rmdir('.'); unlink('.'); unlink('d/..')
mkdir('.'); mkdir('..'); mkdir('d/.'); link('d', '.'); symlink('x', '.')
""",
    "rename_with_slashes": """
make('f'); mkdir('d'); rename('f/', 'g'); rename('f', 'g/'); rename('d/', 'e/')
rename('e', 'h/'); rename('h/', 'i'); symlink('i', 'l'); rename('l/', 'm')
rename('i', 'l/'); listdir()
""",
    "rename_over_an_open_file": """
make('a', b'new'); make('b', b'old'); r = open('b', R); w = open('b', RW)
m = mmap(w, 3); rename('a', 'b'); pread(r, 9, 0); pwrite(w, b'X', 0)
pread(r, 9, 0); fstat(r); content('b'); put(m, 1, b'Y'); pread(r, 9, 0)
fsync(w); fchmod(w, 0o600); ftruncate(w, 1); fstat(r); close(w)
content('b'); stat('b')
""",
    "rename_of_an_open_file": """
make('a', b'0123456789'); w = open('a', RW | A); r = open('a', R)
rename('a', 'b'); write(w, b'more'); read(r, 20); mkdir('d')
rename('b', 'd/c'); write(w, b'!'); fsync(w); content('d/c')
ftruncate(w, 3); stat('d/c'); close(w); truncate('d/c', 5); read(r, 20)
pread(r, 20, 0)
""",
    "rename_of_the_working_directory": """
mkdir('d'); os.chdir('d'); make('f'); rename('../d', '../e'); listdir()
stat('f'); make('g'); listdir('../e'); same('.', '../e')
note('cwd', os.getcwd()[-2:])
""",
    "rename_of_a_directory_with_open_files": """
mkdir('d'); mkdir('d/e'); make('d/e/f', b'1'); w = open('d/e/f', RW)
s = open('d/e', R | DIR); rename('d', 'D'); write(w, b'2'); content('D/e/f')
make('D/e/g'); listdir(s); rename('D/e', 'E'); fsync(w); listdir('E')
stat('f', dir_fd=s); unlink('E/f'); rmdir('D'); fstat(w); write(w, b'3')
pread(w, 9, 0)
""",
    "rename_over_an_open_directory": """
mkdir('a'); make('a/x'); mkdir('b'); fd = open('b', R | DIR)
rename('a', 'b'); fstat(fd); listdir(fd); listdir('b')
open('new', W | C, dir_fd=fd); mkdir('new', dir_fd=fd); stat('.', dir_fd=fd)
""",
    "rename_of_hard_links": """
make('a'); link('a', 'b'); link('a', 'c'); rename('a', 'b'); listdir()
stat('a'); renameat2('a', 'b', EXCHANGE); renameat2('a', 'b', NOREPLACE)
renameat2('a', 'd', NOREPLACE); make('e'); rename('d', 'e'); stat('b')
listdir()
""",
    "rename_only_changes_case": """
make('a', b'1'); rename('a', 'A'); listdir(); make('a', b'2'); content('A')
rename('a', 'A'); content('A'); listdir()
""",
    "rename_back_and_forth": """
make('a', b'a'); make('b', b'b')
for i in range(20):
    os.rename('a', 't'); os.rename('b', 'a'); os.rename('t', 'b')
content('a'); content('b'); [renameat2('a', 'b', EXCHANGE) for i in range(3)]
content('a'); content('b')
""",
    "rename_exchange_keeps_what_belongs_to_each": """
make('a', b'a', 0o600); make('b', b'bb', 0o755); setxattr('a', 'user.x', b'a')
utime('a', (100, 200)); renameat2('a', 'b', EXCHANGE); stat('a'); stat('b')
getxattr('b', 'user.x'); listxattr('a')
note('time', int(os.stat('b').st_mtime))
""",
    "rename_exchange_of_directory_and_file": """
mkdir('d'); make('d/x'); make('f', b'f'); stat('.')
renameat2('d', 'f', EXCHANGE); listdir('f'); content('d'); stat('.')
mkdir('e'); renameat2('f', 'e/none', EXCHANGE); make('e/g')
renameat2('f', 'e/g', EXCHANGE); stat('e'); stat('.'); listdir('e/g')
""",
    "rename_moves_times": """
make('a'); mkdir('d'); touched('.', rename, 'a', 'b')
touched('d', rename, 'b', 'd/b'); touched('.', rename, 'd/b', 'b')
make('c'); touched('.', renameat2, 'b', 'c', EXCHANGE)
""",
    "rename_moves_ctime_of_what_moves": """
make('a'); link('a', 'k'); touched('k', rename, 'a', 'b')
make('o'); link('o', 'p'); touched('p', rename, 'k', 'o')
mkdir('d'); touched('.', rename, 'd', 'e')
""",
    "rename_many": """
for i in range(200): os.mkdir(f'd{i}') if i % 2 else make(f'f{i}')
for i in range(200): os.rename(f'd{i}' if i % 2 else f'f{i}', f'n{i}')
note('all', len(listdir())); kinds()
""",
    "rename_of_a_symlink_is_of_itself": """
make('t', b't'); symlink('t', 'l'); rename('l', 'm'); readlink('m')
content('m'); rename('t', 'm'); lstat('m'); symlink('m', 'k')
rename('m', 'k'); lstat('k'); content('k')
""",
    "rename_file_written_but_not_closed": """
fd = open('a', W | C); write(fd, b'half'); rename('a', 'b')
write(fd, b' whole'); content('b'); close(fd); content('b'); stat('a')
""",
    "rename_temporary_over_saved": """
for i in range(5):
    fd = open('t', W | C | X); write(fd, b'%d' % i); fsync(fd); close(fd)
    rename('t', 'f'); content('f')
listdir()
""",
    "rename_in_a_removed_directory": """
mkdir('d'); make('f'); fd = open('d', R | DIR); rmdir('d')
renameat2('f', 'x', 0, new_fd=fd); renameat2('x', 'f', 0, old_fd=fd)
renameat2('x', 'y', 0, old_fd=fd, new_fd=fd)
renameat2('f', 'x', NOREPLACE, new_fd=fd)
renameat2('f', 'x', EXCHANGE, new_fd=fd); content('f')
""",
})
