/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "core/source/stream/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "core/record/json/record_json.h"
#include "core/source/stream/stream_reader.h"

/* The time limit of each wait, long enough for a busy machine. */
#define PATIENCE_MS 60000

#define NODE(name) "{\"v\":1,\"kind\":\"node\",\"name\":\"" name "\"}\n"

/* Carries the sources of commands and pipes. */
static struct source *reader;

/* Replaces the reader, whose queue may have records of a source that was freed. */
static struct source *fresh_reader(void)
{
	source_free(reader);
	reader = NULL;
	assert_int_equal(stream_reader_start(&reader), 0);
	return reader;
}

static char path[] = "/tmp/polecat-stream-XXXXXX";

/* The records of a source, up to its end. */
struct outcome {
	size_t nodes;
	uint64_t lost;
	char last_name[64];
	struct source_health health;
};

static void take(struct source *source, struct outcome *outcome)
{
	struct record record;

	while (spsc_pop(source_queue(source), &record, 1) == 1) {
		if (record.kind == RECORD_NODE) {
			outcome->nodes++;
			snprintf(outcome->last_name, sizeof(outcome->last_name), "%.63s",
				 record.node->name);
		} else if (record.kind == RECORD_LOST) {
			assert_int_equal(record.lost.where, LOST_STREAM);
			outcome->lost += record.lost.count;
		}
		record_free(&record);
	}
}

static bool is_over(struct source *source, struct outcome *outcome)
{
	source_health(source, &outcome->health);
	return outcome->health.state == SOURCE_BROKEN || outcome->health.state == SOURCE_ENDED;
}

/* Pops until the source has ended, or until `nodes` nodes were popped. */
static void run_until(struct source *source, struct outcome *outcome, size_t nodes)
{
	struct spsc *queue = source_queue(source);

	for (;;) {
		bool over = is_over(source, outcome);
		take(source, outcome);
		if (over || outcome->nodes >= nodes)
			return;
		if (!spsc_arm(queue) || is_over(source, outcome))
			continue;
		struct pollfd polled = {.fd = spsc_fd(queue), .events = POLLIN};
		if (poll(&polled, 1, PATIENCE_MS) <= 0)
			fail_msg("the source says nothing");
		spsc_disarm(queue);
	}
}

static struct outcome run_whole(struct source *source)
{
	struct outcome outcome = {0};

	assert_int_equal(source_start(source), 0);
	run_until(source, &outcome, SIZE_MAX);
	/* When the thread returns, it reports the losses. */
	source_stop(source);
	take(source, &outcome);
	source_health(source, &outcome.health);
	source_free(source);
	return outcome;
}

static void write_file(const void *data, size_t length)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, length), length);
	close(fd);
}

static struct outcome run_file(const void *data, size_t length)
{
	struct source *source = NULL;

	write_file(data, length);
	assert_int_equal(stream_source_open_file(path, &source), 0);
	return run_whole(source);
}

static struct outcome run_text(const char *text)
{
	return run_file(text, strlen(text));
}

static struct outcome run_command(const char *command)
{
	struct source *source = NULL;

	assert_int_equal(stream_source_open_command(command, fresh_reader(), 1, &source), 0);
	assert_string_equal(source_label(source), "stream");
	return run_whole(source);
}

/* Compresses into one gzip member. Sets *length. */
static void *compress_text(const char *text, size_t text_length, size_t *length)
{
	z_stream deflater = {0};
	size_t room = text_length + 1024;
	unsigned char *out = malloc(room);
	unsigned char *in = malloc(text_length + 1);

	assert_true(out && in);
	memcpy(in, text, text_length);
	assert_int_equal(deflateInit2(&deflater, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
			 Z_OK);
	deflater.next_in = in;
	deflater.avail_in = (uInt)text_length;
	deflater.next_out = out;
	deflater.avail_out = (uInt)room;
	assert_int_equal(deflate(&deflater, Z_FINISH), Z_STREAM_END);
	*length = room - deflater.avail_out;
	deflateEnd(&deflater);
	free(in);
	return out;
}

static void assert_message(const struct outcome *outcome, const char *expected)
{
	if (!strstr(outcome->health.message, expected))
		fail_msg("'%s' lacks '%s'", outcome->health.message, expected);
}

static void assert_broken(const struct outcome *outcome, int error, const char *expected)
{
	assert_int_equal(outcome->health.state, SOURCE_BROKEN);
	assert_int_equal(outcome->health.error, error);
	assert_message(outcome, expected);
}

static void assert_ended(const struct outcome *outcome, size_t nodes)
{
	if (outcome->health.state != SOURCE_ENDED)
		fail_msg("not ended: %s", outcome->health.message);
	assert_int_equal(outcome->nodes, nodes);
}

static void test_recording(void **state)
{
	struct outcome outcome = run_text(NODE("a") NODE("b"));

	(void)state;
	assert_ended(&outcome, 2);
	assert_string_equal(outcome.last_name, "b");
	/* No newline at the end, blank lines, CRLF, unknown kinds and fields. */
	outcome =
		run_text("\n" NODE("a") "  \r\n{\"v\":1,\"kind\":\"quark\"}\n"
					"{\"v\":1,\"kind\":\"node\",\"name\":\"c\",\"spin\":0.5}");
	assert_ended(&outcome, 2);
	assert_string_equal(outcome.last_name, "c");
	outcome = run_text("{\"v\":1,\"kind\":\"quark\"}\n");
	assert_ended(&outcome, 0);
}

static void test_open_refuses(void **state)
{
	struct source *source = NULL;
	struct outcome outcome;

	(void)state;
	assert_int_equal(stream_source_open_file("/nonexistent/x", &source), -ENOENT);
	assert_null(source);
	/* Opening a folder succeeds, and reading it fails. */
	assert_int_equal(stream_source_open_file("/", &source), 0);
	outcome = run_whole(source);
	assert_broken(&outcome, -EISDIR, "/: Is a directory");
}

static void test_bad_recordings(void **state)
{
	static const struct {
		const char *text;
		size_t nodes;
		const char *message; /* after the path */
	} cases[] = {
		{"", 0, ": no records"},
		{"\n \n", 0, ": no records"},
		{"hello\n", 0, ":1:"},
		{"hello", 0, ":1:"},
		{NODE("a") "\n{\"v\":1 \"kind\":\"node\"}\n" NODE("b"), 1, ":3:13: "},
		{NODE("a") "{\"v\":1,\"kind\":\"node\",\"name\":5}\n", 1,
		 ":2:22: name: a string was expected, not a number"},
		{NODE("a") "{\"v\":1,\"kind\":\"node\"}", 1, ":2: name: missing"},
		{NODE("a") "{\"v\":2,\"kind\":\"node\",\"name\":\"b\"}\n", 1,
		 ":2:2: v: records of version 2"},
		{NODE("a") NODE("b") "{\"v\":1,\"kin", 2,
		 ": the recording ends in the middle of line 3; the 2 records before it were read"},
		{"{\"v\":1,\"kind\":\"node\",\"name\":\"a\"", 0,
		 ": the recording ends in the middle of line 1; the 0"},
		/*
		 * An incomplete record with a newline after it is an error, not the end of a cut
		 * recording.
		 */
		{NODE("a") "{\"v\":1,\"kin\n", 1, ":2:"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char expected[300];
		struct outcome outcome = run_text(cases[i].text);
		snprintf(expected, sizeof(expected), "%s%s", path, cases[i].message);
		assert_broken(&outcome,
			      strstr(cases[i].message, "records before") ? -ENODATA : -EBADMSG,
			      expected);
		assert_int_equal(outcome.nodes, cases[i].nodes);
		assert_int_equal(outcome.lost, 0);
	}
}

static void test_lengths_of_lines(void **state)
{
	size_t length = RECORD_JSON_LINE_MAX;
	char *text = malloc(length + 200);
	struct outcome outcome;

	(void)state;
	assert_non_null(text);
	/* The longest line, filled with white space inside an object. */
	strcpy(text, NODE("a"));
	size_t start = strlen(text);
	memset(text + start, ' ', length);
	memcpy(text + start, "{\"v\":1,\"kind\":\"node\",\"name\":\"b\"", 31);
	text[start + length - 1] = '}';
	text[start + length] = '\n';
	strcpy(text + start + length + 1, NODE("c"));
	outcome = run_text(text);
	assert_ended(&outcome, 3);
	/* The line is one byte longer than the limit. */
	memmove(text + start + length, text + start + length - 1, 2 + strlen(NODE("c")) + 1);
	text[start + length - 1] = ' ';
	outcome = run_text(text);
	assert_broken(&outcome, -EBADMSG, ":2: a line of at most 4194304 bytes was expected");
	assert_int_equal(outcome.nodes, 1);
	free(text);
	/* A command's line of 40 MB is skipped without being stored. */
	outcome = run_command("echo '{\"v\":1,\"kind\":\"node\",\"name\":\"a\"}';"
			      "head -c 40000000 /dev/zero | tr '\\0' x; echo;"
			      "echo '{\"v\":1,\"kind\":\"node\",\"name\":\"b\"}'");
	assert_ended(&outcome, 2);
	assert_int_equal(outcome.lost, 1);
}

static void test_gzip(void **state)
{
	size_t text_length = strlen(NODE("node")) * 20000;
	char *text = malloc(text_length + 1);
	size_t length;
	struct outcome outcome;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < 20000; i++)
		memcpy(text + i * strlen(NODE("node")), NODE("node"), strlen(NODE("node")));
	unsigned char *packed = compress_text(text, text_length, &length);
	outcome = run_file(packed, length);
	assert_ended(&outcome, 20000);

	/* All records before a cut are read. */
	static const size_t cuts[] = {3, 10, 11, 100};
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		outcome = run_file(packed, cuts[i]);
		assert_broken(&outcome, outcome.nodes ? -ENODATA : -EBADMSG,
			      ": the compressed recording ends in the middle");
	}
	outcome = run_file(packed, length - 1);
	assert_broken(&outcome, -ENODATA,
		      ", after line 20000; the 20000 records before that were read");
	assert_int_equal(outcome.nodes, 20000);

	/* The checksum at the end detects damage that the decompression did not detect. */
	packed[length - 6] ^= 1;
	outcome = run_file(packed, length);
	assert_broken(&outcome, -ENODATA, ": the compressed data is damaged after line ");
	packed[length - 6] ^= 1;

	/* Two members as from `cat a.gz b.gz`, and other bytes after a member. */
	unsigned char *twice = malloc(2 * length);
	assert_non_null(twice);
	memcpy(twice, packed, length);
	memcpy(twice + length, packed, length);
	outcome = run_file(twice, 2 * length);
	assert_ended(&outcome, 40000);
	memset(twice + length, 'x', 100);
	outcome = run_file(twice, length + 100);
	assert_broken(&outcome, -ENODATA, ": the compressed data is damaged");
	assert_int_equal(outcome.nodes, 20000);
	free(twice);
	free(packed);

	packed = compress_text("", 0, &length);
	outcome = run_file(packed, length);
	assert_broken(&outcome, -EBADMSG, ": no records");
	free(packed);
	free(text);
}

/* A compressed recording that is cut at any byte causes an error, never a crash or a success. */
static void test_every_cut_of_gzip(void **state)
{
	size_t length;
	unsigned char *packed =
		compress_text(NODE("a") NODE("b"), strlen(NODE("a") NODE("b")), &length);

	(void)state;
	for (size_t cut = 1; cut < length; cut++) {
		struct outcome outcome = run_file(packed, cut);
		assert_broken(&outcome, outcome.nodes ? -ENODATA : -EBADMSG, path);
	}
	free(packed);
}

static void test_commands(void **state)
{
	struct outcome outcome = run_command("echo '{\"v\":1,\"kind\":\"node\",\"name\":\"a\"}'");

	(void)state;
	assert_ended(&outcome, 1);
	assert_string_equal(outcome.health.message, "");
	outcome = run_command("true");
	assert_ended(&outcome, 0);

	outcome = run_command(
		"echo first >&2; echo '  ' >&2; printf 'it \\033broke\\n\\n' >&2; exit 3");
	assert_broken(&outcome, -EPIPE,
		      "ended with status 3: it \x1b"
		      "broke");
	outcome = run_command("printf unfinished >&2; exit 1");
	assert_broken(&outcome, -EPIPE, "ended with status 1: unfinished");
	outcome = run_command("exit 7");
	assert_broken(&outcome, -EPIPE, "'exit 7' ended with status 7");
	assert_null(strstr(outcome.health.message, "7:"));
	outcome = run_command("kill -KILL $$");
	assert_broken(&outcome, -EPIPE, "was ended by signal 9 (Killed)");
	outcome = run_command("no-such-command-anywhere");
	assert_broken(&outcome, -EPIPE, "ended with status 127: ");
	assert_message(&outcome, "not found");
}

static void test_lenient_commands(void **state)
{
	struct outcome outcome = run_command(
		"echo '{\"v\":1,\"kind\":\"node\",\"name\":\"a\"}'; echo oops; echo '{'; echo;"
		"echo '{\"v\":1,\"kind\":\"node\",\"name\":\"b\"}'; printf '{\"v\":'");

	(void)state;
	assert_ended(&outcome, 2);
	assert_int_equal(outcome.lost, 3);
	/* A command without one readable line is not a stream of records. */
	outcome = run_command("echo hello; echo world");
	assert_broken(&outcome, -EBADMSG, "'echo hello; echo world' wrote no records; line 1: ");
	assert_int_equal(outcome.lost, 2);
	/* A record of another version ends the stream, even if the command continues to write. */
	outcome = run_command("while echo '{\"v\":3,\"kind\":\"node\"}'; do :; done");
	assert_broken(&outcome, -EBADMSG, "records of version 3 cannot be read");
}

/* If a command writes many lines to standard error, it is not blocked, and the message has only the
 * last line. */
/* A pipe outlives its writers. The line that the first one cut is one loss. */
static void test_pipe(void **state)
{
	struct source *source = NULL;
	static const char text[] = NODE("a") "{\"v\":1,\"kin"
					     "\n" NODE("b");
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], text, sizeof(text) - 1), sizeof(text) - 1);
	close(ends[1]);
	assert_int_equal(stream_source_open_pipe(ends[0], "node1", fresh_reader(), 1, &source), 0);
	assert_string_equal(source_label(source), "stream");
	struct outcome outcome = run_whole(source);
	assert_ended(&outcome, 2);
	assert_int_equal(outcome.lost, 1);
	assert_message(&outcome, "node1: line 2 could not be read");

	/* Nothing at all is no failure. */
	assert_int_equal(pipe(ends), 0);
	close(ends[1]);
	assert_int_equal(stream_source_open_pipe(ends[0], "node1", fresh_reader(), 1, &source), 0);
	outcome = run_whole(source);
	assert_ended(&outcome, 0);
}

static void test_flood_of_errors(void **state)
{
	struct outcome outcome =
		run_command("i=0; while [ $i -lt 3000 ]; do echo \"line $i of many, and many more "
			    "bytes than a pipe holds\" >&2; i=$((i+1)); done;"
			    "echo '{\"v\":1,\"kind\":\"node\",\"name\":\"a\"}'; exit 1");

	(void)state;
	assert_int_equal(outcome.nodes, 1);
	assert_broken(&outcome, -EPIPE, "status 1: line 2999 of many");
}

static void test_command_environment(void **state)
{
	/* The test may have inherited descriptors, which the command must not inherit. */
	for (int fd = STDERR_FILENO + 1; fd < 1024; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	/* The command has its own session, default signals, an empty input and none of polecat's
	 * descriptors. */
	struct outcome outcome = run_command(
		"[ \"$(ps -o sid= -p $$ | tr -d ' ')\" = $$ ] || { echo session >&2; exit 1; };"
		"grep -q '^SigBlk:\\s*0*$' /proc/self/status || { echo blocked >&2; exit 1; };"
		"[ \"$(cat)\" = '' ] || { echo input >&2; exit 1; };"
		"for fd in /proc/$$/fd/*; do case ${fd##*/} in 0|1|2|10) ;; *) [ ! -e $fd ] || "
		"{ echo descriptor $fd $(readlink $fd) >&2; exit 1; } ;; esac; done");

	(void)state;
	assert_ended(&outcome, 0);
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Waits for the end of the process whose PID a command wrote to `path`. */
static void assert_process_ends(void)
{
	char text[32] = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	pid_t pid = (pid_t)atoi(text);
	assert_true(pid > 1);
	/* The process that inherits a killed grandchild reaps it some time later. */
	uint64_t deadline = now_ms() + PATIENCE_MS;
	while (kill(pid, 0) == 0 && now_ms() < deadline) {
		char stat_path[64];
		char stat[256] = {0};
		snprintf(stat_path, sizeof(stat_path), "/proc/%d/stat", (int)pid);
		int stat_fd = open(stat_path, O_RDONLY | O_CLOEXEC);
		if (stat_fd >= 0) {
			ssize_t count = read(stat_fd, stat, sizeof(stat) - 1);
			close(stat_fd);
			if (count > 0 && strstr(stat, ") Z "))
				return;
		}
		poll(NULL, 0, 10);
	}
	assert_int_equal(kill(pid, 0), -1);
}

static void test_stop_ends_the_whole_group(void **state)
{
	static const char *const commands[] = {
		/* One command waits, one writes without end, and one ignores SIGTERM, as does its
		 * child. */
		"echo '{\"v\":1,\"kind\":\"node\",\"name\":\"a\"}'; sleep 300 & echo $! >%s; wait",
		"sleep 300 & echo $! >%s; while echo '{\"v\":1,\"kind\":\"node\",\"name\":\"a\"}'; "
		"do :; done",
		"trap '' TERM; sleep 300 & echo $! >%s; echo "
		"'{\"v\":1,\"kind\":\"node\",\"name\":\"a\"}';"
		"while :; do sleep 300; done",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		struct source *source = NULL;
		struct outcome outcome = {0};
		char command[400];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(command, sizeof(command), commands[i], path);
#pragma GCC diagnostic pop
		write_file("", 0);
		assert_int_equal(stream_source_open_command(command, fresh_reader(), 1, &source),
				 0);
		assert_int_equal(source_start(source), 0);
		struct stat written = {0};
		run_until(source, &outcome, 1);
		for (uint64_t deadline = now_ms() + PATIENCE_MS;
		     now_ms() < deadline && stat(path, &written) == 0 && written.st_size == 0;)
			poll(NULL, 0, 10);
		source_stop(source);
		source_health(source, &outcome.health);
		assert_int_equal(outcome.health.state, SOURCE_ENDED);
		source_free(source);
		assert_process_ends();
	}
}

/* SIGTERM reaches every process of the group. The processes have time to end by themselves. */
static void test_stop_lets_processes_end(void **state)
{
	struct source *source = NULL;
	struct outcome outcome = {0};
	struct stat written = {0};
	char command[300];

	(void)state;
	write_file("", 0);
	snprintf(command, sizeof(command),
		 "(trap 'echo bye >%s; exit' TERM;"
		 "echo '{\"v\":1,\"kind\":\"node\",\"name\":\"a\"}';"
		 "while :; do sleep 0.05; done) & wait",
		 path);
	assert_int_equal(stream_source_open_command(command, fresh_reader(), 1, &source), 0);
	assert_int_equal(source_start(source), 0);
	run_until(source, &outcome, 1);
	source_free(source);
	assert_int_equal(stat(path, &written), 0);
	assert_int_equal(written.st_size, strlen("bye\n"));
}

/* A source that was opened but not started starts no process. One that is freed just after the
 * start leaves no process. */
static void test_free_without_start(void **state)
{
	struct source *source = NULL;
	char command[200];
	char text[32];

	(void)state;
	write_file("", 0);
	snprintf(command, sizeof(command), "echo $$ >%s; exec sleep 300", path);
	assert_int_equal(stream_source_open_command(command, fresh_reader(), 1, &source), 0);
	source_free(source);
	assert_int_equal(stream_source_open_command(command, fresh_reader(), 1, &source), 0);
	assert_int_equal(source_start(source), 0);
	source_free(source);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool started = read(fd, text, sizeof(text)) > 0;
	close(fd);
	if (started)
		assert_process_ends();
}

/* Many pipes on one reader, each with a record for each of its turns. One pipe is silent, and one
 * has a line without an end. */
static void test_many_streams(void **state)
{
	enum { STREAMS = 200, TURNS = 20 };
	static struct source *sources[STREAMS];
	static int ends[STREAMS];
	static size_t counts[STREAMS + 1];
	struct spsc *queue = source_queue(fresh_reader());
	struct record record;
	size_t all = 0;

	(void)state;
	for (uint32_t i = 0; i < STREAMS; i++) {
		int both[2];
		assert_int_equal(pipe2(both, O_CLOEXEC), 0);
		ends[i] = both[1];
		assert_int_equal(
			stream_source_open_pipe(both[0], "node", reader, i + 1, &sources[i]), 0);
		assert_ptr_equal(source_carrier(sources[i]), reader);
		assert_int_equal(source_start(sources[i]), 0);
	}
	assert_int_equal(write(ends[1], "{\"v\":1,", 7), 7);
	for (size_t turn = 0; turn < TURNS; turn++)
		for (size_t i = 2; i < STREAMS; i++)
			assert_int_equal(write(ends[i], NODE("a"), strlen(NODE("a"))),
					 strlen(NODE("a")));
	for (uint64_t deadline = now_ms() + PATIENCE_MS;
	     all < TURNS * (STREAMS - 2) && now_ms() < deadline;) {
		if (spsc_pop(queue, &record, 1) == 0) {
			poll(NULL, 0, 1);
			continue;
		}
		assert_int_equal(record.kind, RECORD_NODE);
		assert_in_range(record.origin, 3, STREAMS);
		counts[record.origin]++;
		all++;
		record_free(&record);
	}
	for (size_t i = 3; i <= STREAMS; i++)
		assert_int_equal(counts[i], TURNS);

	/* The end of one stream leaves the others as they are. */
	struct outcome outcome = {0};
	assert_true(source_carried_changed(reader));
	close(ends[2]);
	while (!source_has_ended(sources[2]))
		poll(NULL, 0, 1);
	assert_true(is_over(sources[2], &outcome));
	assert_false(is_over(sources[3], &outcome));
	for (size_t i = 0; i < STREAMS; i++)
		source_ask_stop(sources[i]);
	for (size_t i = 0; i < STREAMS; i++) {
		source_free(sources[i]);
		if (i != 2)
			close(ends[i]);
	}
}

/* Stopping does not wait for a silent pipe on standard input. */
static void test_standard_input(void **state)
{
	struct source *source = NULL;
	struct outcome outcome = {0};
	int before = dup(STDIN_FILENO);
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	assert_int_equal(stream_source_open_file("-", &source), 0);
	assert_string_equal(source_label(source), "recording");
	assert_int_equal(source_start(source), 0);
	/* The line arrives in three pieces. */
	assert_int_equal(write(ends[1], NODE("a"), 10), 10);
	poll(NULL, 0, 5);
	assert_int_equal(write(ends[1], &NODE("a")[10], 10), 10);
	poll(NULL, 0, 5);
	assert_int_equal(write(ends[1], &NODE("a")[20], strlen(NODE("a")) - 20),
			 strlen(NODE("a")) - 20);
	run_until(source, &outcome, 1);
	assert_int_equal(outcome.nodes, 1);
	source_stop(source);
	source_free(source);

	/* An unreadable line ends the source. The source does not close the descriptor. */
	memset(&outcome, 0, sizeof(outcome));
	assert_int_equal(stream_source_open_file("-", &source), 0);
	assert_int_equal(write(ends[1], "oops\n", 5), 5);
	outcome = run_whole(source);
	assert_broken(&outcome, -EBADMSG, "standard input:1:");
	close(ends[1]);
	assert_int_equal(stream_source_open_file("-", &source), 0);
	outcome = run_whole(source);
	assert_broken(&outcome, -EBADMSG, "standard input: no records");
	close(ends[0]);
	assert_int_equal(dup2(before, STDIN_FILENO), STDIN_FILENO);
	close(before);
}

/* The source waits while the queue is full, and stopping ends the wait. */
static void test_full_queue_waits(void **state)
{
	struct source *source = NULL;
	struct outcome outcome = {0};

	(void)state;
	assert_int_equal(
		stream_source_open_command(
			"yes '{\"v\":1,\"kind\":\"node\",\"name\":\"a\"}' | head -n 200000",
			fresh_reader(), 1, &source),
		0);
	outcome = run_whole(source);
	assert_ended(&outcome, 200000);
	assert_int_equal(outcome.lost, 0);
	assert_int_equal(
		stream_source_open_command("yes '{\"v\":1,\"kind\":\"node\",\"name\":\"a\"}'",
					   fresh_reader(), 1, &source),
		0);
	assert_int_equal(source_start(source), 0);
	size_t size = 0;
	uint64_t deadline = now_ms() + PATIENCE_MS;
	do {
		size = spsc_size(source_queue(source));
		poll(NULL, 0, 100);
	} while ((size == 0 || spsc_size(source_queue(source)) != size) && now_ms() < deadline);
	source_free(source);
}

static int make_path(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

static int remove_path(void **state)
{
	(void)state;
	source_free(reader);
	return unlink(path);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recording),
		cmocka_unit_test(test_open_refuses),
		cmocka_unit_test(test_bad_recordings),
		cmocka_unit_test(test_lengths_of_lines),
		cmocka_unit_test(test_gzip),
		cmocka_unit_test(test_every_cut_of_gzip),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_lenient_commands),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_flood_of_errors),
		cmocka_unit_test(test_command_environment),
		cmocka_unit_test(test_stop_ends_the_whole_group),
		cmocka_unit_test(test_stop_lets_processes_end),
		cmocka_unit_test(test_free_without_start),
		cmocka_unit_test(test_many_streams),
		cmocka_unit_test(test_standard_input),
		cmocka_unit_test(test_full_queue_waits),
	};
	return cmocka_run_group_tests(tests, make_path, remove_path);
}
