/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: a YAML text is read, or refused with the line of the error. The trees have the limits
 * of yaml.h. After a refused document, yaml_reader_skip moves on, so that reading ends.
 *
 * The text is also read as a theme and as JSON objects in a row.
 */
#include <errno.h>

#include "core/base/yaml.h"
#include "core/base/yaml_json.h"
#include "tests/fuzz/fuzz.h"
#include "tui/dashboard/screen/scheme.h"

/* The lines of a text, and the largest line that an error can have. */
static size_t count_lines(const uint8_t *data, size_t size)
{
	size_t lines = 2;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n' || data[i] == '\r' || data[i] >= 0x80;
	return lines;
}

/* Checks a node and its children. `budget` bounds the work: aliases make a tree larger than its
 * text. Returns the rest of the budget. */
static size_t check_node(const struct yaml_node *node, size_t lines, size_t budget)
{
	must(node->kind == YAML_SCALAR || node->kind == YAML_LIST || node->kind == YAML_MAPPING);
	must(node->height >= 1 && node->height <= YAML_DEPTH_MAX);
	must(node->line >= 1 && node->line <= lines && node->expanded >= 1);
	if (node->kind == YAML_SCALAR) {
		must(node->text && node->text[node->count] == '\0' && node->height == 1);
		return budget - 1;
	}
	size_t children = node->kind == YAML_MAPPING ? 2 * node->count : node->count;
	must(!node->text);
	for (size_t i = 0; i < children && budget > 1; i++) {
		must(node->items[i]->height < node->height);
		budget = check_node(node->items[i], lines, budget - 1);
	}
	return budget > 0 ? budget - 1 : 0;
}

static void check_error(const struct yaml_error *error, size_t lines)
{
	must(error->line <= lines && error->message[0] != '\0' &&
	     fuzz_is_printable(error->message));
}

static void check_documents(const char *text, size_t size, size_t lines)
{
	struct yaml_reader *reader = NULL;
	const struct yaml_node *root = NULL;
	bool more = true;

	must(yaml_reader_new(text, size, &reader) == 0);
	for (size_t documents = 0; more; documents++) {
		struct yaml_error error = {0};
		int result = yaml_reader_next(reader, &root, &error);
		must(result == 0 || result == -EBADMSG);
		must(documents <= size + 1);
		if (result == -EBADMSG) {
			must(!root);
			check_error(&error, lines);
			more = yaml_reader_skip(reader);
		} else if (root) {
			check_node(root, lines, 20000);
		} else {
			more = false;
		}
	}
	yaml_reader_free(reader);
}

static void check_json(const char *text, size_t size)
{
	size_t length = yaml_json_length(text, size);
	char *joined = malloc(length + 1);

	must(length <= size && joined);
	must(length == 0 || yaml_json_join_surrogates(text, length, joined) <= length);
	free(joined);
}

static void check_theme(const char *text, size_t size, size_t lines)
{
	struct yaml_error error = {0};
	struct scheme scheme = {.adjusted = 77};
	int result = scheme_read(text, size, &scheme, &error);

	must(result == 0 || (result == -EBADMSG && scheme.adjusted == 77));
	if (result == -EBADMSG) {
		check_error(&error, lines);
		return;
	}
	must(scheme.background <= 0xffffff && scheme.selection <= 0xffffff &&
	     scheme.adjusted <= ROLE_COUNT);
	for (size_t i = 0; i < ROLE_COUNT; i++)
		must(scheme.colours[i] <= 0xffffff && scheme.selected[i] <= 0xffffff);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* An exact copy, so that the address sanitizer finds a read beyond the end. */
	char *text = size > 0 ? malloc(size) : NULL;
	size_t lines = count_lines(data, size);

	must(size == 0 || text);
	if (size > 0)
		memcpy(text, data, size);
	check_documents(text ? text : "", size, lines);
	check_json(text ? text : "", size);
	check_theme(text ? text : "", size, lines);
	free(text);
	return 0;
}
