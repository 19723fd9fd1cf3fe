/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/screen/glyphs.h"

#include <string.h>
#include <strings.h>

#include "core/base/array.h"

static const struct glyphs full_set = {
	.ellipsis = "…",
	.cross = "✕",
	.check = "✓",
	.denied = "⊘",
	.egress = "→",
	.ingress = "←",
	.full = "●",
	.hollow = "○",
	.broken = "✕",
	.cursor = "▌",
	.folded = "▸",
	.unfolded = "▾",
	.rising = "▲",
	.falling = "▼",
	.times = "×",
	.dot = "·",
	.dash = "──",
	.spark = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
	.border = {" ", "│", "│", "│", "─", "┘", "┐", "┤", "─", "└", "┌", "├", "─", "┴", "┬", "┼"},
	.unicode = true,
};

/* The Linux console shows UTF-8, but its fonts have few characters beyond code page 437. */
static const struct glyphs console_set = {
	.ellipsis = "~",
	.cross = "x",
	.check = "√",
	.denied = "#",
	.egress = "→",
	.ingress = "←",
	.full = "*",
	.hollow = "o",
	.broken = "x",
	.cursor = ">",
	.folded = "+",
	.unfolded = "-",
	.rising = "▲",
	.falling = "▼",
	.times = "x",
	.dot = "·",
	.dash = "──",
	.spark = {" ", ".", ".", "▄", "▄", "▄", "█", "█", "█"},
	.border = {" ", "│", "│", "│", "─", "┘", "┐", "┤", "─", "└", "┌", "├", "─", "┴", "┬", "┼"},
	.unicode = true,
};

static const struct glyphs ascii_set = {
	.ellipsis = "~",
	.cross = "x",
	.check = "+",
	.denied = "#",
	.egress = ">",
	.ingress = "<",
	.full = "*",
	.hollow = "o",
	.broken = "x",
	.cursor = "*",
	.folded = "+",
	.unfolded = "-",
	.rising = "^",
	.falling = "v",
	.times = "x",
	.dot = "-",
	.dash = "--",
	.spark = {" ", "_", "_", ".", "-", "-", "=", "#", "#"},
	.border = {" ", "|", "|", "|", "-", "+", "+", "+", "-", "+", "+", "+", "-", "+", "+", "+"},
	.unicode = false,
};

static bool glyphs_is_utf8(const char *codeset)
{
	return codeset && (strcasecmp(codeset, "UTF-8") == 0 || strcasecmp(codeset, "UTF8") == 0);
}

/* Returns true for types of terminals that are older than Unicode. */
static bool glyphs_is_old_terminal(const char *term)
{
	static const char *const prefixes[] = {"vt1", "vt2",  "vt3",  "vt4",
					       "vt5", "ansi", "dumb", "cons25"};

	for (size_t i = 0; i < ARRAY_LENGTH(prefixes); i++) {
		if (strncmp(term, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	}
	return false;
}

const struct glyphs *glyphs_choose(const char *codeset, const char *term)
{
	if (!glyphs_is_utf8(codeset) || (term && glyphs_is_old_terminal(term)))
		return &ascii_set;
	if (term && (strcmp(term, "linux") == 0 || strncmp(term, "linux-", 6) == 0))
		return &console_set;
	return &full_set;
}
