/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/edge_names.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/state/identity/dns_names.h"

#define SEPARATOR ", "
#define MORE      "..."

struct edge_names {
	struct edge_names *next;
	char text[];
};

/* One of the names in a text that lists several. */
struct edge_names_part {
	const char *name;
	size_t length;
};

/* Reads the name at *at, and moves *at to the next. Returns false at the end, and for "...". */
static bool edge_names_next(const char **at, struct edge_names_part *part)
{
	if (**at == '\0' || strcmp(*at, MORE) == 0)
		return false;
	const char *end = strstr(*at, SEPARATOR);
	part->name = *at;
	part->length = end ? (size_t)(end - *at) : strlen(*at);
	*at += part->length + (end ? strlen(SEPARATOR) : 0);
	return true;
}

static int edge_names_compare(const struct edge_names_part *a, const struct edge_names_part *b)
{
	size_t shorter = a->length < b->length ? a->length : b->length;
	int order = memcmp(a->name, b->name, shorter);

	return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

/* Appends the union of the names of two texts: the first EDGE_NAMES_UNION names in sorted order. So
 * the order in which several texts are merged does not matter. Returns 0 or -ENOMEM. */
static int edge_names_merge(const char *left, const char *right, struct buffer *out)
{
	struct edge_names_part a;
	struct edge_names_part b;
	bool has_a = edge_names_next(&left, &a);
	bool has_b = edge_names_next(&right, &b);
	size_t count = 0;
	int error = 0;

	while (!error && (has_a || has_b) && count < EDGE_NAMES_UNION) {
		int order = !has_a ? 1 : !has_b ? -1 : edge_names_compare(&a, &b);
		const struct edge_names_part *first = order <= 0 ? &a : &b;
		error = buffer_printf(out, "%s%.*s", count++ ? SEPARATOR : "", (int)first->length,
				      first->name);
		if (order <= 0)
			has_a = edge_names_next(&left, &a);
		if (order >= 0)
			has_b = edge_names_next(&right, &b);
	}
	if (!error && (has_a || has_b || strcmp(left, MORE) == 0 || strcmp(right, MORE) == 0))
		error = buffer_printf(out, "%s%s", count ? SEPARATOR : "", MORE);
	return error;
}

static void edge_names_add(struct edge *edge, const char *text)
{
	CLEANUP_BUFFER struct buffer merged = {0};

	/* If out of memory, the edge keeps the names that it has. */
	if (edge_names_merge(edge->dns ? edge->dns : "", text, &merged) == 0)
		(void)text_copy(merged.data, &edge->dns);
}

const char *edge_names_bind(struct edge *edge, const char *text)
{
	size_t length = text ? strlen(text) : 0;
	size_t count = 0;

	if (length == 0 || length >= DNS_NAMES_TEXT_SIZE)
		return NULL;
	for (const struct edge_names *at = edge->dns_texts; at; at = at->next) {
		if (strcmp(at->text, text) == 0)
			return at->text;
		count++;
	}
	edge_names_add(edge, text);
	struct edge_names *added = count < EDGE_NAMES_TEXTS
					   ? memory_checked(malloc(sizeof(*added) + length + 1))
					   : NULL;
	if (!added)
		return NULL;
	memcpy(added->text, text, length + 1);
	added->next = edge->dns_texts;
	edge->dns_texts = added;
	return added->text;
}

void edge_names_clear(struct edge *edge)
{
	struct edge_names *next;

	for (struct edge_names *at = edge->dns_texts; at; at = next) {
		next = at->next;
		free(at);
	}
	edge->dns_texts = NULL;
	free(edge->dns);
	edge->dns = NULL;
}
