/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer: parses a filter's text. An error has a column within the text, and a refused text adds
 * no term. An accepted filter can be matched, and the parts of a text that it matches are within
 * the text. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/filter/filter.h"
#include "core/filter/filter_find.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The names that a text can use. The last one contains itself. */
static const struct filter_names *known_names(void)
{
	static char a[] = "a", a_text[] = "port:443 or cart";
	static char b[] = "b", b_text[] = "!@a or @a";
	static char c[] = "c", c_text[] = "@c";
	static struct filter_name items[] = {{a, a_text}, {b, b_text}, {c, c_text}};
	static const struct filter_names names = {items, sizeof(items) / sizeof(items[0])};

	return &names;
}

/* The parts follow each other in the text. */
static void try_find(const struct filter *filter)
{
	static const char text[] = "cart-1 443 203.0.113.9 \xc3\xa9";
	struct filter_span span;
	size_t from = 0;

	while (filter_find(filter, UINT64_MAX, text, from, &span)) {
		if (span.start < from || span.length == 0 ||
		    span.start + span.length > strlen(text))
			abort();
		from = span.start + span.length;
	}
}

/* The negation of a text passes the inputs that the text rejects. A text at a limit exceeds it when
 * it is negated. */
static void try_negation(const char *text, const struct filter_input *input, bool passes)
{
	size_t size = strlen(text) + sizeof("!()");
	char *negation = malloc(size);
	struct filter *filter = NULL;

	if (negation && text[strspn(text, " \t")] != '\0' && filter_new(&filter) == 0) {
		snprintf(negation, size, "!(%s)", text);
		if (filter_parse_with_names(filter, negation, known_names(), NULL) == 0 &&
		    filter_match(filter, input) == passes)
			abort();
	}
	filter_free(filter);
	free(negation);
}

static void try_one(struct filter *filter, int option, const char *text)
{
	static const struct flow flow = {
		.has = FLOW_HAS_DST | FLOW_HAS_DPORT | FLOW_HAS_TX,
		.tx_bytes = 5000,
		.family = 4,
		.dport = 443,
		.event = FLOW_FAILED,
		.direction = FLOW_EGRESS,
		.protocol = FLOW_TCP,
		.comm = "curl",
	};
	static const struct labels labels;
	const struct filter_input input = {
		.flow = &flow,
		.pod = "cart-1",
		.namespace_name = "shop",
		.container_id = "3f2a9c0d1e2f",
		.labels = &labels,
		.state = "failed refused",
		.latency_ns = 5000000,
		.has_latency = true,
	};
	struct filter_error error = {0};
	bool was_empty = filter_is_empty(filter);
	int status = option == 0 ? filter_parse_with_names(filter, text, known_names(), &error)
				 : filter_add(filter, (enum filter_option)option, text, &error);

	if (status == -EINVAL && (error.column < 1 || error.column > strlen(text) + 1 ||
				  error.message[0] == '\0' || filter_is_empty(filter) != was_empty))
		abort();
	bool passes = filter_match(filter, &input);
	if (filter_match_all(filter, &input, 0) !=
	    (passes ? FILTER_PASSES_ALL : FILTER_PASSES_NONE))
		abort();
	try_find(filter);
	if (option == 0 && status == 0)
		try_negation(text, &input, passes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct filter *filter = NULL;

	if (size == 0 || filter_new(&filter))
		return 0;
	char *text = malloc(size);
	if (text) {
		memcpy(text, data + 1, size - 1);
		text[size - 1] = '\0';
		try_one(filter, data[0] % (FILTER_IN_WORKLOAD + 1), text);
	}
	free(text);
	filter_free(filter);
	return 0;
}
