# SPDX-License-Identifier: MIT
# tests/mount/saves_table.py - ways to save a file
"""Each command runs in its own directory below run/, with these variables: $T,
a word that is in every line of the program; $OLD and $NEW, files outside the
mount with an old and a new version of it (their sizes differ, since rsync and
make compare no more); and $OUT, a directory outside."""
from dataclasses import dataclass

OLD = "echo {0} former\necho {0} unchanged\n"
NEW = "echo {0} new\necho {0} unchanged\n"
AB = "echo {0} a\necho {0} b\n"


@dataclass
class Way:
    """One way to save p.sh."""
    name: str
    command: str
    # Whether p.sh exists before, with the old version.
    is_over: bool = False
    content: str = NEW
    file: str = "p.sh"
    # A program that may not be installed.
    needs: str = "sh"


def over(name, command, content=NEW, **more):
    """A way to save a file that existed before."""
    return Way(name, command, True, content, **more)


COPIES = [
    Way("cp", "cp $NEW p.sh"),
    over("cp_over", "cp $NEW p.sh"),
    over("cp_p", "cp -p $NEW p.sh"),
    over("cp_a", "cp -a $NEW p.sh"),
    over("cp_remove_destination", "cp --remove-destination $NEW p.sh"),
    over("cp_backup", "cp -b $NEW p.sh"),
    over("cp_no_reflink", "cp --reflink=never --sparse=always $NEW p.sh"),
    Way("cp_r", "mkdir $OUT/d && cp $NEW $OUT/d/p.sh && cp -r $OUT/d/. ."),
    Way("install", "install $NEW p.sh"),
    over("install_mode", "install -m 600 $NEW p.sh"),
    over("install_compare", "install -C $NEW p.sh"),
    Way("mv_from_outside", "cp $NEW $OUT/x && mv $OUT/x p.sh"),
    over("mv_from_outside_over", "cp $NEW $OUT/x && mv $OUT/x p.sh"),
    Way("mv_from_data", "cp $NEW p.txt && mv p.txt p.sh"),
    over("mv_from_data_over", "cp $NEW p.txt && mv p.txt p.sh"),
    over("mv_from_hidden", "cp $NEW .p && mv .p p.sh"),
    over("mv_from_temporary", "cp $NEW p.sh.tmp && mv p.sh.tmp p.sh"),
    over("mv_from_below", "mkdir .d; cp $NEW .d/p.sh && mv .d/p.sh p.sh"),
    over("mv_exchange_by_hand", "cp $NEW new~ && mv p.sh old~ && "
         "mv new~ p.sh"),
    over("rsync", "rsync -a $NEW p.sh", needs="rsync"),
    Way("rsync_new", "rsync -a $NEW p.sh", needs="rsync"),
    over("rsync_inplace", "rsync -a --inplace $NEW p.sh", needs="rsync"),
    over("rsync_append", "rsync --append-verify $OUT/ab.sh p.sh",
         OLD + "echo {0} b\n", needs="rsync"),
    over("rsync_delayed", "mkdir $OUT/d && cp $NEW $OUT/d/p.sh && "
         "rsync -a --delay-updates $OUT/d/ .", needs="rsync"),
    over("rsync_backup", "rsync -ab $NEW p.sh", needs="rsync"),
    over("rsync_whole_checksum", "rsync -aWc $NEW p.sh", needs="rsync"),
    over("rsync_no_whole", "rsync -a --no-whole-file $NEW p.sh",
         needs="rsync"),
    over("rsync_temp_dir", "rsync -a -T $OUT $NEW p.sh", needs="rsync"),
    Way("tar", "cp $NEW $OUT/p.sh && tar c -C $OUT p.sh | tar x"),
    over("tar_over", "cp $NEW $OUT/p.sh && tar c -C $OUT p.sh | tar x"),
    over("tar_overwrite",
         "cp $NEW $OUT/p.sh && tar c -C $OUT p.sh | tar x --overwrite"),
    over("cpio", "cp $NEW $OUT/p.sh && (cd $OUT; echo p.sh | cpio -o "
         "--quiet) | cpio -idu --quiet", needs="cpio"),
    over("unzip", "cp $NEW $OUT/p.sh && python3 -m zipfile -c $OUT/z.zip "
         "$OUT/p.sh && python3 -m zipfile -e $OUT/z.zip . "),
    over("curl", "curl -s -o p.sh file://$NEW", needs="curl"),
]

SHELL = [
    Way("echo", "printf 'echo %s new\\necho %s unchanged\\n' $T $T >p.sh"),
    over("echo_over", "cat $NEW >p.sh"),
    over("clobber", "set -C; cat $NEW >|p.sh"),
    over("here_document", "cat <<EOF >p.sh\necho $T new\n"
         "echo $T unchanged\nEOF"),
    over("group", "{ /bin/echo echo $T a; /bin/echo echo $T b; } >p.sh", AB),
    over("group_with_pauses", "{ /bin/echo echo $T a; sleep 0.3; "
         "/bin/echo echo $T b; } >p.sh", AB),
    over("subshell", "( echo echo $T a; /bin/echo echo $T b ) >p.sh", AB),
    over("loop", "for x in a b; do /bin/echo echo $T $x; done >p.sh", AB),
    over("descriptor", "exec 3>p.sh; echo echo $T a >&3; /bin/true; "
         "/bin/echo echo $T b >&3; exec 3>&-", AB),
    over("descriptor_left_open", "exec 3>p.sh; echo echo $T a >&3; "
         "echo echo $T b >&3", AB),
    over("two_descriptors", "exec 3>p.sh 4>&3; echo echo $T a >&3; "
         "exec 3>&-; echo echo $T b >&4; exec 4>&-", AB),
    over("dash_group", "dash -c '{ /bin/echo echo $T a; /bin/echo echo $T b;"
         " } >p.sh'", AB, needs="dash"),
    over("pipeline_of_writers", "{ /bin/echo echo $T a; cat; } >p.sh "
         "< <(echo echo $T b)", AB),
    over("background_writer", "{ /bin/echo echo $T a; (sleep 0.2; "
         "/bin/echo echo $T b) & wait; } >p.sh", AB),
    over("append", "echo echo $T more >>p.sh", OLD + "echo {0} more\n"),
    over("append_twice_in_one", "{ /bin/echo echo $T m; /bin/echo echo $T n;"
         " } >>p.sh", OLD + "echo {0} m\necho {0} n\n"),
    over("tee", "tee p.sh <$NEW >/dev/null"),
    over("tee_append", "echo echo $T more | tee -a p.sh >/dev/null",
         OLD + "echo {0} more\n"),
    over("two_tees", "tee p.sh <$NEW | tee q.txt >/dev/null"),
    over("read_write", "cat $NEW $OLD 1<>p.sh", NEW + OLD),
    over("coproc", "coproc cat >p.sh; cat $NEW >&${COPROC[1]}; "
         "eval \"exec ${COPROC[1]}>&-\"; wait"),
    over("script_of_itself", "echo 'cat $NEW >p.sh' | NEW=$NEW bash"),
]

EDITS = [
    over("dd", "dd if=$NEW of=p.sh status=none"),
    over("dd_fsync", "dd if=$NEW of=p.sh conv=fsync status=none"),
    over("dd_small_blocks", "dd if=$NEW of=p.sh bs=5 status=none"),
    over("dd_notrunc", "printf FORMED | dd of=p.sh bs=1 seek=$((6 + ${#T})) "
         "conv=notrunc status=none", "echo {0} FORMED\necho {0} unchanged\n"),
    over("dd_append", "echo echo $T more | dd of=p.sh oflag=append "
         "conv=notrunc status=none", OLD + "echo {0} more\n"),
    over("dd_sync_flag", "dd if=$NEW of=p.sh oflag=sync bs=9 status=none"),
    over("sed_i", "sed -i s/former/new/ p.sh"),
    over("sed_i_backup", "sed -i.bak s/former/new/ p.sh"),
    over("sed_i_backup_orig", "sed --in-place=.orig s/former/new/ p.sh"),
    over("sed_w", "sed -n s/former/new/\\;w$OUT/w p.sh && cat $OUT/w >p.sh"),
    over("perl_i", "perl -i -pe s/former/new/ p.sh", needs="perl"),
    over("perl_i_backup", "perl -i.bak -pe s/former/new/ p.sh", needs="perl"),
    over("perl_i_orig", "perl -i.orig -pe s/former/new/ p.sh", needs="perl"),
    over("awk", "awk '{sub(/former/, \"new\"); print >\"p.sh\"}' $OLD"),
    over("sort_o", "sort -o p.sh $NEW",
         "echo {0} new\necho {0} unchanged\n"),
    over("ed", "printf '1s/former/new/\\nw\\nq\\n' | ed -s p.sh", needs="ed"),
    over("ex", "ex -s -c 1s/former/new/ -c wq p.sh", needs="ex"),
    over("patch", "cp p.sh $OUT/p.sh; diff -u $OUT/p.sh $NEW | "
         "patch -s p.sh", needs="patch"),
    over("patch_backup", "cp p.sh $OUT/p.sh; diff -u $OUT/p.sh $NEW | "
         "patch -s -b p.sh", needs="patch"),
    over("truncate_shorter", "truncate -s $((13 + ${#T})) p.sh",
         "echo {0} former\n"),
    over("xxd", "python3 -m base64 -d <(python3 -m base64 -e $NEW) >p.sh"),
    Way("gcc_preprocessor", "printf 'int TOKEN;\\n' | gcc -E -P -DTOKEN=$T "
        "-x c - -o p.c", content="int {0};\n", file="p.c", needs="gcc"),
]

GIT = "git -c user.name=n -c user.email=e -c init.defaultBranch=b " \
      "-c core.autocrlf=false "
GIT_BASE = (f"g() {{ {GIT} --git-dir=$OUT/g --work-tree=. \"$@\"; }}; "
            "export GIT_CONFIG_GLOBAL=/dev/null; ")
GIT_TWO = (GIT_BASE + "g init -q && cp $NEW $OUT/p.sh && "
           f"{GIT} --git-dir=$OUT/g --work-tree=$OUT add $OUT/p.sh && "
           "g commit -qm new && ")

REPOSITORY = [
    Way("git_checkout_new", GIT_TWO + "g checkout -q -f b -- p.sh",
        needs="git"),
    over("git_checkout_over", GIT_TWO + "g checkout -q -f b -- p.sh",
         needs="git"),
    over("git_restore", GIT_TWO + "g restore p.sh", needs="git"),
    over("git_reset", GIT_TWO + "g reset -q --hard", needs="git"),
    over("git_stash", GIT_TWO + "g stash -q", needs="git"),
    over("git_apply", GIT_TWO + "g diff -R --no-ext-diff >$OUT/d; "
         "g apply $OUT/d", needs="git"),
    Way("git_clone", GIT_TWO + "git clone -q $OUT/g c && mv c/p.sh p.sh",
        needs="git"),
]
