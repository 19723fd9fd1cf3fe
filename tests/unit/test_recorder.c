/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/stream/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "core/base/file.h"
#include "tests/support/random_record.h"

static char folder[] = "/tmp/polecat-recorder-XXXXXX";
static char plain_path[64];
static char gzip_path[64];

/* Returns the readable lines of a plain or gzip file, to be freed. */
static char *read_whole(const char *path, size_t *length)
{
	size_t capacity = 1u << 24;
	char *data = malloc(capacity);
	gzFile file = gzopen(path, "rbe");
	int count;

	assert_true(data && file);
	*length = 0;
	while ((count = gzread(file, data + *length, (unsigned int)(capacity - *length))) > 0)
		*length += (size_t)count;
	gzclose(file);
	return data;
}

static bool is_gzip(const char *path)
{
	unsigned char magic[2] = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(read(fd, magic, 2), 2);
	close(fd);
	return magic[0] == 0x1f && magic[1] == 0x8b;
}

static off_t size_of(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return status.st_size;
}

/* Returns the length in the last four bytes of a complete gzip file (RFC 1952). */
static size_t length_at_end_of_gzip(const char *path)
{
	unsigned char end[4] = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, end, sizeof(end), size_of(path) - 4), 4);
	close(fd);
	return (size_t)end[0] | (size_t)end[1] << 8 | (size_t)end[2] << 16 | (size_t)end[3] << 24;
}

static struct record make_lost(uint64_t count)
{
	return (struct record){
		.kind = RECORD_LOST,
		.lost = {.count = count, .where = LOST_QUEUE},
	};
}

/* The file contains the records in order, plain and gzip. */
static void test_records_come_back(void **state)
{
	const char *const paths[] = {plain_path, gzip_path};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct random random = {.state = 7};
		struct recorder *recorder = NULL;
		struct buffer expected = {0};
		struct flow_names names = {.node = "n1", .pod = "cart"};
		const struct flow known = {.names = &names};

		assert_int_equal(recorder_open(paths[i], RECORDER_REPLACE, &recorder), 0);
		for (int round = 0; round < 3000; round++) {
			struct record record;
			int kind = RECORD_HELLO + round % RECORD_LOST;
			random_record(&random, (enum record_kind)kind, RANDOM_SOME, &record);
			assert_int_equal(recorder_write(recorder, &record, &known), 0);
			assert_int_equal(record_json_write(&expected, &record, &known), 0);
			record_free(&record);
		}
		assert_int_equal(recorder_close(recorder), 0);
		assert_true(is_gzip(paths[i]) == (i == 1));
		if (is_gzip(paths[i]))
			assert_int_equal(length_at_end_of_gzip(paths[i]), expected.length);

		size_t length;
		char *data = read_whole(paths[i], &length);
		assert_int_equal(length, expected.length);
		assert_memory_equal(data, expected.data, length);
		free(data);
		free(expected.data);
	}
}

/* After a flush all records are readable while the recorder is open. */
static void test_flush(void **state)
{
	const char *const paths[] = {plain_path, gzip_path};
	static const char first[] = "{\"v\":1,\"kind\":\"lost\",\"where\":\"queue\",\"count\":1}\n";
	static const char second[] =
		"{\"v\":1,\"kind\":\"lost\",\"where\":\"queue\",\"count\":2}\n";

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct recorder *recorder = NULL;
		struct record record = make_lost(1);
		size_t length;
		char *data;

		assert_int_equal(recorder_open(paths[i], RECORDER_REPLACE, &recorder), 0);
		assert_int_equal(recorder_write(recorder, &record, NULL), 0);
		assert_int_equal(recorder_flush(recorder), 0);
		assert_int_equal(recorder_flush(recorder), 0);
		data = read_whole(paths[i], &length);
		assert_int_equal(length, strlen(first));
		assert_memory_equal(data, first, length);
		free(data);
		record = make_lost(2);
		assert_int_equal(recorder_write(recorder, &record, NULL), 0);
		assert_int_equal(recorder_close(recorder), 0);
		data = read_whole(paths[i], &length);
		assert_int_equal(length, strlen(first) + strlen(second));
		assert_memory_equal(data + strlen(first), second, strlen(second));
		free(data);
	}
}

static const char one_record[] = "{\"v\":1,\"kind\":\"lost\",\"where\":\"queue\",\"count\":1}\n";

static void write_bytes(const char *path, const char *bytes, size_t length)
{
	assert_int_equal(file_write(path, bytes, length, FILE_WRITE_REPLACE), 0);
}

static void expect_content(const char *path, const char *expected)
{
	size_t length;
	char *data = read_whole(path, &length);

	assert_int_equal(length, strlen(expected));
	assert_memory_equal(data, expected, length);
	free(data);
}

static void record_once(const char *path, enum recorder_mode mode)
{
	struct recorder *recorder = NULL;
	struct record record = make_lost(1);

	assert_int_equal(recorder_open(path, mode, &recorder), 0);
	assert_int_equal(recorder_write(recorder, &record, NULL), 0);
	assert_int_equal(recorder_close(recorder), 0);
}

/* A file with content is kept, unless it is to be replaced. Its content then stays until the first
 * record. An empty file has nothing to lose. */
static void test_existing_file(void **state)
{
	struct recorder *recorder = NULL;
	struct stat status;

	(void)state;
	unlink(plain_path);
	mode_t mask = umask(0);
	record_once(plain_path, RECORDER_NEW);
	umask(mask);
	assert_int_equal(stat(plain_path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	write_bytes(plain_path, "old\n", 4);
	assert_int_equal(recorder_open(plain_path, RECORDER_NEW, &recorder), -EEXIST);
	assert_non_null(strstr(recorder_strerror(-EEXIST), "--force"));
	assert_int_equal(recorder_open(plain_path, RECORDER_REPLACE, &recorder), 0);
	assert_int_equal(recorder_flush(recorder), 0);
	assert_int_equal(recorder_close(recorder), 0);
	expect_content(plain_path, "old\n");
	record_once(plain_path, RECORDER_REPLACE);
	expect_content(plain_path, one_record);
	write_bytes(plain_path, "", 0);
	record_once(plain_path, RECORDER_NEW);
	expect_content(plain_path, one_record);
}

/* The bytes of a plain or gzip file, as it is on the disk. */
static void expect_bytes(const char *path, const char *bytes, size_t length)
{
	char *text = NULL;
	size_t found = 0;

	assert_int_equal(file_read(path, 1u << 24, &text, &found), 0);
	assert_int_equal(found, length);
	assert_memory_equal(text, bytes, length);
	free(text);
}

/* A record is added after the last complete line. Nothing changes before that. */
static void test_append(void **state)
{
#define RECORD "{\"v\":1,\"kind\":\"lost\",\"where\":\"queue\",\"count\":1}"
	static const struct {
		const char *before;
		const char *kept; /* NULL: not a recording */
	} cases[] = {
		{"", ""},
		{"\n", "\n"},
		{RECORD "\n", RECORD "\n"},
		{RECORD, RECORD "\n"},
		{RECORD "\n" RECORD, RECORD "\n" RECORD "\n"},
		{RECORD "\n{\"v\":1,\"kind\":\"of tomorrow\"}",
		 RECORD "\n{\"v\":1,\"kind\":\"of tomorrow\"}\n"},
		{RECORD "\n{\"v\":1,\"kind\":\"lo", RECORD "\n"},
		{RECORD "\n  ", RECORD "\n"},
		{RECORD "\nno record\n", RECORD "\nno record\n"},
		{"{\"v\":1,\"kind\":\"lo", NULL},
		{"the only copy of a list", NULL},
		{"one\ntwo\n", NULL},
		{"x", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *before = cases[i].before;
		struct recorder *recorder = NULL;
		char expected[512];

		write_bytes(plain_path, before, strlen(before));
		int error = recorder_open(plain_path, RECORDER_APPEND, &recorder);
		assert_int_equal(error, cases[i].kept ? 0 : -EBADMSG);
		assert_int_equal(recorder_close(recorder), 0);
		/* Without a record, the file stays as it is. */
		expect_bytes(plain_path, before, strlen(before));
		if (!cases[i].kept)
			continue;
		record_once(plain_path, RECORDER_APPEND);
		snprintf(expected, sizeof(expected), "%s%s", cases[i].kept, one_record);
		expect_bytes(plain_path, expected, strlen(expected));
	}
	assert_non_null(strstr(recorder_strerror(-EBADMSG), "not a recording"));
}

/* The last line is longer than one read, or longer than a record may be. */
static void test_append_after_long_line(void **state)
{
	const size_t start = strlen(one_record);
	const size_t sizes[] = {200000, RECORD_JSON_LINE_MAX + 100};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char *text = malloc(start + sizes[i]);
		assert_non_null(text);
		memcpy(text, one_record, start);
		memset(text + start, 'x', sizes[i]);
		write_bytes(plain_path, text, start + sizes[i]);
		free(text);
		record_once(plain_path, RECORDER_APPEND);
		assert_int_equal(size_of(plain_path), 2 * start);
	}
}

/* A record is added as a further member of a gzip file. */
static void test_append_to_gzip(void **state)
{
	struct recorder *recorder = NULL;
	char packed[4096];
	size_t length;

	(void)state;
	unlink(gzip_path);
	record_once(gzip_path, RECORDER_NEW);
	record_once(gzip_path, RECORDER_APPEND);
	char *data = read_whole(gzip_path, &length);
	assert_int_equal(length, 2 * strlen(one_record));
	free(data);
	int fd = open(gzip_path, O_RDONLY | O_CLOEXEC);
	ssize_t size = read(fd, packed, sizeof(packed));
	close(fd);
	write_bytes(gzip_path, packed, (size_t)size - 4);
	assert_int_equal(recorder_open(gzip_path, RECORDER_APPEND, &recorder), -ENODATA);
	expect_bytes(gzip_path, packed, (size_t)size - 4);

	/* The name decides the form in which records are written. Readers detect the form by the
	 * content. */
	write_bytes(gzip_path, one_record, strlen(one_record));
	assert_int_equal(recorder_open(gzip_path, RECORDER_APPEND, &recorder), -EMEDIUMTYPE);
	expect_bytes(gzip_path, one_record, strlen(one_record));
	write_bytes(plain_path, packed, (size_t)size);
	assert_int_equal(recorder_open(plain_path, RECORDER_APPEND, &recorder), -EMEDIUMTYPE);
	expect_bytes(plain_path, packed, (size_t)size);
	assert_non_null(strstr(recorder_strerror(-EMEDIUMTYPE), ".gz"));

	/* Compressed text that is not a recording. */
	gzFile file = gzopen(gzip_path, "wbe");
	assert_int_equal(gzputs(file, "the only copy\n"), 14);
	assert_int_equal(gzclose(file), Z_OK);
	assert_int_equal(recorder_open(gzip_path, RECORDER_APPEND, &recorder), -EBADMSG);
	assert_int_equal(recorder_open(gzip_path, RECORDER_REPLACE, &recorder), 0);
	assert_int_equal(recorder_close(recorder), 0);
	unlink(gzip_path);
}

/* Only one recorder at a time has a file, in every mode. */
static void test_two_recorders(void **state)
{
	struct recorder *first = NULL;
	struct recorder *second = NULL;
	struct record record = make_lost(1);

	(void)state;
	unlink(plain_path);
	for (int mode = RECORDER_NEW; mode <= RECORDER_APPEND; mode++) {
		assert_int_equal(recorder_open(plain_path, (enum recorder_mode)mode, &first), 0);
		for (int other = RECORDER_NEW; other <= RECORDER_APPEND; other++)
			assert_int_equal(
				recorder_open(plain_path, (enum recorder_mode)other, &second),
				-EWOULDBLOCK);
		assert_int_equal(recorder_write(first, &record, NULL), 0);
		assert_int_equal(recorder_close(first), 0);
	}
	assert_int_equal(size_of(plain_path), 2 * strlen(one_record));
	assert_non_null(strstr(recorder_strerror(-EWOULDBLOCK), "another process"));

	/* Lines that a program without a lock adds meanwhile are not overwritten. */
	write_bytes(plain_path, one_record, strlen(one_record));
	assert_int_equal(recorder_open(plain_path, RECORDER_APPEND, &first), 0);
	assert_int_equal(recorder_write(first, &record, NULL), 0);
	int fd = open(plain_path, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(file_write_all(fd, one_record, strlen(one_record)), 0);
	close(fd);
	assert_int_equal(recorder_close(first), 0);
	assert_int_equal(size_of(plain_path), 3 * strlen(one_record));
}

static unsigned int permissions_of(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return status.st_mode & 07777;
}

/* A file that is empty or replaced becomes private. A file to which records are added keeps its
 * permissions. */
static void test_permissions(void **state)
{
	struct recorder *recorder = NULL;

	(void)state;
	write_bytes(plain_path, "", 0);
	assert_int_equal(chmod(plain_path, 0666), 0);
	record_once(plain_path, RECORDER_NEW);
	assert_int_equal(permissions_of(plain_path), 0600);

	assert_int_equal(chmod(plain_path, 0644), 0);
	record_once(plain_path, RECORDER_APPEND);
	assert_int_equal(permissions_of(plain_path), 0644);
	assert_int_equal(recorder_open(plain_path, RECORDER_REPLACE, &recorder), 0);
	assert_int_equal(recorder_close(recorder), 0);
	assert_int_equal(permissions_of(plain_path), 0644);
	record_once(plain_path, RECORDER_REPLACE);
	assert_int_equal(permissions_of(plain_path), 0600);
}

/* Root may write into the files of other users, who could then read the records. */
static void test_owner(void **state)
{
	struct recorder *recorder = NULL;

	(void)state;
	if (geteuid() != 0)
		skip();
	write_bytes(plain_path, "", 0);
	assert_int_equal(chown(plain_path, 65534, (gid_t)-1), 0);
	for (int mode = RECORDER_NEW; mode <= RECORDER_APPEND; mode++)
		assert_int_equal(recorder_open(plain_path, (enum recorder_mode)mode, &recorder),
				 -EPERM);
	assert_non_null(strstr(recorder_strerror(-EPERM), "another user"));
	unlink(plain_path);
	write_bytes(plain_path, one_record, strlen(one_record));
	assert_int_equal(chown(plain_path, 65534, (gid_t)-1), 0);
	assert_int_equal(recorder_open(plain_path, RECORDER_REPLACE, &recorder), -EPERM);
	record_once(plain_path, RECORDER_APPEND);
	unlink(plain_path);
}

/* A planted link is not followed, and a pipe without a reader does not make the open wait. */
static void test_places_that_are_refused(void **state)
{
	struct recorder *recorder = NULL;
	char path[96];

	(void)state;
	snprintf(path, sizeof(path), "%s/link", folder);
	assert_int_equal(symlink(plain_path, path), 0);
	assert_int_equal(recorder_open(path, RECORDER_REPLACE, &recorder), -ELOOP);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(recorder_open(path, RECORDER_NEW, &recorder), -ENXIO);
	int reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_int_equal(recorder_open(path, RECORDER_NEW, &recorder), -ENOTSUP);
	close(reader);
	unlink(path);
}

static void test_open_refuses(void **state)
{
	struct recorder *recorder = NULL;

	(void)state;
	assert_int_equal(recorder_open("/nonexistent/x", RECORDER_NEW, &recorder), -ENOENT);
	assert_int_equal(recorder_open(folder, RECORDER_NEW, &recorder), -EISDIR);
	assert_int_equal(recorder_open("", RECORDER_NEW, &recorder), -ENOENT);
	assert_null(recorder);
	assert_int_equal(recorder_close(NULL), 0);
}

/* A record without a text form is refused, and the other records are written. */
static void test_bad_record(void **state)
{
	struct recorder *recorder = NULL;
	struct record none = {.kind = RECORD_NONE};
	struct record record = make_lost(1);

	(void)state;
	assert_int_equal(recorder_open(plain_path, RECORDER_REPLACE, &recorder), 0);
	assert_int_equal(recorder_write(recorder, &none, NULL), -EINVAL);
	assert_int_equal(recorder_write(recorder, &record, NULL), 0);
	assert_int_equal(recorder_close(recorder), 0);
	assert_int_equal(size_of(plain_path),
			 strlen("{\"v\":1,\"kind\":\"lost\",\"where\":\"queue\",\"count\":1}\n"));
}

/* On a full disk, the first call that writes to the file returns an error: a flush, a record that
 * fills the batch, or the close. All later calls return the same error. */
static void test_full_disk(void **state)
{
	char full_gzip[96];
	struct recorder *recorder = NULL;
	struct record record = make_lost(1);
	int error = 0;

	(void)state;
	assert_int_equal(recorder_open("/dev/full", RECORDER_NEW, &recorder), 0);
	assert_int_equal(recorder_write(recorder, &record, NULL), 0);
	assert_int_equal(recorder_close(recorder), -ENOSPC);

	assert_int_equal(recorder_open("/dev/full", RECORDER_NEW, &recorder), 0);
	assert_int_equal(recorder_write(recorder, &record, NULL), 0);
	assert_int_equal(recorder_flush(recorder), -ENOSPC);
	assert_int_equal(recorder_write(recorder, &record, NULL), -ENOSPC);
	assert_int_equal(recorder_flush(recorder), -ENOSPC);
	assert_int_equal(recorder_close(recorder), -ENOSPC);

	assert_int_equal(recorder_open("/dev/full", RECORDER_NEW, &recorder), 0);
	for (int i = 0; i < 100000 && !error; i++)
		error = recorder_write(recorder, &record, NULL);
	assert_int_equal(error, -ENOSPC);
	assert_int_equal(recorder_close(recorder), -ENOSPC);

	/* This device has the numbers of /dev/full, and its name ends with .gz, so the recorder
	 * compresses. */
	snprintf(full_gzip, sizeof(full_gzip), "%s/full.gz", folder);
	if (mknod(full_gzip, S_IFCHR | 0600, makedev(1, 7)))
		return;
	if (recorder_open(full_gzip, RECORDER_NEW, &recorder) == 0) {
		assert_int_equal(recorder_write(recorder, &record, NULL), 0);
		assert_int_equal(recorder_close(recorder), -ENOSPC);
	}
	unlink(full_gzip);
}

static void test_descriptor_is_not_inherited(void **state)
{
	struct recorder *recorder = NULL;
	int next = dup(STDERR_FILENO);

	(void)state;
	close(next);
	assert_int_equal(recorder_open(plain_path, RECORDER_REPLACE, &recorder), 0);
	assert_true(fcntl(next, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(recorder_close(recorder), 0);
	assert_int_equal(fcntl(next, F_GETFD), -1);
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(plain_path, sizeof(plain_path), "%s/plain", folder);
	snprintf(gzip_path, sizeof(gzip_path), "%s/packed.gz", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(plain_path);
	unlink(gzip_path);
	return rmdir(folder);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records_come_back),
		cmocka_unit_test(test_flush),
		cmocka_unit_test(test_existing_file),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_append_after_long_line),
		cmocka_unit_test(test_append_to_gzip),
		cmocka_unit_test(test_two_recorders),
		cmocka_unit_test(test_permissions),
		cmocka_unit_test(test_owner),
		cmocka_unit_test(test_places_that_are_refused),
		cmocka_unit_test(test_open_refuses),
		cmocka_unit_test(test_bad_record),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_descriptor_is_not_inherited),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
