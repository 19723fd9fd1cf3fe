/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table of commands and options. The parser, every --help and the shell completions are
 * made from it, and so cannot disagree.
 */
#ifndef POLECAT_TUI_OPTIONS_OPTION_TABLE_H
#define POLECAT_TUI_OPTIONS_OPTION_TABLE_H

#include <stddef.h>
#include <stdio.h>

#include "tui/options/options.h"

/* Values above every character, so that getopt_long's answers cannot be mistaken for letters. */
enum option_id {
	OPTION_INPUT = 256,
	OPTION_EXEC,
	OPTION_RECORD,
	OPTION_NODE_NAME,
	OPTION_CRI,
	OPTION_NO_CRI,
	OPTION_DOCKER,
	OPTION_NO_DOCKER,
	OPTION_KUBECONFIG,
	OPTION_CONTEXT,
	OPTION_NO_KUBE,
	OPTION_HOST_ROOT,
	OPTION_NAME_WAIT,
	OPTION_NAMESPACE,
	OPTION_ALL_NAMESPACES,
	OPTION_POD,
	OPTION_SELECTOR,
	OPTION_CONTAINER,
	OPTION_NODE,
	OPTION_COMM,
	OPTION_PID,
	OPTION_PORT,
	OPTION_DIRECTION,
	OPTION_PROTOCOL,
	OPTION_FAILED,
	OPTION_HOST,
	OPTION_FILTER,
	OPTION_TIMEOUT,
	OPTION_MAX_EVENTS,
	OPTION_MAX_CONNECTIONS,
	OPTION_OUTPUT,
	OPTION_DIRECTORY,
	OPTION_FORCE,
	OPTION_INCLUDE_FAILED,
	OPTION_DNS,
	OPTION_FORMAT,
	OPTION_EXCLUDE,
	OPTION_MIN_CONNECTIONS,
	OPTION_WIDEN,
	OPTION_PORTS,
	OPTION_POLICY_NAME,
	OPTION_DIFF,
	OPTION_POLICY,
	OPTION_CLUSTER,
	OPTION_CHECK_OUTPUT,
	OPTION_DEPENDS,
	OPTION_HELP,
	OPTION_VERSION,
};

enum option_group {
	OPTION_GROUP_COMMAND = 0, /* what only this command has */
	OPTION_GROUP_SOURCE,
	OPTION_GROUP_NAMES,
	OPTION_GROUP_FILTER,
	OPTION_GROUP_END,
	OPTION_GROUP_OTHER,
	OPTION_GROUP_COUNT,
};

/* What a shell offers for an option's argument. */
enum option_completion {
	OPTION_COMPLETES_NOTHING = 0,
	OPTION_COMPLETES_FILE,
	OPTION_COMPLETES_DIRECTORY,
	OPTION_COMPLETES_COMMAND,
};

struct option_definition {
	enum option_id id;
	char letter; /* 0: none */
	const char *name;
	const char *argument;  /* how --help names it; NULL: the option takes none */
	const char *values;    /* the values that there are, separated by spaces; NULL: free */
	unsigned int commands; /* bits 1 << enum command */
	enum option_group group;
	enum filter_option filter; /* the option goes to filter_add as this; 0: it does not */
	enum option_completion completion;
	const char *help;
};

struct command_definition {
	enum command command;
	const char *name;
	const char *argument; /* of the usage line; NULL: none */
	const char *summary;  /* in the list of commands */
	const char *about;    /* in the command's own help; may have several lines */
};

const struct option_definition *option_table(size_t *count);
const struct command_definition *command_table(size_t *count);
const struct command_definition *command_find(enum command command);

/* The option of that long name, of any command; NULL: none. */
const struct option_definition *option_by_name(const char *name);

/* Prints what `polecat --help` (command NULL) or `polecat COMMAND --help` says. */
void usage_print(FILE *file, const char *program, const struct command_definition *command);

/*
 * Of `count` names, each found by name_at(index), the one that somebody who typed `typed` most
 * likely meant; NULL where none is near. name_at may answer NULL for a name that is not to be
 * offered.
 */
typedef const char *suggest_name(size_t index, const void *context);
const char *suggest(const char *typed, size_t count, suggest_name *name_at, const void *context);

#endif
