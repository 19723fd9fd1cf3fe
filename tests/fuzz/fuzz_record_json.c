/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: every line is read, or refused with a reason. A refused line does not change the
 * record. There are two readers: json_plain_read, and the reader with the JSON library. If the
 * first accepts a line, the second accepts it with the same result.
 *
 * A record that was read is written as one line without control bytes. Reading and writing that
 * line gives the same line. If the record is a flow or an edge, json_plain_read accepts its line.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/record/json/json_plain.h"
#include "core/record/json/record_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Aborts if the line contains a byte that a terminal would execute instead of showing it. */
static void check_line(const struct buffer *line)
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

/* Aborts if json_plain_read accepts the line, but the JSON library reads a different record from
 * it. json_plain_read refuses a line that begins with a space, so record_json_read then uses the
 * library. */
static void compare_readers(const char *line, size_t size)
{
	struct buffer first = {0};
	struct buffer second = {0};
	struct record_json_error error;
	struct record plain;
	struct record other;
	char *spaced = malloc(size + 1);

	if (spaced && json_plain_read(line, size, &plain)) {
		*spaced = ' ';
		memcpy(spaced + 1, line, size);
		if (record_json_read(spaced, size + 1, &other, &error) ||
		    record_json_write(&first, &plain, NULL) ||
		    record_json_write(&second, &other, NULL) ||
		    strcmp(first.data, second.data) != 0)
			abort();
		record_free(&plain);
		record_free(&other);
	}
	free(first.data);
	free(second.data);
	free(spaced);
}

/* Aborts if json_plain_read refuses the line of a written flow or edge. */
static void check_plain_form(const struct buffer *line)
{
	struct record record;

	/* json_plain_read refuses lines above 16 KiB. */
	if (line->length > 16384 || (!strstr(line->data, "\"kind\":\"flow\",\"event\"") &&
				     !strstr(line->data, "\"kind\":\"edge\",\"from\"")))
		return;
	if (!json_plain_read(line->data, line->length - 1, &record))
		abort();
	record_free(&record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer first = {0};
	struct buffer second = {0};
	struct record_json_error error = {0};
	struct record record = {.kind = 200};

	compare_readers((const char *)data, size);
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
	check_plain_form(&first);
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
