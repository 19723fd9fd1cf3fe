/* SPDX-License-Identifier: Apache-2.0 */
#include "core/filter/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/filter/filter_term.h"

struct filter {
	struct filter_term *terms;
	size_t count;
};

int filter_new(struct filter **out)
{
	struct filter *filter = calloc(1, sizeof(*filter));

	if (!filter)
		return -ENOMEM;
	*out = filter;
	return 0;
}

/* Removes all terms behind the first `count`. */
static void filter_cut(struct filter *filter, size_t count)
{
	while (filter->count > count)
		filter_term_clear(&filter->terms[--filter->count]);
}

void filter_free(struct filter *filter)
{
	if (!filter)
		return;
	filter_cut(filter, 0);
	free(filter->terms);
	free(filter);
}

int filter_add(struct filter *filter, enum filter_option option, const char *value,
	       struct filter_error *error)
{
	size_t count = filter->count;
	struct filter_term *term = ARRAY_EXTEND(filter->terms, filter->count);
	int status = -ENOMEM;

	if (term)
		status = filter_parse_option(term, option, value ? value : "", error);
	if (status)
		filter_cut(filter, count);
	return status;
}

int filter_parse(struct filter *filter, const char *text, struct filter_error *error)
{
	size_t count = filter->count;
	const char *at = text;

	for (;;) {
		at += strspn(at, " \t");
		if (*at == '\0')
			return 0;
		struct filter_term *term = ARRAY_EXTEND(filter->terms, filter->count);
		int status = term ? filter_parse_term(term, text, &at, error) : -ENOMEM;
		if (status) {
			filter_cut(filter, count);
			return status;
		}
	}
}

bool filter_is_empty(const struct filter *filter)
{
	return !filter || filter->count == 0;
}

static bool filter_has(const struct filter *filter, bool (*is)(const struct filter_term *term))
{
	for (size_t i = 0; filter && i < filter->count; i++) {
		if (is(&filter->terms[i]))
			return true;
	}
	return false;
}

bool filter_needs_container(const struct filter *filter)
{
	return filter_has(filter, filter_term_needs_container);
}

bool filter_needs_names(const struct filter *filter)
{
	return filter_has(filter, filter_term_needs_names);
}

bool filter_has_workload_terms(const struct filter *filter)
{
	return filter_has(filter, filter_term_is_about_workload);
}

bool filter_rejects_workload(const struct filter *filter, const struct filter_input *input)
{
	for (size_t i = 0; filter && i < filter->count; i++) {
		if (filter_term_is_about_workload(&filter->terms[i]) &&
		    !filter_term_match(&filter->terms[i], input))
			return true;
	}
	return false;
}

bool filter_match(const struct filter *filter, const struct filter_input *input)
{
	for (size_t i = 0; filter && i < filter->count; i++) {
		if (!filter_term_match(&filter->terms[i], input))
			return false;
	}
	return true;
}
