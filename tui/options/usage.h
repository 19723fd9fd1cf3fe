/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLECAT_TUI_OPTIONS_USAGE_H
#define POLECAT_TUI_OPTIONS_USAGE_H

#include <stdio.h>

#include "tui/options/option.h"

/* Prints the text of `polecat --help` (command NULL) or `polecat COMMAND --help`. */
void usage_print(FILE *file, const char *program, const struct command_definition *command);

#endif
