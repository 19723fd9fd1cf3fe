# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# pictures BUILD STEPS OUTPUT [OPTION…]: runs the file STEPS and writes its pictures to OUTPUT, in a fixed locale and time zone.
pictures() {
	LC_ALL=C.UTF-8 TZ=UTC "$1/tests/tools/screen" "${@:4}" "$(realpath "$1/polecat")" "$2" "$3"
}
