/* SPDX-License-Identifier: Apache-2.0 */
/* Types of the rows in option_table.c: one row per option, and one row per command. */
#ifndef POLECAT_TUI_OPTIONS_OPTION_H
#define POLECAT_TUI_OPTIONS_OPTION_H

#include <stddef.h>
#include <stdint.h>

#include "tui/options/options.h"

/* The section of --help that lists the option. */
enum option_group {
	OPTION_GROUP_COMMAND = 0, /* options of this command only */
	OPTION_GROUP_SOURCE,
	OPTION_GROUP_NAMES,
	OPTION_GROUP_CLUSTER,
	OPTION_GROUP_FILTER,
	OPTION_GROUP_END,
	OPTION_GROUP_OTHER,
	OPTION_GROUP_COUNT,
};

/* The kind of word that a shell completes for an option's argument. */
enum option_completion {
	OPTION_COMPLETES_NOTHING = 0,
	OPTION_COMPLETES_FILE,
	OPTION_COMPLETES_DIRECTORY,
	OPTION_COMPLETES_COMMAND,
};

struct command_definition {
	enum command command;
	const char *name;
	const char *argument; /* for the usage line; NULL: none */
	const char *words;    /* the words that the argument may be, separated by spaces; NULL: the
			       * command takes no word */
	const char *summary;  /* for the list of commands */
	const char *about;    /* for the command's own help; may have several lines */
};

/* One command line while it is parsed. */
struct option_target {
	struct options *options;                  /* receives the values */
	const struct command_definition *command; /* NULL before the command is known */
};

struct option_definition;

/* One option on a command line. */
struct option_use {
	const struct option_target *target;
	const struct option_definition *option;
	const char *value; /* NULL for an option without argument */
};

/* Checks the value and stores it in target->options. Returns 0, -ENOMEM, or -EINVAL after a call of
 * option_refuse. */
typedef int option_setter(const struct option_use *use);

struct option_definition {
	char letter; /* 0: none */
	const char *name;
	const char *argument;  /* its name in --help; NULL: the option takes no argument */
	unsigned int commands; /* commands that have it: bits 1 << enum command */
	enum option_group group;
	option_setter *set;        /* NULL: the parser handles the option (--help, --version) */
	const char *values;        /* the possible values, separated by spaces; NULL: any value */
	size_t member;             /* offsetof(struct options, ...), for the setters that use it */
	uint64_t max;              /* the largest value, for option_set_count */
	enum filter_option filter; /* for option_add_filter */
	enum option_completion completion;
	const char *help;
};

#endif
