/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/screen/role.h"

#include <string.h>

/* The slots follow the meaning of the colours in base16: 00 background, 02 selection, 03 comments,
 * 04 less important text, 05 text, 08 red, 09 orange, 0A yellow, 0B green, 0C cyan, 0D blue, 0E
 * magenta; and in base24: 12 to 17 bright red, yellow, green, cyan, blue and magenta
 * (github.com/tinted-theming, styling.md). */
static const struct role_style styles[ROLE_COUNT] = {
	[ROLE_TEXT] = {"text", 0x05, 0, 0, 0, -1, -1},
	[ROLE_DIM] = {"dim", 0x04, 0, 0, A_DIM, 8, 8},
	[ROLE_STRONG] = {"strong", 0x05, 0, A_BOLD, A_BOLD, -1, -1},
	[ROLE_HEADER] = {"header", 0x05, 0, 0, 0, -1, -1},
	[ROLE_TITLE] = {"title", 0x05, 0, 0, 0, 7, 0},
	[ROLE_TITLE_FOCUS] = {"title-focus", 0x0D, 0x16, A_BOLD, A_BOLD | A_UNDERLINE, 14, 4},
	[ROLE_BORDER] = {"border", 0x03, 0, 0, A_DIM, 8, 7},
	[ROLE_BORDER_FOCUS] = {"border-focus", 0x0D, 0, 0, 0, 6, 4},
	[ROLE_COLUMN] = {"column", 0x04, 0, 0, A_DIM, 7, 0},
	[ROLE_COLUMN_SORT] = {"column-sort", 0x0D, 0x16, A_BOLD, A_BOLD, 14, 4},
	[ROLE_PEER] = {"peer", 0x0C, 0, 0, 0, -1, -1},
	[ROLE_HANGING] = {"hanging", 0x0A, 0x13, A_BOLD, A_BOLD, 3, 3},
	[ROLE_FAILED] = {"failed", 0x08, 0, 0, A_BOLD, 1, 1},
	[ROLE_DENIED] = {"denied", 0x09, 0, A_BOLD, A_BOLD, 3, 1},
	[ROLE_GOOD] = {"good", 0x0B, 0, 0, 0, 2, 2},
	[ROLE_NEW] = {"new", 0x0B, 0x14, A_BOLD, A_BOLD, 2, 2},
	[ROLE_EGRESS] = {"egress", 0x0D, 0, 0, 0, 6, 4},
	[ROLE_INGRESS] = {"ingress", 0x0E, 0, 0, 0, 5, 5},
	[ROLE_GRAPH] = {"graph", 0x0C, 0, 0, 0, 6, 4},
	[ROLE_KEY] = {"key", 0x0D, 0x16, A_BOLD, A_BOLD, 14, 4},
	[ROLE_FILTER] = {"filter", 0x0A, 0, 0, A_BOLD, 3, 3},
	[ROLE_NOTE] = {"note", 0x0B, 0, 0, A_BOLD, 2, 2},
	[ROLE_ERROR] = {"error", 0x08, 0x12, A_BOLD, A_BOLD | A_REVERSE, 1, 1},
	[ROLE_MISTAKE] = {"mistake", 0x08, 0x12, A_BOLD | A_REVERSE, A_BOLD | A_REVERSE, 1, 1},
	[ROLE_MATCH] = {"match", 0x0A, 0x13, A_BOLD | A_UNDERLINE, A_BOLD | A_UNDERLINE, 3, 3},
	[ROLE_POLICY_KEY] = {"policy-key", 0x0D, 0, 0, 0, 6, 4},
	[ROLE_POLICY_COMMENT] = {"policy-comment", 0x04, 0, 0, A_DIM, 8, 8},
	[ROLE_PAUSED] = {"paused", 0x0A, 0x13, A_BOLD, A_BOLD, 3, 3},
	[ROLE_LINK] = {"link", 0x0D, 0, A_UNDERLINE, A_UNDERLINE, 6, 4},
};

const struct role_style *role_style(enum role role)
{
	return &styles[role];
}

bool role_find(const char *name, enum role *role)
{
	for (int i = 0; i < ROLE_COUNT; i++) {
		if (strcmp(styles[i].name, name) == 0) {
			*role = (enum role)i;
			return true;
		}
	}
	return false;
}
