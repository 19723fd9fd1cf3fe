/* SPDX-License-Identifier: Apache-2.0 */
/* Helpers of the fuzzers. A fuzzer is one source file, so the functions are inline. */
#ifndef POLECAT_TESTS_FUZZ_FUZZ_H
#define POLECAT_TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/record/json/record_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Called once, if the fuzzer has it. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Aborts, and prints the property, if it does not hold. */
#define must(property) fuzz_must(property, __FILE__, __LINE__, #property)

static inline void fuzz_must(bool holds, const char *file, int line, const char *property)
{
	if (holds)
		return;
	fprintf(stderr, "%s:%d: this does not hold: %s\n", file, line, property);
	abort();
}

/* Returns the bytes as a text that ends with a NUL. The text is in a block of its own, so that the
 * address sanitizer finds a read beyond the NUL. The caller frees it. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	must(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

/* Returns true for a text of one line that a terminal shows as it is: valid UTF-8 without control
 * characters and characters that change the direction of text. */
static inline bool fuzz_is_printable(const char *text)
{
	uint32_t code = 0;

	while (*text) {
		size_t length = text_decode(text, &code);
		if (length == 0 || !text_is_shown(code))
			return false;
		text += length;
	}
	return true;
}

/* Writes the record as text, reads the text into a second record, and writes the second record.
 * Aborts if the texts differ. */
static inline void fuzz_record_round_trip(const struct record *record)
{
	struct buffer first = {0};
	struct buffer second = {0};
	struct record copy = {.kind = RECORD_NONE};
	struct record_json_error why;

	must(record_json_write(&first, record, NULL) == 0 &&
	     record_json_read(first.data, first.length - 1, &copy, &why) == 0 &&
	     record_json_write(&second, &copy, NULL) == 0);
	must(first.length == second.length && memcmp(first.data, second.data, first.length) == 0);
	record_free(&copy);
	buffer_free(&first);
	buffer_free(&second);
}

#endif
