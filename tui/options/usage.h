/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLECAT_TUI_OPTIONS_USAGE_H
#define POLECAT_TUI_OPTIONS_USAGE_H

#include <stddef.h>
#include <stdio.h>

#include "tui/options/option.h"

/* One command line as an example. */
struct usage_example {
	const char *does;
	const char *words; /* the words after the name of the program; may be empty */
};

/* Titles of the sections of --help, the meaning of each exit status from 0 on, and examples. */
extern const char *const usage_group_titles[OPTION_GROUP_COUNT];
extern const char *const usage_exit_status[];
extern const size_t usage_exit_status_count;
extern const struct usage_example usage_examples[];
extern const size_t usage_example_count;

/* Prints the text of `polecat --help` (command NULL) or `polecat COMMAND --help`. */
void usage_print(FILE *file, const char *program, const struct command_definition *command);

#endif
