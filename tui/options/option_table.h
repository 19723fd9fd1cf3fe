/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of commands and the table of options. The parser, every --help and the shell
 * completions read them.
 */
#ifndef POLECAT_TUI_OPTIONS_OPTION_TABLE_H
#define POLECAT_TUI_OPTIONS_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/options/option.h"

/* The rows of both tables are in the order of --help. */
extern const struct option_definition option_table[];
extern const size_t option_count;
extern const struct command_definition command_table[];
extern const size_t command_count;

const struct command_definition *command_find(enum command command);

/* Return the command with a name, and the first option with a name; NULL: none. */
const struct command_definition *command_by_name(const char *name);
const struct option_definition *option_by_name(const char *name);

/* Returns true if the command has the option. */
bool command_has_option(const struct command_definition *command,
			const struct option_definition *option);

#endif
