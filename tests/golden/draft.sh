# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# draft BUILD ARGS-FILE [OPTION…]: drafts from standard input, with the options of the file where it is there, and these. Some
# recordings tell of lost events.
draft() {
	local build=$1 options=()
	[[ -e $2 ]] && read -r -a options <"$2"
	"$build/polecat" policy --allow-loss "${options[@]}" "${@:3}" -i -
}
