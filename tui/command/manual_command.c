/* SPDX-License-Identifier: Apache-2.0 */
/* `polecat manual`: prints a manual page. */
#include <stdio.h>
#include <string.h>

#include "core/base/array.h"
#include "tui/command/commands.h"
#include "tui/manual/manual.h"
#include "tui/options/options.h"

int manual_main(const struct options *options)
{
	static const struct {
		const char *name;
		void (*print)(FILE *file);
	} pages[] = {
		{"polecat", manual_program},
		{"keys", manual_keys},
		{"filters", manual_filters},
		{"records", manual_records},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(pages); i++)
		if (strcmp(options->word, pages[i].name) == 0)
			pages[i].print(stdout);
	return 0;
}
