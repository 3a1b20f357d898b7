# SPDX-License-Identifier: MIT
# tests/desktop/savers_table.py - ways to save any text file
"""Each bash command replaces `former` by `new` in the first line of $F, in its
directory. $N is the new line, $OLD and $NEW are files outside with the old and
the new text, and $OUT is a directory outside."""
import re

import saves_table

EMACS = ("emacs -Q --batch $F --eval \"(progn {} "
         "(search-forward \\\"former\\\") "
         "(replace-match \\\"new\\\" t) (save-buffer) {})\"")
VIM = "vim -N -u NONE -i NONE -es -c 'set {}' -c 1s/former/new/ -c wq $F"
NODE = ("node -e \"const fs = require('fs'), f = process.env.F;"
        "const text = fs.readFileSync(f, 'utf8').replace('former', 'new'); "
        "{}\"")
PYTHON = ("python3 -c \"import os, sys, shutil, tempfile, fileinput, mmap\n"
          "f = os.environ['F']\n"
          "new = open(os.environ['NEW'], 'rb').read()\n{}\"")

# It says with 1 that there is a difference.
DIFF = "diff -u --label $F --label $F $F $NEW >$OUT/d || :; "

WAYS = {
    # ---- shells and small tools ----
    "redirect": "{ echo \"$N\"; tail -n +2 $OLD; } >$F",
    "zsh": "zsh -c 'cat $NEW >$F'",
    "fish": "fish -c 'cat $NEW >$F'",
    "dash": "dash -c 'cat $NEW >$F'",
    "busybox sh": "busybox sh -c 'cat $NEW >$F'",
    "busybox cp": "busybox cp $NEW $F",
    "busybox cp -f": "busybox cp -f $NEW $F",
    "busybox mv": "cp $NEW $OUT/x; busybox mv $OUT/x $F",
    "busybox sed -i": "busybox sed -i s/former/new/ $F",
    "busybox tee": "busybox tee $F <$NEW >/dev/null",
    "busybox dd": "busybox dd if=$NEW of=$F 2>/dev/null",
    "busybox tar": "cp $NEW $OUT/$F; tar c -C $OUT $F | busybox tar x",
    "busybox patch": DIFF + "busybox patch $F $OUT/d >/dev/null",
    "cp -f": "cp -f $NEW $F",
    "cp --backup": "cp --backup=numbered $NEW $F",
    "install -b": "install -b -m 600 $NEW $F",
    "mv in place": "cp $NEW $F.tmp; mv $F.tmp $F",
    "mv -f hidden": "cp $NEW .$F.Xy12; mv -f .$F.Xy12 $F",
    "mv -b": "cp $NEW $F.new~; mv -b $F.new~ $F",
    "mktemp": "t=$(mktemp $F.XXXXXX); cat $NEW >$t; mv $t $F",
    "backup first": "mv $F $F~; cat $NEW >$F",
    "backup by cp": "cp -p $F $F.bak; cat $NEW >$F",
    "backup by ln": "ln $F $F~ 2>/dev/null || cp $F $F~; cat $NEW >$F",
    "ln over": "cp $NEW .$F.new; ln -f .$F.new $F",
    "tee": "tee $F <$NEW >/dev/null",
    "truncate and append": "truncate -s 0 $F; cat $NEW >>$F",
    "append": "cat $F >$OUT/c; head -n 1 $NEW >$F; tail -n +2 $NEW >>$F",
    "awk": "awk '{sub(/former/, \"new\"); print >ENVIRON[\"F\"]}' $OLD",
    "openssl": "openssl base64 -in $NEW | openssl base64 -d -out $F",
    "head": "{ head -n 1 $NEW; tail -n +2 $OLD; } >$F",
    "split writes": "{ head -c 4 $NEW; sleep 0.1; tail -c +5 $NEW; } >$F",
    # ---- editors ----
    "sed -i -e": "sed -i -e 1s/former/new/ -e 's/x$/x/' $F",
    "sed --follow-symlinks": "sed -i --follow-symlinks s/former/new/ $F",
    "ed -s": "printf '1s/former/new/\\nwq\\n' | ed -s $F",
    "ed !cat": "printf '1s/former/new/\\nw !cat >%s\\nQ\\n' $F | "
               "ed -s $F",
    "ex": "ex -u NONE -s -c 1s/former/new/ -c wq $F",
    "vim": VIM.format("noswapfile"),
    "vim backupcopy=no": VIM.format("backup backupcopy=no"),
    "vim backupcopy=yes": VIM.format("backup backupcopy=yes"),
    "vim backupcopy=auto": VIM.format("backup backupcopy=auto"),
    "vim breaksymlink": VIM.format("backupcopy=auto,breaksymlink"),
    "vim breakhardlink": VIM.format("backupcopy=no,breakhardlink"),
    "vim nowritebackup": VIM.format("nowritebackup nobackup"),
    "vim patchmode": VIM.format("patchmode=.orig"),
    "vim swapfile": VIM.format("swapfile dir=."),
    "vim undofile": VIM.format("undofile undodir=."),
    "vim fsync": VIM.format("fsync swapsync=fsync dir=. swapfile"),
    "vim w!": "vim -N -u NONE -i NONE -es -c 1s/former/new/ -c w! -c q! $F",
    "vim update": "vim -N -u NONE -i NONE -es -c 1s/former/new/ "
                  "-c update -c q $F",
    "vim w !tee": "vim -N -u NONE -i NONE -es -c 1s/former/new/ "
                  "-c 'silent w !tee % >/dev/null' -c q! $F",
    "emacs": EMACS.format("", ""),
    "emacs precious": EMACS.format("(setq file-precious-flag t)", ""),
    "emacs copies": EMACS.format("(setq backup-by-copying t)", ""),
    "emacs versions": EMACS.format(
        "(setq version-control t delete-old-versions t)", ""),
    "emacs no backup": EMACS.format("(setq make-backup-files nil)", ""),
    "emacs no locks": EMACS.format("(setq create-lockfiles nil)", ""),
    "emacs auto-save": EMACS.format(
        "(auto-save-mode 1) (insert \\\"x\\\") (do-auto-save) "
        "(delete-char -1)", ""),
    "emacs visited": EMACS.format(
        "(setq auto-save-visited-file-name t)", ""),
    "emacs write-region": "emacs -Q --batch --eval \"(progn (insert-file-"
                          "contents (getenv \\\"NEW\\\")) (write-region "
                          "nil nil (getenv \\\"F\\\")))\" 2>/dev/null",
    # ---- languages ----
    "perl open": "perl -e 'local $/; open(I, $ENV{NEW}); open(O, q(>), "
                 "$ENV{F}) or die; print O <I>; close(O) or die $!'",
    "perl -i~": "perl -i~ -pe s/former/new/ $F",
    "perl sysopen": "perl -MFcntl -e 'local $/; open(I, $ENV{NEW}); "
                    "sysopen(O, $ENV{F}, O_WRONLY|O_TRUNC) or die; "
                    "syswrite(O, <I>); close(O) or die $!'",
    "python write": PYTHON.format("open(f, 'wb').write(new)"),
    "python read and write": PYTHON.format(
        "o = open(f, 'r+b'); o.read(); o.seek(0)\n"
        "o.write(new); o.truncate(); o.close()"),
    "python append to empty": PYTHON.format(
        "os.truncate(f, 0)\no = open(f, 'ab'); o.write(new); o.close()"),
    "python mkstemp": PYTHON.format(
        "fd, name = tempfile.mkstemp(dir='.')\nos.write(fd, new)\n"
        "os.fsync(fd); os.close(fd); os.replace(name, f)"),
    "python prefix": PYTHON.format(
        "fd, name = tempfile.mkstemp(prefix=f, dir='.')\nos.write(fd, new)\n"
        "os.fchmod(fd, 0o644); os.close(fd); os.rename(name, f)"),
    "python rename while open": PYTHON.format(
        "fd, name = tempfile.mkstemp(dir='.')\nos.write(fd, new)\n"
        "os.replace(name, f); os.close(fd)"),
    "python fsync of the directory": PYTHON.format(
        "o = open(f + '.tmp', 'wb'); o.write(new); o.flush()\n"
        "os.fsync(o.fileno()); o.close(); os.replace(f + '.tmp', f)\n"
        "d = os.open('.', os.O_RDONLY); os.fsync(d)"),
    "python fileinput": PYTHON.format(
        "for line in fileinput.input(f, inplace=True):\n"
        "    print(line.replace('former', 'new'), end='')"),
    "python fileinput .bak": PYTHON.format(
        "for line in fileinput.input(f, inplace=True, backup='.bak'):\n"
        "    print(line.replace('former', 'new'), end='')"),
    "python shutil.copy": PYTHON.format("shutil.copy(os.environ['NEW'], f)"),
    "python shutil.copy2": PYTHON.format("shutil.copy2(os.environ['NEW'], f)"),
    "python shutil.move": PYTHON.format(
        "shutil.copy(os.environ['NEW'], os.environ['OUT'] + '/m')\n"
        "shutil.move(os.environ['OUT'] + '/m', f)"),
    "python pwrite": PYTHON.format(
        "fd = os.open(f, os.O_WRONLY | os.O_TRUNC)\n"
        "os.pwrite(fd, new[5:], 5); os.pwrite(fd, new[:5], 0); os.close(fd)"),
    "python writev": PYTHON.format(
        "fd = os.open(f, os.O_WRONLY | os.O_TRUNC)\n"
        "os.writev(fd, [new[:3], new[3:]]); os.close(fd)"),
    "python copy_file_range": PYTHON.format(
        "i = os.open(os.environ['NEW'], os.O_RDONLY)\n"
        "o = os.open(f, os.O_WRONLY | os.O_TRUNC)\n"
        "try: os.copy_file_range(i, o, 4096)\n"
        "except OSError: os.write(o, new)\nos.close(o)"),
    "python sendfile": PYTHON.format(
        "i = os.open(os.environ['NEW'], os.O_RDONLY)\n"
        "o = os.open(f, os.O_WRONLY | os.O_TRUNC)\n"
        "os.sendfile(o, i, 0, len(new)); os.close(o)"),
    "python splice": PYTHON.format(
        "r, w = os.pipe(); os.write(w, new); os.close(w)\n"
        "o = os.open(f, os.O_WRONLY | os.O_TRUNC)\n"
        "import ctypes\n"
        "n = ctypes.CDLL(None).splice(r, None, o, None, len(new), 0)\n"
        "os.close(o); sys.exit(n != len(new) and 'no splice')"),
    "python mmap": PYTHON.format(
        "o = open(f, 'r+b'); m = mmap.mmap(o.fileno(), 0)\n"
        "m[:len(new)] = new; m.flush(); o.truncate(len(new))"),
    "python O_TMPFILE": PYTHON.format(
        "fd = os.open('.', os.O_TMPFILE | os.O_RDWR); os.write(fd, new)\n"
        "os.link(f'/proc/self/fd/{fd}', f + '.tmp'); "
        "os.replace(f + '.tmp', f)"),
    "python O_EXCL": PYTHON.format(
        "os.unlink(f); fd = os.open(f, os.O_WRONLY|os.O_CREAT|os.O_EXCL)\n"
        "os.write(fd, new); os.close(fd)"),
    "python O_DIRECT": PYTHON.format(
        "m = mmap.mmap(-1, 4096); m[:len(new)] = new\n"
        "fd = os.open(f, os.O_WRONLY | os.O_TRUNC | os.O_DIRECT)\n"
        "os.writev(fd, [memoryview(m)[:len(new)]]); os.close(fd)"),
    "python two openings": PYTHON.format(
        "a = os.open(f, os.O_WRONLY | os.O_TRUNC); b = os.open(f, os.O_WRONLY)"
        "\nos.write(a, new); os.close(b); os.close(a)"),
    "python fork": PYTHON.format(
        "fd = os.open(f, os.O_WRONLY | os.O_TRUNC)\n"
        "if not os.fork():\n    os.write(fd, new); os._exit(0)\n"
        "os.wait(); os.close(fd)"),
    "node write": NODE.format("fs.writeFileSync(f, text)"),
    "node atomic": NODE.format(
        "fs.writeFileSync(f + '.1234567', text); "
        "fs.renameSync(f + '.1234567', f)"),
    "node copy": NODE.format("fs.copyFileSync(process.env.NEW, f)"),
    "node stream": NODE.format(
        "fs.createReadStream(process.env.NEW).pipe(fs.createWriteStream(f))"),
    "node promises": NODE.format("fs.promises.writeFile(f, text)"),
    # ---- what editors with windows do ----
    "VS Code": NODE.format(
        "fs.stat(f, () => fs.open(f, 'w', (e, fd) => fs.write(fd, text, () =>"
        " fs.fdatasync(fd, () => fs.close(fd, e => process.exit(e ? 1 : 0)))"
        ")))"),
    "VS Code atomic": NODE.format(
        "const t = f + '.vsctmp'; fs.open(t, 'w', (e, fd) => fs.write(fd, "
        "text, () => fs.fdatasync(fd, () => fs.close(fd, () => "
        "fs.rename(t, f, e => process.exit(e ? 1 : 0))))))"),
    "JetBrains": "cp $NEW ${F}___jb_tmp___; mv $F ${F}___jb_old___; "
                 "mv ${F}___jb_tmp___ $F; rm ${F}___jb_old___",
    "gedit": PYTHON.format(
        "a = os.open(f, os.O_WRONLY)\n"
        "fd, name = tempfile.mkstemp(prefix='.goutputstream-', dir='.')\n"
        "os.fchmod(fd, 0o644); os.close(a); os.write(fd, new); os.fsync(fd)\n"
        "os.rename(name, f); os.close(fd)"),
    "Qt's QSaveFile": PYTHON.format(
        "fd, name = tempfile.mkstemp(prefix=f + '.', dir='.')\n"
        "os.fchmod(fd, 0o644); os.write(fd, new); os.fdatasync(fd)\n"
        "os.close(fd); os.rename(name, f)"),
    "Kate's backup": PYTHON.format(
        "shutil.copy(f, f + '~')\n"
        "fd, name = tempfile.mkstemp(prefix=f + '.', dir='.')\n"
        "os.write(fd, new); os.close(fd); os.rename(name, f)"),
    "Sublime Text": PYTHON.format(
        "fd = os.open('.' + f + '.0a1b', os.O_RDWR|os.O_CREAT|os.O_EXCL)\n"
        "os.write(fd, new); os.fsync(fd); os.close(fd)\n"
        "os.rename('.' + f + '.0a1b', f)"),
    "LibreOffice's lock": "echo , >.~lock.$F#; cat $NEW >$F; rm .~lock.$F#",
    # ---- archives and repositories ----
    "tar --unlink-first": "cp $NEW $OUT/$F; tar c -C $OUT $F | tar x -U",
    "tar --overwrite": "cp $NEW $OUT/$F; tar c -C $OUT $F | tar x --overwrite",
    "cpio -u": "cp $NEW $OUT/$F; (cd $OUT; echo $F | cpio -o --quiet) | "
               "cpio -iu --quiet",
    "patch file": DIFF + "patch -s $F $OUT/d",
    "patch -b": DIFF + "patch -s -b $F $OUT/d",
    "patch -p0": DIFF + "patch -s -p0 <$OUT/d",
    "git apply": DIFF.replace("label ", "label a/") + "git apply $OUT/d",
    "git merge-file": "cp $OLD $OUT/base; git merge-file -q $F $OUT/base $NEW",
    "git show": f"{saves_table.GIT_TWO.replace('p.sh', '$F')}"
                "g show b:$F >$F",
    "rsync --write-devices": "rsync -a --inplace --no-whole-file $NEW $F",
    "rsync --suffix": "rsync -ab --suffix=.orig $NEW $F",
    "rsync -rt": "cp $NEW $OUT/$F; rsync -t $OUT/$F .",
    "rsync --partial": "rsync -a --partial --fsync $NEW $F",
    "curl": "curl -s -o $F file://$NEW",
}


PIPED = "cp p.sh $OUT/p.sh; diff -u $OUT/p.sh $NEW | "
FILED = "cp p.sh $OUT/p.sh; diff -u $OUT/p.sh $NEW >$OUT/d || :; <$OUT/d "


def _of_programs():
    """Those ways to save a program that are ways to save any text."""
    for way in saves_table.COPIES + saves_table.SHELL + saves_table.EDITS + \
            saves_table.REPOSITORY:
        if (way.is_over and way.content == saves_table.NEW
                and not re.search(r"\$T|q\.txt", way.command)):
            yield way.name, way.command.replace(PIPED, FILED).replace(
                '"p.sh"', 'ENVIRON["F"]').replace("p.sh", "$F")


# Of saves_table.py, which tries its own below run/, too.
ALL = dict(WAYS, **dict(_of_programs()))
