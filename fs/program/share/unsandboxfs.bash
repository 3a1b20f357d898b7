# SPDX-License-Identifier: MIT
# fs/program/share/unsandboxfs.bash - completion for bash
#
# The options are those that `unsandboxfs --help all` lists.

_unsandboxfs()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local names

	names=$("$1" --help all 2>/dev/null |
		sed -n 's/^ *-o \([a-z_]*=\{0,1\}\).*/\1/p')
	compopt +o nospace
	if [[ ${COMP_WORDS[1]} == shell && $COMP_CWORD -gt 1 ]]; then
		mapfile -t COMPREPLY < <(compgen -W "--audit --help --shell" -- "$cur")
		[[ $cur == -* ]] || mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		compopt -o filenames
	elif [[ $prev == -o ]]; then
		# The last option of a list: what stands before it stays.
		local before=${cur%"${cur##*,}"}

		mapfile -t COMPREPLY < <(compgen -P "$before" -W "$names" -- \
			"${cur##*,}")
		compopt -o nospace
	elif [[ $cur == --* ]]; then
		mapfile -t COMPREPLY < <(compgen -P -- -W \
			"$names check help version" -- "${cur#--}")
	elif [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "-d -f -h -o -V" -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -d -- "$cur"
			[[ $COMP_CWORD == 1 ]] && compgen -W shell -- "$cur")
		compopt -o filenames
	fi
	[[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace
	return 0
}
complete -F _unsandboxfs unsandboxfs
