/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the values of options and stores them in struct options. See option_setter. */
#ifndef POLECAT_TUI_OPTIONS_OPTION_VALUE_H
#define POLECAT_TUI_OPTIONS_OPTION_VALUE_H

#include <stdbool.h>

#include "tui/options/option.h"

/* Prints the error to stderr, and names the --help command to read. Returns -EINVAL. */
int option_refuse(const struct option_target *target, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Returns true if `word` is in a list of words that are separated by spaces. */
bool option_is_word_of(const char *words, const char *word);

/* Setters for several options. They store the value in the member of struct options that
 * option->member names. The comment on each setter gives the type of the member. */
option_setter option_set_flag;   /* bool */
option_setter option_set_text;   /* const char *: any text but "" */
option_setter option_set_word;   /* const char *: one of option->values */
option_setter option_set_socket; /* const char *: see options_is_socket */
option_setter option_set_count;  /* uint64_t, 1 to option->max */
option_setter option_set_time;   /* uint64_t, ns; 0 is allowed */
option_setter option_set_period; /* uint64_t, ns; not 0 */
option_setter option_set_size;   /* uint64_t, bytes; 1M or more */
option_setter option_set_moment; /* struct option_moment */
option_setter option_clear_text; /* const char *: becomes NULL */
option_setter option_add_text;   /* struct option_texts */

/* Setters for one option each, except option_add_filter: it adds a term to options.filter for each
 * option with option->filter. */
option_setter option_set_agent_labels; /* also --agent-limits */
option_setter option_set_input;
option_setter option_set_output;
option_setter option_add_exclude;
option_setter option_set_ignored_labels;
option_setter option_set_widen;
option_setter option_set_policy_name;
option_setter option_add_filter;
option_setter option_add_filter_text;
option_setter option_set_failed;

#endif
