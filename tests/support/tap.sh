# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# TAP for shell tests. Source this file, call the functions below, and end with tap_done.
#
#   tap_check NAME COMMAND…     ok if the command succeeds; else prints its output
#   tap_equal NAME WANT GOT     ok if both texts are equal; else prints both
#   tap_skip NAME REASON        a case that cannot run here
#   tap_done                    prints the plan and exits, with 1 if a case failed

tap_cases=0
tap_failures=0

tap_result() {
	local verdict=$1 name=$2
	tap_cases=$((tap_cases + 1))
	[[ $verdict == ok ]] || tap_failures=$((tap_failures + 1))
	printf '%s %d - %s\n' "$verdict" "$tap_cases" "$name"
}

tap_check() {
	local name=$1 output
	shift
	if output=$("$@" 2>&1); then
		tap_result ok "$name"
	else
		tap_result 'not ok' "$name"
		# If the output is long, print the lines that look like the cause, and the end.
		if (($(wc -l <<<"$output") > 60)); then
			grep -E -m 20 '([Ee]rror|fatal|not found|No rule|undefined reference|\*\*\*)' <<<"$output" | sed 's/^/# /'
			printf '# …\n'
		fi
		[[ -z $output ]] || tail -n 40 <<<"$output" | sed 's/^/# /'
	fi
}

tap_equal() {
	if [[ $2 == "$3" ]]; then
		tap_result ok "$1"
	else
		tap_result 'not ok' "$1"
		printf 'wanted:\n%s\ngot:\n%s\n' "$2" "$3" | sed 's/^/# /'
	fi
}

tap_skip() {
	tap_cases=$((tap_cases + 1))
	printf 'ok %d - %s # SKIP %s\n' "$tap_cases" "$1" "$2"
}

tap_done() {
	echo "1..$tap_cases"
	((tap_failures == 0))
	exit
}
