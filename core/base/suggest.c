/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/suggest.h"

#include <string.h>

#define SUGGEST_LENGTH_MAX 32

/* Counts the edits (insert, delete, replace, swap two neighbours) that turn a into b. */
static size_t suggest_distance(const char *a, const char *b)
{
	size_t rows[3][SUGGEST_LENGTH_MAX + 1];
	size_t a_length = strlen(a);
	size_t b_length = strlen(b);

	if (a_length > SUGGEST_LENGTH_MAX || b_length > SUGGEST_LENGTH_MAX)
		return SUGGEST_LENGTH_MAX;
	for (size_t j = 0; j <= b_length; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i - 1) % 3];
		const size_t *two_above = rows[(i + 1) % 3];
		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);
			if (above[j] + 1 < best)
				best = above[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    two_above[j - 2] + 1 < best)
				best = two_above[j - 2] + 1;
			row[j] = best;
		}
	}
	return rows[a_length % 3][b_length];
}

const char *suggest(const char *typed, size_t count, suggest_name *name_at, const void *context)
{
	const char *best = NULL;
	size_t length = strlen(typed);
	/* An exclusive bound: accept at most length / 3 + 1 edits. */
	size_t best_distance = length / 3 + 2;

	for (size_t i = 0; i < count; i++) {
		const char *name = name_at(i, context);
		if (!name)
			continue;
		size_t distance = suggest_distance(typed, name);
		/* A prefix of at least three characters is near: --max-conn for
		 * --max-connections. */
		if (length >= 3 && strncmp(name, typed, length) == 0)
			distance = 1;
		if (distance < best_distance) {
			best = name;
			best_distance = distance;
		}
	}
	return best;
}
