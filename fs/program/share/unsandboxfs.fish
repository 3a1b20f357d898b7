# SPDX-License-Identifier: MIT
# fs/program/share/unsandboxfs.fish - completion for fish
#
# The options are those that `unsandboxfs --help all` lists.

function __unsandboxfs_options
	unsandboxfs --help all 2>/dev/null |
		string replace -rf '^ *-o ([a-z_]+=?)\S* +(.*)' '$1\t$2'
end

complete -c unsandboxfs -f -a '(__fish_complete_directories)'
complete -c unsandboxfs -n __fish_use_subcommand -a shell \
	-d 'attach this terminal to a live shell'
complete -c unsandboxfs -n '__fish_seen_subcommand_from shell' -l shell -x \
	-d 'of a new session'
complete -c unsandboxfs -n '__fish_seen_subcommand_from shell' -l audit \
	-d 'keep the recording of the new session'
complete -c unsandboxfs -l check -d 'say what is there and what is missing'
complete -c unsandboxfs -s d -d 'log every request'
complete -c unsandboxfs -s f -d 'stay in the foreground'
complete -c unsandboxfs -s h -d 'print the options'
complete -c unsandboxfs -s V -d 'print the version'
complete -c unsandboxfs -s o -x -a '(__unsandboxfs_options)'
complete -c unsandboxfs -n 'string match -q -- "--*" (commandline -ct)' \
	-a '(__unsandboxfs_options | string replace -r "^" -- "--")'
