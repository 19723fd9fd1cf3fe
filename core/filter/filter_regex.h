/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POSIX extended regular expressions with bounds on time and memory, for patterns that users type
 * and texts that others control. Matching ignores the case of ASCII letters, and works on bytes in
 * every locale.
 *
 * Bounds: a pattern has no back-references, at most FILTER_REGEX_SIZE_MAX characters after its
 * repetitions are expanded, at most two nested repetitions, and no repeated anchors. The time for a
 * text is then proportional to the length of the text. regexec(3) keeps the automaton's states that
 * it has visited, at most one for each byte of text. The pattern is compiled anew after some bytes,
 * so these states do not pile up.
 *
 * Not thread-safe: also filter_regex_match changes the object.
 */
#ifndef POLECAT_CORE_FILTER_FILTER_REGEX_H
#define POLECAT_CORE_FILTER_FILTER_REGEX_H

#include <stdbool.h>
#include <stddef.h>

#include "core/filter/filter_error.h"

struct filter_regex;

#define FILTER_REGEX_SIZE_MAX 256

/* Compiles a pattern. Free *out with filter_regex_free. Returns 0, -ENOMEM, or -EINVAL with *error
 * filled in (NULL: ignored). *out is untouched on failure. */
int filter_regex_new(const char *pattern, struct filter_regex **out, struct filter_error *error);
void filter_regex_free(struct filter_regex *regex);

/* Returns whether a part of the text matches. */
bool filter_regex_match(struct filter_regex *regex, const char *text);

/* The longest text that filter_regex_find searches, in bytes. */
#define FILTER_REGEX_FIND_MAX 256

/* Finds the first part of a text that matches and is not empty, from the offset `from` on. Returns
 * false if no part does, if the text is longer than FILTER_REGEX_FIND_MAX, or if memory is short.
 * The time grows with the square of the length. */
bool filter_regex_find(struct filter_regex *regex, const char *text, size_t from, size_t *start,
		       size_t *length);

#endif
