# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# draft BUILD ARGS-FILE [OPTION…]: drafts from standard input, with the options of the file where it is there, and these.
draft() {
	local build=$1 options=()
	[[ -e $2 ]] && read -r -a options <"$2"
	"$build/polecat" policy "${options[@]}" "${@:3}" -i -
}
