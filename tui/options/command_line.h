/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the command line of every command. */
#ifndef POLECAT_TUI_OPTIONS_COMMAND_LINE_H
#define POLECAT_TUI_OPTIONS_COMMAND_LINE_H

#include "tui/options/options.h"

/*
 * Reads the command line into *options and fills in defaults from the environment. Returns 0, and
 * the caller frees *options with options_free. On any other result, the caller frees nothing and
 * ends the program with *exit_status. The function has then answered --help or --version on stdout,
 * or reported an error on stderr.
 */
int command_line_parse(int argc, char **argv, struct options *options, int *exit_status);

#endif
