/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: escaped text is printable and fits, text that a terminal shows as it is stays, and a
 * shortened text fits its columns and is valid UTF-8 if the text is.
 *
 * The input is one byte for the size of the output, one for the number of columns, and the text.
 */
#include <locale.h>
#include <stdio.h>

#include "core/base/suggest.h"
#include "tests/fuzz/fuzz.h"

#define OUTPUT_MAX 256

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	must(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
	return 0;
}

/* Each decoded character encodes to the same bytes. */
static void check_characters(const char *text)
{
	char bytes[4];
	uint32_t code = 0;

	while (*text) {
		size_t length = text_decode(text, &code);
		if (length > 0)
			must(text_encode(code, bytes) == length &&
			     memcmp(bytes, text, length) == 0);
		text += length > 0 ? length : 1;
	}
}

static void check_escape(const char *text, size_t size)
{
	char *whole = malloc(4 * strlen(text) + 1);
	char *part = malloc(size);
	char *again = malloc(size);

	must(whole && part && again);
	size_t length = text_escape(text, whole, 4 * strlen(text) + 1);
	must(length == strlen(whole) && fuzz_is_printable(whole));
	must(!fuzz_is_printable(text) || strcmp(whole, text) == 0);

	/* A short output has the start of the whole output, and cannot be cut within a character or
	 * an escaped byte. */
	length = text_escape(text, part, size);
	must(length < size && length == strlen(part) && fuzz_is_printable(part));
	must(strncmp(whole, part, length) == 0);
	must(whole[length] == '\0' || size - length <= 16);
	must(text_escape(part, again, size) == length && strcmp(part, again) == 0);

	length = text_escape_ascii(text, part, size);
	must(length < size && length == strlen(part));
	for (size_t i = 0; i < length; i++)
		must(part[i] >= ' ' && part[i] <= '~');
	free(whole);
	free(part);
	free(again);
}

static void check_shortening(const char *text, size_t size, size_t columns)
{
	static const char *const ellipses[] = {"…", "~"};
	char *out = malloc(size);

	must(out != NULL);
	for (size_t i = 0; i < sizeof(ellipses) / sizeof(*ellipses); i++) {
		size_t used = text_shorten_middle(text, columns, ellipses[i], out, size);
		must(used <= columns && strlen(out) < size && text_width(out) == used);
		must(!text_is_utf8(text) || text_is_utf8(out));
		if (text_width(text) <= columns && strlen(text) < size)
			must(strcmp(out, text) == 0);
		must(strstr(out, ellipses[i]) || strncmp(out, text, strlen(out)) == 0);
	}
	free(out);
}

static const char *name_at(size_t index, const void *context)
{
	static const char *const names[] = {"policy", "trace", "kubeconfig", "max-connections"};

	(void)context;
	return names[index];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	size_t output = (size_t)data[0] % OUTPUT_MAX + 1;
	char *text = fuzz_text(data + 2, size - 2);

	check_characters(text);
	must(text_width(text) <= 2 * strlen(text));
	check_escape(text, output);
	check_shortening(text, output, data[1]);
	must(!suggest(text, 4, name_at, NULL) || text[0] != '\0');
	free(text);
	return 0;
}
