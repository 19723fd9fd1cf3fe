/* SPDX-License-Identifier: Apache-2.0 */
/* Named filters: expressions that `@NAME` in another expression stands for. Pure. */
#ifndef POLECAT_CORE_FILTER_FILTER_NAMES_H
#define POLECAT_CORE_FILTER_FILTER_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* The largest length of a name, and the largest number of names. */
#define FILTER_NAME_MAX  32
#define FILTER_NAMES_MAX 64

/* The form of a name, for messages. */
#define FILTER_NAME_FORM "a name of at most 32 letters, digits, - and _"

struct filter_name {
	char *name;
	char *text; /* the expression */
};

/* In alphabetical order. Zero-initialise; free with filter_names_clear. */
struct filter_names {
	struct filter_name *items;
	size_t count;
};

void filter_names_clear(struct filter_names *names);

/* Returns the length of the name that a text begins with; 0: none. */
size_t filter_names_length(const char *text);

/* Returns whether a text has the form of a name. */
bool filter_names_is_name(const char *text);

/* Returns the expression of a name of `length` bytes; NULL: no such name. `names` may be NULL. */
const char *filter_names_find(const struct filter_names *names, const char *name, size_t length);

/* Adds a name, which must have the form of a name, or replaces its expression. Returns 0, -ENOSPC
 * if there are too many, or -ENOMEM. The names are unchanged on failure. */
int filter_names_set(struct filter_names *names, const char *name, const char *text);

/* Removes a name. Returns whether it was there. */
bool filter_names_remove(struct filter_names *names, const char *name);

/* Copies the names. Returns 0, or -ENOMEM with *out empty. */
int filter_names_copy(const struct filter_names *names, struct filter_names *out);

#endif
