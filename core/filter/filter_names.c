/* SPDX-License-Identifier: Apache-2.0 */
#include "core/filter/filter_names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"

static void filter_names_free(struct filter_name *item)
{
	free(item->name);
	free(item->text);
}

void filter_names_clear(struct filter_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		filter_names_free(&names->items[i]);
	free(names->items);
	*names = (struct filter_names){0};
}

size_t filter_names_length(const char *text)
{
	size_t length =
		strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			     "-_");

	return length <= FILTER_NAME_MAX ? length : 0;
}

bool filter_names_is_name(const char *text)
{
	size_t length = filter_names_length(text);

	return length > 0 && text[length] == '\0';
}

/* Returns the place of a name, or where to add it. */
static size_t filter_names_place(const struct filter_names *names, const char *name, size_t length,
				 bool *found)
{
	size_t at = 0;
	int order = 1;

	for (; names && at < names->count; at++) {
		const char *known = names->items[at].name;

		order = strncmp(known, name, length);
		order = order == 0 && known[length] != '\0' ? 1 : order;
		if (order >= 0)
			break;
	}
	*found = order == 0;
	return at;
}

const char *filter_names_find(const struct filter_names *names, const char *name, size_t length)
{
	bool found = false;
	size_t at = filter_names_place(names, name, length, &found);

	return found ? names->items[at].text : NULL;
}

int filter_names_set(struct filter_names *names, const char *name, const char *text)
{
	struct filter_name added = {strdup(name), strdup(text)};
	bool found = false;
	size_t at = filter_names_place(names, name, strlen(name), &found);
	int status = added.name && added.text ? 0 : -ENOMEM;

	if (!status && !found && names->count >= FILTER_NAMES_MAX)
		status = -ENOSPC;
	if (!status && !found && !ARRAY_EXTEND(names->items, names->count))
		status = -ENOMEM;
	if (status) {
		filter_names_free(&added);
		return status;
	}
	if (found)
		filter_names_free(&names->items[at]);
	else
		memmove(&names->items[at + 1], &names->items[at],
			(names->count - 1 - at) * sizeof(*names->items));
	names->items[at] = added;
	return 0;
}

bool filter_names_remove(struct filter_names *names, const char *name)
{
	bool found = false;
	size_t at = filter_names_place(names, name, strlen(name), &found);

	if (!found)
		return false;
	filter_names_free(&names->items[at]);
	ARRAY_REMOVE(names->items, names->count, at);
	return true;
}

int filter_names_copy(const struct filter_names *names, struct filter_names *out)
{
	*out = (struct filter_names){0};
	for (size_t i = 0; i < names->count; i++) {
		int status = filter_names_set(out, names->items[i].name, names->items[i].text);

		if (status) {
			filter_names_clear(out);
			return status;
		}
	}
	return 0;
}
