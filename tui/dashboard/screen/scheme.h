/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a theme: a scheme of base16 or base24 (github.com/tinted-theming), as YAML. The colours are
 * in the mapping `palette`, or, in older files, directly in the file. An optional mapping `polecat`
 * has settings that such schemes lack, see themes/README.md. Pure.
 */
#ifndef POLECAT_TUI_DASHBOARD_SCREEN_SCHEME_H
#define POLECAT_TUI_DASHBOARD_SCREEN_SCHEME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/yaml_node.h"
#include "tui/dashboard/screen/role.h"

struct scheme {
	bool light;
	bool monochrome;     /* only attributes, no colours */
	bool on_terminal;    /* uses the terminal's background if both backgrounds are dark, or both
	                      * are light */
	uint32_t background; /* 0xRRGGBB, like all colours */
	uint32_t selection;  /* the background of the selected row */
	uint32_t colours[ROLE_COUNT];
	uint32_t selected[ROLE_COUNT]; /* the colours in the selected row */
	unsigned int adjusted;         /* the number of `colours` that were made readable */
};

/*
 * Reads a scheme. A colour whose contrast to its background is less than PALETTE_READABLE is made
 * lighter or darker, because schemes for editors have comments and line numbers that hardly show.
 * Returns 0, -ENOMEM, or -EBADMSG with the place and the expected value in *error.
 */
int scheme_read(const char *text, size_t length, struct scheme *out, struct yaml_error *error);

#endif
