/* SPDX-License-Identifier: Apache-2.0 */
/* Compares the YAML of the printer with the YAML of libyaml. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <yaml.h>

#include "core/base/cleanup.h"
#include "core/policy/draft/printer.h"

#define TREES     2000
#define DEPTH_MAX 5

/* Writes each tree twice: with the printer, and with libyaml into `expected`. */
struct writers {
	struct printer printer;
	yaml_emitter_t emitter;
	struct buffer expected;
	uint64_t random;
};

static int write_expected(void *data, unsigned char *bytes, size_t size)
{
	return buffer_append(data, bytes, size) == 0;
}

static uint32_t next(struct writers *writers, uint32_t below)
{
	writers->random = writers->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(writers->random >> 33) % below;
}

static void emit(struct writers *writers, yaml_event_t *event, int made)
{
	assert_true(made);
	assert_true(yaml_emitter_emit(&writers->emitter, event));
}

static void start_document(struct writers *writers)
{
	yaml_event_t event;

	assert_true(yaml_emitter_initialize(&writers->emitter));
	yaml_emitter_set_output(&writers->emitter, write_expected, &writers->expected);
	yaml_emitter_set_unicode(&writers->emitter, 0);
	yaml_emitter_set_indent(&writers->emitter, 2);
	yaml_emitter_set_width(&writers->emitter, -1);
	emit(writers, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
	emit(writers, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
}

static void end_document(struct writers *writers)
{
	yaml_event_t event;

	emit(writers, &event, yaml_document_end_event_initialize(&event, 1));
	emit(writers, &event, yaml_stream_end_event_initialize(&event));
	yaml_emitter_delete(&writers->emitter);
	printer_document_end(&writers->printer);
}

static void emit_scalar(struct writers *writers, const char *text, yaml_scalar_style_t style)
{
	yaml_event_t event;

	emit(writers, &event,
	     yaml_scalar_event_initialize(&event, NULL, NULL, (yaml_char_t *)(uintptr_t)text,
					  (int)strlen(text), 1, 1, style));
}

/* Writes a text with the printer and with libyaml. libyaml uses the style that its caller requests,
 * so `quoted` says whether the printer has to quote the text. */
static void write_text(struct writers *writers, const char *text, bool quoted)
{
	printer_text(&writers->printer, text);
	emit_scalar(writers, text,
		    quoted ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE);
}

/* Writes a random text. Most texts look like names. Some are longer than a simple key, which has at
 * most 128 bytes in libyaml. */
static void write_random_text(struct writers *writers)
{
	static const struct {
		const char *text;
		bool quoted;
	} texts[] = {
		{"app", false},
		{"app.kubernetes.io/name", false},
		{"10.0.0.1/32", false},
		{"2001:db8::1/128", false},
		{"80", true},
		{"1e3", true},
		{"No", true},
		{"-a", true},
		{"a:", true},
		{"", true},
		{"*", true},
		{"quote \" and \\", true},
		{"two words", true},
		{"m\xc3\xbcller \xe2\x82\xac \xf0\x9f\x98\x80", true},
	};
	char text[140];
	uint32_t choice = next(writers, sizeof(texts) / sizeof(texts[0]) + 2);

	if (choice < sizeof(texts) / sizeof(texts[0])) {
		/* In half of the cases, write the non-ASCII text without U+00FC, its only character
		 * that YAML can escape with two digits (\xfc). */
		if (choice != sizeof(texts) / sizeof(texts[0]) - 1 || next(writers, 2) == 0)
			write_text(writers, texts[choice].text, texts[choice].quoted);
		else
			write_text(writers, "\xe2\x82\xac \xf0\x9f\x98\x80", true);
		return;
	}
	size_t length = 126 + next(writers, 6);
	memset(text, 'k', length);
	text[length] = '\0';
	write_text(writers, text, false);
}

static void write_map(struct writers *writers, const char *key, unsigned int depth);

static void write_list(struct writers *writers, const char *key, unsigned int depth)
{
	yaml_event_t event;

	emit_scalar(writers, key, YAML_PLAIN_SCALAR_STYLE);
	emit(writers, &event,
	     yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
						  YAML_BLOCK_SEQUENCE_STYLE));
	printer_list(&writers->printer, key);
	for (uint32_t count = next(writers, 4); count > 0; count--) {
		if (next(writers, 2) == 0 || depth == DEPTH_MAX)
			write_random_text(writers);
		else
			write_map(writers, NULL, depth + 1);
	}
	emit(writers, &event, yaml_sequence_end_event_initialize(&event));
	printer_close(&writers->printer);
}

static void write_map(struct writers *writers, const char *key, unsigned int depth)
{
	yaml_event_t event;

	if (key)
		emit_scalar(writers, key, YAML_PLAIN_SCALAR_STYLE);
	emit(writers, &event,
	     yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE));
	printer_map(&writers->printer, key);
	for (uint32_t count = next(writers, 4); count > 0; count--) {
		uint32_t kind = depth == DEPTH_MAX ? 0 : next(writers, 3);
		if (kind == 1) {
			write_map(writers, "map", depth + 1);
		} else if (kind == 2) {
			write_list(writers, "list", depth + 1);
		} else {
			write_random_text(writers);
			write_random_text(writers);
		}
	}
	emit(writers, &event, yaml_mapping_end_event_initialize(&event));
	printer_close(&writers->printer);
}

static size_t count_lines(const char *text)
{
	size_t lines = 0;

	for (const char *at = text; (at = strchr(at, '\n')); at++)
		lines++;
	return lines;
}

static void test_same_as_libyaml(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= TREES; seed++) {
		struct writers writers = {.random = seed};
		CLEANUP_FREE char *text = NULL;
		start_document(&writers);
		write_map(&writers, NULL, 0);
		end_document(&writers);
		size_t lines = printer_line(&writers.printer);
		assert_int_equal(printer_finish(&writers.printer, &text, NULL), 0);
		assert_string_equal(text, writers.expected.data);
		assert_int_equal(lines, count_lines(text));
		buffer_free(&writers.expected);
	}
}

static void test_comments(void **state)
{
	struct printer printer = {0};
	CLEANUP_FREE char *text = NULL;
	size_t length;

	(void)state;
	printer_comment_line(&printer, "first, %d", 1);
	printer_map(&printer, NULL);
	printer_list(&printer, "blocks");
	printer_map(&printer, NULL);
	printer_text_pair(&printer, "cidr", "10.0.0.0/8");
	printer_comment(&printer, "seen");
	printer_close(&printer);
	printer_text(&printer, "item");
	printer_comment(&printer, NULL);
	printer_close(&printer);
	assert_int_equal(printer_line(&printer), 3);
	printer_map(&printer, "empty");
	printer_close(&printer);
	printer_comment(&printer, "nothing");
	printer_close(&printer);
	printer_document_end(&printer);
	printer_separator(&printer);
	assert_int_equal(printer_finish(&printer, &text, &length), 0);
	assert_string_equal(text, "# first, 1\n"
				  "blocks:\n"
				  "- cidr: 10.0.0.0/8 # seen\n"
				  "- item\n"
				  "empty: {} # nothing\n"
				  "---\n");
	assert_int_equal(length, strlen(text));
}

/* The printer writes control characters as numeric escapes, and bytes that are not UTF-8 as the
 * escape of U+FFFD. */
static void test_quotes(void **state)
{
	struct printer printer = {0};
	CLEANUP_FREE char *text = NULL;

	(void)state;
	printer_map(&printer, NULL);
	printer_text(&printer, "key\n");
	printer_text(&printer, "\xff\t\xc2\x85\xef\xbb\xbf");
	printer_close(&printer);
	assert_int_equal(printer_finish(&printer, &text, NULL), 0);
	assert_string_equal(text, "\"key\\x0A\": \"\\uFFFD\\x09\\x85\\uFEFF\"");
}

static void test_too_deep(void **state)
{
	struct printer printer = {0};
	char *text = NULL;

	(void)state;
	printer_map(&printer, NULL);
	for (size_t i = 0; i < PRINTER_DEPTH_MAX; i++)
		printer_map(&printer, "key");
	printer_plain_pair(&printer, "key", "value");
	for (size_t i = 0; i <= PRINTER_DEPTH_MAX; i++)
		printer_close(&printer);
	assert_int_equal(printer_finish(&printer, &text, NULL), -EOVERFLOW);
	assert_null(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_as_libyaml),
		cmocka_unit_test(test_comments),
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_too_deep),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
