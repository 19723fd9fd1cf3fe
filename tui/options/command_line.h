/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the command line of every command. */
#ifndef POLECAT_TUI_OPTIONS_COMMAND_LINE_H
#define POLECAT_TUI_OPTIONS_COMMAND_LINE_H

#include "tui/options/options.h"

/*
 * Reads the command line into *options and fills in defaults from the environment. Returns 0; free
 * *options with options_free then. On any other result the program ends with *exit_status and
 * there is nothing to free: --help and --version have been answered on stdout, and an error (which
 * option, what was expected, how to get help) has been reported on stderr.
 */
int command_line_parse(int argc, char **argv, struct options *options, int *exit_status);

#endif
