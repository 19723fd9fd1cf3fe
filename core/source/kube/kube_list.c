/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/kube/kube_list.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

/* The page size of kubectl. */
#define PAGE_SIZE 500
/* The number of expired lists in a row after which everything is requested in one page. */
#define EXPIRED_MAX 2u

void kube_list_escape(struct buffer *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c < 0x80 && (isalnum(c) || strchr("-._~", c)))
			buffer_append_char(out, (char)c);
		else
			buffer_printf(out, "%%%02X", c);
	}
}

char *kube_list_path(const struct kube_list *list)
{
	struct buffer path = {0};
	char *out = NULL;

	buffer_append_text(&path, list->path);
	if (list->expired < EXPIRED_MAX)
		buffer_printf(&path, "&limit=%d", PAGE_SIZE);
	if (list->selector)
		buffer_printf(&path, "&%s", list->selector);
	if (list->next_page) {
		buffer_append_text(&path, "&continue=");
		kube_list_escape(&path, list->next_page);
	}
	if (buffer_steal(&path, &out, NULL))
		return NULL;
	if (strchr(out, '&'))
		*strchr(out, '&') = '?';
	return out;
}

int kube_list_end_page(struct kube_list *list, struct kube_reader *reader, char **version)
{
	json_t *envelope = NULL;
	int error = kube_reader_end_list(reader, list->kind, &envelope);

	if (error)
		return error;
	const json_t *metadata = json_object_get(envelope, "metadata");
	const char *page = json_string_value(json_object_get(metadata, "continue"));
	const char *listed = json_string_value(json_object_get(metadata, "resourceVersion"));
	bool is_last = !page || page[0] == '\0';
	if (!is_last)
		error = text_copy(page, &list->next_page);
	else if (version && (!listed || listed[0] == '\0'))
		error = -EBADMSG;
	else if (version)
		error = text_copy(listed, version);
	json_decref(envelope);
	if (error)
		return error;
	if (is_last) {
		kube_list_restart(list);
		list->expired = 0;
	}
	return is_last ? 0 : 1;
}

void kube_list_expire(struct kube_list *list)
{
	list->expired += list->next_page ? 1 : 0;
	kube_list_restart(list);
}

void kube_list_restart(struct kube_list *list)
{
	free(list->next_page);
	list->next_page = NULL;
}
