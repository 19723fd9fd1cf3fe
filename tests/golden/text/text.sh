# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# golden_text BUILD ARGUMENTS: prints the text that polecat prints for the arguments in a file, without the user's settings.
golden_text() {
	local arguments
	read -r -a arguments <"$2"
	XDG_CONFIG_HOME=/nonexistent LC_ALL=C.UTF-8 "$1/polecat" "${arguments[@]}"
}
