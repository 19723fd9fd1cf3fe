/* SPDX-License-Identifier: Apache-2.0 */
/* The parser's insides: options.c reads the words, option_value.c what stands behind an option.
 * Nothing else includes this. */
#ifndef POLECAT_TUI_OPTIONS_OPTION_PARSER_H
#define POLECAT_TUI_OPTIONS_OPTION_PARSER_H

#include <getopt.h>

#include "tui/options/option_table.h"
#include "tui/options/options.h"

/* Room for the options of one command. */
#define OPTION_PARSER_MAX 64

struct option_parser {
	struct options *options;
	const struct command_definition *command; /* NULL: not known yet */
	/* -A undoes an earlier -n: the value is remembered, and goes into the filter in the end. */
	const char *namespace_value;
	bool name_wait_given;
	/* What getopt_long reads. */
	struct option long_options[OPTION_PARSER_MAX];
	char letters[2 * OPTION_PARSER_MAX + 2];
	int exit_status;
};

/* Says what is wrong, in one line, and how to get help; the status is that of wrong usage. -EINVAL.
 */
int option_parser_refuse(struct option_parser *parser, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Puts an option into the options. value is NULL where it takes none. 0; -EINVAL when it was
 * refused; -ECANCELED when it was --help or --version, and was answered; -ENOMEM.
 */
int option_parser_apply(struct option_parser *parser, const struct option_definition *option,
			const char *value);

/* Adds one option of the command line to the filter. Returns as option_parser_apply. */
int option_parser_add_filter(struct option_parser *parser, const struct option_definition *option,
			     const char *value);

/* Adds one path of --policy or --diff, or of the words behind it. Returns as option_parser_apply.
 */
int option_parser_add_policy(struct option_parser *parser, const char *option, const char *path);

/* True when `word` is one of the words of a list that spaces separate. */
bool option_parser_is_word_of(const char *words, const char *word);

/* Fills in where names come from as far as the command line did not say. */
void option_parser_default_names(struct option_parser *parser);

#endif
