/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: any answer of an API server is read safely, and each emitted record can be written and
 * read back. The first byte of the input selects the resource, the second the size of the parts in
 * which the answer arrives. Then comes the body of a list and, after a NUL, the lines of a watch.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/record/json/record_json.h"
#include "core/source/kube/kube_store.h"
#include "core/source/kube/kube_watch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Writes the record as text, reads the text into a second record, and writes the second record.
 * Checks that both texts are equal. */
static void emit_record(void *data, struct record *record)
{
	struct buffer first = {0};
	struct buffer second = {0};
	struct record copy = {.kind = RECORD_NONE};
	struct record_json_error why;

	(void)data;
	if (record_json_write(&first, record, NULL) ||
	    record_json_read(first.data, first.length - 1, &copy, &why) ||
	    record_json_write(&second, &copy, NULL))
		abort();
	if (first.length != second.length || memcmp(first.data, second.data, first.length) != 0)
		abort();
	record_free(&copy);
	record_free(record);
	free(first.data);
	free(second.data);
}

/* Makes the watch's next request, and gives the answer to the watch in parts of `part` bytes. */
static void answer(struct kube_watch *watch, uint64_t *now_ms, const char *body, size_t length,
		   size_t part)
{
	const struct http_response response = {.status = 200};
	struct kube_watch_request request;
	int error = 0;

	if (*now_ms < kube_watch_due_ms(watch))
		*now_ms = kube_watch_due_ms(watch);
	if (kube_watch_begin(watch, *now_ms, &request))
		abort();
	free(request.path);
	kube_watch_began(watch);
	for (size_t at = 0; !error && at < length; at += part)
		error = kube_watch_data(watch, body + at, length - at < part ? length - at : part);
	kube_watch_end(watch, *now_ms, error, &response);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kube_store *store = NULL;
	struct kube_watch *watch = NULL;
	uint64_t now_ms = 1000;

	if (size < 2)
		return 0;
	enum kube_kind kind = data[0] % KUBE_KINDS;
	size_t part = (size_t)data[1] + 1;
	const char *text = (const char *)data + 2;
	size_t length = size - 2;
	const char *nul = length ? memchr(text, '\0', length) : NULL;
	size_t list = nul ? (size_t)(nul - text) : length;
	if (kube_store_new(emit_record, NULL, &store) || kube_watch_new(kind, NULL, store, &watch))
		abort();
	kube_store_set_available(store, KUBE_SLICES, kind == KUBE_SLICES);
	answer(watch, &now_ms, text, list, part);
	if (kube_store_flush(store))
		abort();
	if (nul)
		answer(watch, &now_ms, nul + 1, length - list - 1, part);
	/* List again: objects that the watch added and the list lacks are emitted as deleted. */
	answer(watch, &now_ms, text, list, part);
	if (kube_store_flush(store))
		abort();
	kube_watch_free(watch);
	kube_store_free(store);
	return 0;
}
