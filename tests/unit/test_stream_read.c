/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a whole recording at once: records, errors with their places, and the kind of a file. */
#define _GNU_SOURCE /* pipe2 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "core/source/stream/stream_read.h"

#define NODE "{\"v\":1,\"kind\":\"node\",\"name\":\"n1\"}\n"

static char path[] = "/tmp/polecat-read-XXXXXX";

static int set_up(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

static void write_file(const void *text, size_t length)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

static void count_node(void *data, struct record *record)
{
	assert_int_equal(record->kind, RECORD_NODE);
	++*(size_t *)data;
	/* The reader frees the body, unless it was taken. */
	if (*(size_t *)data == 1)
		record_free(record);
}

static void test_files(void **state)
{
	static const struct {
		const char *text;
		int result;
		size_t nodes;
		const char *message;
	} cases[] = {
		{NODE NODE, 0, 2, ""},
		{NODE "\n{\"v\":1,\"kind\":\"of tomorrow\"}\n" NODE, 0, 2, ""},
		{NODE "{\"v\":1,\"kind\":\"node\",\"na", -ENODATA, 1, "in the middle of line 2"},
		{NODE "nonsense\n" NODE, -EBADMSG, 1, "line 2, column 8"},
		{"{\"v\":1,\"kind\":\"no", -EBADMSG, 0, "line 1"},
		{"", -EBADMSG, 0, "it is empty"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char message[STREAM_READ_MESSAGE_SIZE];
		size_t nodes = 0;
		write_file(cases[i].text, strlen(cases[i].text));
		int result = stream_read_file(path, count_node, &nodes, message);
		if (result != cases[i].result || nodes != cases[i].nodes ||
		    !strstr(message, cases[i].message))
			fail_msg("case %zu: %d, %zu nodes, %s", i, result, nodes, message);
	}
	char message[STREAM_READ_MESSAGE_SIZE];
	assert_int_equal(stream_read_file("/dev/null/x", count_node, NULL, message), -ENOTDIR);
	assert_string_equal(message, "Not a directory");
}

static void test_gzip(void **state)
{
	unsigned char bytes[512];
	char message[STREAM_READ_MESSAGE_SIZE];
	size_t nodes = 0;

	(void)state;
	gzFile file = gzopen(path, "wb");
	assert_non_null(file);
	/* Lines that differ, so that a cut leaves some of them whole. */
	for (unsigned int i = 0; i < 100; i++)
		gzprintf(file, "{\"v\":1,\"kind\":\"node\",\"name\":\"n%u\"}\n", i * i * 7919);
	assert_int_equal(gzclose(file), Z_OK);
	assert_int_equal(stream_read_file(path, count_node, &nodes, message), 0);
	assert_int_equal(nodes, 100);
	assert_true(stream_is_recording(path));

	FILE *read = fopen(path, "r");
	assert_non_null(read);
	size_t length = fread(bytes, 1, sizeof(bytes), read);
	fclose(read);
	write_file(bytes, length - 20);
	nodes = 0;
	assert_int_equal(stream_read_file(path, count_node, &nodes, message), -ENODATA);
	assert_true(nodes > 0 && nodes < 100);
	assert_non_null(strstr(message, "cut or damaged"));
}

static void test_kinds(void **state)
{
	static const struct {
		const char *text;
		bool is_recording;
	} cases[] = {
		{NODE, true},
		{"\n  { \"v\" : 1, \"kind\": \"node\"}", true},
		{"{\"apiVersion\":\"networking.k8s.io/v1\"}", false},
		{"{\"version\":1}", false},
		{"v: 1\n", false},
		{"", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_file(cases[i].text, strlen(cases[i].text));
		assert_int_equal(stream_is_recording(path), cases[i].is_recording);
	}
	assert_false(stream_is_recording("/tmp"));
	assert_false(stream_is_recording("/dev/null/x"));

	/* The bytes of a pipe stay in it. */
	int ends[2];
	char text[128];
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], NODE, strlen(NODE)), strlen(NODE));
	snprintf(text, sizeof(text), "/dev/fd/%d", ends[0]);
	assert_false(stream_is_recording(text));
	assert_int_equal(read(ends[0], text, sizeof(text)), strlen(NODE));
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_gzip),
		cmocka_unit_test(test_kinds),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
