# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# debian_mirror SUITE: prints the mirror that this machine's apt uses for a suite of Debian, from sources of both
# formats. Prints nothing if apt does not use the suite.
debian_mirror() {
	local file
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
		[[ -r $file ]] && cat "$file" && echo
	done | awk -v suite="$1" '
		function done_with_entry(  i, n, names) {
			n = split(suites, names)
			for (i = 1; i <= n; i++)
				if (names[i] == suite && !found) { split(uris, names); found = names[1] }
			uris = suites = ""
		}
		/^[ \t]*#/ { next }
		$1 == "deb" {
			sub(/\[[^]]*\]/, "")
			if ($3 == suite && !found) found = $2
			next
		}
		/^[ \t]*$/ { done_with_entry(); next }
		tolower($1) == "types:" && uris { done_with_entry() }
		tolower($1) == "uris:" { sub(/^[^:]*:/, ""); uris = $0 }
		tolower($1) == "suites:" { sub(/^[^:]*:/, ""); suites = $0 }
		END { done_with_entry(); print found }'
}
