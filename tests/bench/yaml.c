/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures whether the YAML reader takes time linear in the length of hostile texts: nested, wide,
 * with aliases and merges, or full of documents with errors. A text is a few bytes, repeated. Each
 * is read with TEXT_SIZE bytes, and with a quarter of them.
 *
 * Prints a JSON array: TEXT_SIZE; the repeated bytes of the text that takes longest, its time in
 * milliseconds, and the ratio of this time to that of an ordinary list of the same size; the
 * repeated bytes of the text whose time grows most, and the ratio of its time to that of its
 * quarter (4 is linear).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/array.h"
#include "core/base/buffer.h"
#include "core/base/cleanup.h"
#include "core/base/yaml.h"

#define TEXT_SIZE 400000u
#define ROUNDS    5

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void fail(const char *message)
{
	fprintf(stderr, "yaml: %s\n", message);
	exit(1);
}

static void read_all(const struct buffer *text)
{
	struct yaml_reader *reader = NULL;
	const struct yaml_node *root = NULL;
	struct yaml_error error;

	if (yaml_reader_new(text->data, text->length, &reader))
		fail("no memory");
	for (;;) {
		int result = yaml_reader_next(reader, &root, &error);
		if (!root && (!result || !yaml_reader_skip(reader)))
			break;
	}
	yaml_reader_free(reader);
}

/* Returns the shortest time in seconds of ROUNDS readings of `bytes`, repeated up to `size`. */
static double time_reading(const char *bytes, size_t size)
{
	CLEANUP_BUFFER struct buffer text = {0};
	double least = 0;

	while (text.length + strlen(bytes) <= size)
		buffer_append_text(&text, bytes);
	if (text.error)
		fail("no memory");
	for (int round = 0; round < ROUNDS; round++) {
		double start = seconds_now();
		read_all(&text);
		double taken = seconds_now() - start;
		if (!round || taken < least)
			least = taken;
	}
	return least;
}

int main(void)
{
	/* `json` is `bytes` as a JSON string. */
	static const struct {
		const char *bytes;
		const char *json;
	} texts[] = {
		{"[", "\"[\""},
		{"{", "\"{\""},
		{"{a: ", "\"{a: \""},
		{"- ", "\"- \""},
		{"[\n", "\"[\\n\""},
		{"? ", "\"? \""},
		{"[[],", "\"[[],\""},
		{"{\"a\":", "\"{\\\"a\\\":\""},
		{"{}", "\"{}\""},
		{"&a [*a,", "\"&a [*a,\""},
		{"<<: {a: 1}\n", "\"<<: {a: 1}\\n\""},
		{"- {<<: &a {a: *a}}\n", "\"- {<<: &a {a: *a}}\\n\""},
		{"---\n[\n", "\"---\\n[\\n\""},
		{"--- {{\n", "\"--- {{\\n\""},
		{"\"\\ud83d", "\"\\\"\\\\ud83d\""},
	};
	double list = time_reading("- a: 1\n", TEXT_SIZE);
	const char *slowest = "";
	const char *steepest = "";
	double longest = 0;
	double growth = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		double whole = time_reading(texts[i].bytes, TEXT_SIZE);
		double ratio = whole / time_reading(texts[i].bytes, TEXT_SIZE / 4);
		if (whole > longest) {
			longest = whole;
			slowest = texts[i].json;
		}
		/* Times below a millisecond are too short for an accurate ratio. */
		if (whole > 0.001 && ratio > growth) {
			growth = ratio;
			steepest = texts[i].json;
		}
	}
	printf("[%u, %s, %.1f, %.2f, %s, %.2f]\n", TEXT_SIZE, slowest, longest * 1000,
	       longest / list, steepest, growth);
	return 0;
}
