# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# draft BUILD ARGS-FILE [OPTION…]: drafts from standard input with the options in ARGS-FILE, if it exists, and these
# options. --allow-loss is needed because some recordings report lost events.
draft() {
	local build=$1 options=()
	[[ -e $2 ]] && read -r -a options <"$2"
	"$build/polecat" policy --allow-loss "${options[@]}" "${@:3}" -i -
}
