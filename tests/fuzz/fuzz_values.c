/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: the forms of single values. A value that was parsed is formatted, and parsing that
 * text gives the same value. A refused text leaves the output as it was.
 *
 * Each input is parsed as an address, a block, a time, a duration, base64 and a label selector.
 */
#include <errno.h>
#include <stdio.h>

#include "core/base/base64.h"
#include "core/base/timestamp.h"
#include "core/filter/selector.h"
#include "core/record/address.h"
#include "tests/fuzz/fuzz.h"
#include "tui/options/duration.h"

#define UNTOUCHED        77
#define SECONDS_PER_YEAR (366ull * 24 * 3600)

static void check_address(const char *text)
{
	struct flow_address address = {{UNTOUCHED}};
	struct flow_address again = {{0}};
	uint8_t family = UNTOUCHED;
	uint8_t family_again = 0;
	char formatted[ADDRESS_TEXT_SIZE];

	if (address_parse(text, &family, &address)) {
		must(family == UNTOUCHED && address.bytes[0] == UNTOUCHED);
		return;
	}
	size_t length = address_format(family, &address, formatted);
	must(length == strlen(formatted) && length < sizeof(formatted));
	must(address_parse(formatted, &family_again, &again) == 0 && family == family_again &&
	     address_equal(&address, &again));
}

static void check_block(const char *text)
{
	struct flow_address address;
	struct flow_address again;
	uint8_t family;
	uint8_t family_again;
	unsigned int prefix;
	unsigned int prefix_again;
	char formatted[ADDRESS_BLOCK_SIZE];

	if (address_parse_block(text, &family, &address, &prefix))
		return;
	must(prefix <= address_bits(family));
	address_format_block(family, &address, (uint8_t)prefix, formatted);
	must(address_parse_block(formatted, &family_again, &again, &prefix_again) == 0);
	must(family == family_again && prefix == prefix_again && address_equal(&address, &again));
	address_mask(&address, prefix);
	address_mask(&again, prefix);
	must(address_equal(&address, &again));
}

static void check_time(const uint8_t *data, size_t size)
{
	uint64_t ns = UNTOUCHED;
	uint64_t again = 0;
	char *text = fuzz_text(data, size);
	char formatted[TIMESTAMP_TEXT_SIZE];

	if (timestamp_parse(text, size, &ns) == 0) {
		size_t length = timestamp_format(ns, formatted);
		must(length == 30 && timestamp_parse(formatted, length, &again) == 0 &&
		     ns == again);
	} else {
		must(ns == UNTOUCHED);
	}
	free(text);
}

static void check_duration(const char *text)
{
	uint64_t ns = UNTOUCHED;

	if (duration_parse(text, &ns) == 0)
		must(ns > 0 && ns <= 100 * SECONDS_PER_YEAR * NS_PER_SECOND);
	else
		must(ns == UNTOUCHED);
}

/* Decoding and encoding gives the text without its line ends. */
static void check_base64(const char *text)
{
	char *bytes = NULL;
	size_t length = 0;
	size_t position = 0;
	int error = base64_decode(text, &bytes, &length, &position);

	must(error == 0 || (error == -EINVAL && position <= strlen(text) && !bytes));
	if (error)
		return;
	must(length <= strlen(text) && bytes[length] == '\0');
	char *encoded = base64_encode(bytes, length);
	must(encoded != NULL);
	const char *at = encoded;
	for (; *text; text++) {
		if (*text != '\n' && *text != '\r')
			must(*at++ == *text);
	}
	must(*at == '\0');
	free(encoded);
	free(bytes);
}

static bool matches(const struct selector *selector, const char *key, const char *value)
{
	struct label label = {.key = strdup(key), .value = strdup(value)};
	const struct labels labels = {.items = &label, .count = 1};
	bool result = selector_match(selector, &labels);

	free(label.key);
	free(label.value);
	return result;
}

/* A selector that is written twice selects the same labels. */
static void check_selector(const char *text)
{
	static const char *const values[] = {"web", "", "a"};
	struct selector *selector = NULL;
	struct selector *twice = NULL;
	const char *message = NULL;
	size_t column = 0;
	size_t length = strlen(text);
	int error = selector_parse(text, &selector, &column, &message);

	must(error == 0 || (error == -EINVAL && !selector && column >= 1 && column <= length + 1 &&
			    message && message[0] != '\0'));
	char *doubled = malloc(2 * length + 2);
	if (error || !doubled || text[strspn(text, " \t")] == '\0')
		goto done;
	snprintf(doubled, 2 * length + 2, "%s,%s", text, text);
	must(selector_parse(doubled, &twice, &column, &message) == 0);
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		must(matches(selector, "app", values[i]) == matches(twice, "app", values[i]));
done:
	free(doubled);
	selector_free(selector);
	selector_free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	check_address(text);
	check_block(text);
	check_time(data, size);
	check_duration(text);
	check_base64(text);
	check_selector(text);
	free(text);
	return 0;
}
