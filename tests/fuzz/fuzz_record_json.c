/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: whatever a line holds, it is read or refused with a reason, and a refused one leaves
 * the record alone. What was read is written as one safe line, which is read again, and from then
 * on nothing changes any more.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/record/json/record_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Aborts where a terminal would obey a byte of the line instead of showing it. */
static void check_line(const struct record_json_buffer *line)
{
	if (strlen(line->data) != line->length || line->data[line->length - 1] != '\n')
		abort();
	for (size_t i = 0; i + 1 < line->length; i++) {
		unsigned char byte = (unsigned char)line->data[i];
		unsigned char next = (unsigned char)line->data[i + 1];
		if (byte < 0x20 || byte == 0x7f || (byte == 0xc2 && next < 0xa0))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record_json_buffer first = {0};
	struct record_json_buffer second = {0};
	struct record_json_error error = {0};
	struct record record = {.kind = 200};
	int result = record_json_read((const char *)data, size, &record, &error);

	if (result) {
		if (record.kind != 200 || error.message[0] == '\0' || error.column > size + 1)
			abort();
		if (result != -EBADMSG && result != -ENOMSG && result != -EPROTO)
			abort();
		return 0;
	}
	if (record_json_write(&first, &record, NULL))
		abort();
	record_free(&record);
	check_line(&first);
	if (record_json_read(first.data, first.length - 1, &record, &error) ||
	    record_json_write(&second, &record, NULL))
		abort();
	record_free(&record);
	if (first.length != second.length || memcmp(first.data, second.data, first.length) != 0)
		abort();
	free(first.data);
	free(second.data);
	return 0;
}
