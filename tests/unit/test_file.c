/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/file.h"

static char folder[64];

static int enter_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/polecat-file-XXXXXX");
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static bool is_entry(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static size_t count_files(void)
{
	DIR *directory = opendir(folder);
	size_t count = 0;

	assert_non_null(directory);
	for (const struct dirent *entry; (entry = readdir(directory));)
		count += is_entry(entry);
	closedir(directory);
	return count;
}

static int remove_folder(void **state)
{
	DIR *directory = opendir(folder);

	(void)state;
	for (const struct dirent *entry; directory && (entry = readdir(directory));) {
		if (is_entry(entry))
			remove(entry->d_name);
	}
	if (directory)
		closedir(directory);
	return chdir("/") || rmdir(folder);
}

static int put(const char *path, const char *text, enum file_write_mode mode)
{
	return file_write(path, text, strlen(text), mode);
}

static void expect_content(const char *path, const char *expected)
{
	char *text = NULL;
	size_t length = 0;

	assert_int_equal(file_read(path, 1000, &text, &length), 0);
	assert_string_equal(text, expected);
	assert_int_equal(length, strlen(expected));
	free(text);
}

static void test_write_new(void **state)
{
	char path[128];
	struct stat status;

	(void)state;
	mode_t mask = umask(027);
	assert_int_equal(put("a", "one\n", FILE_WRITE_NEW), 0);
	umask(mask);
	expect_content("a", "one\n");
	assert_int_equal(stat("a", &status), 0);
	assert_int_equal(status.st_mode & 07777, 0640);

	snprintf(path, sizeof(path), "%s/b", folder);
	assert_int_equal(put(path, "", FILE_WRITE_NEW), 0);
	expect_content("b", "");
	assert_int_equal(put("a", "two\n", FILE_WRITE_NEW), -EEXIST);
	expect_content("a", "one\n");
	/* No temporary file is left. */
	assert_int_equal(count_files(), 2);
}

static void test_replace(void **state)
{
	(void)state;
	assert_int_equal(put("a", "one\n", FILE_WRITE_REPLACE), 0);
	assert_int_equal(put("a", "two\n", FILE_WRITE_REPLACE), 0);
	expect_content("a", "two\n");
	assert_int_equal(count_files(), 1);
}

/* A link counts as an existing file. Replacing it does not change its target. */
static void test_links(void **state)
{
	(void)state;
	assert_int_equal(put("target", "old\n", FILE_WRITE_NEW), 0);
	assert_int_equal(symlink("target", "link"), 0);
	assert_int_equal(symlink("nowhere", "dangling"), 0);
	assert_int_equal(put("link", "new\n", FILE_WRITE_NEW), -EEXIST);
	assert_int_equal(put("dangling", "new\n", FILE_WRITE_NEW), -EEXIST);
	assert_int_equal(put("link", "new\n", FILE_WRITE_REPLACE), 0);
	expect_content("target", "old\n");
	expect_content("link", "new\n");
}

static void test_write_failures(void **state)
{
	char name[300];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(mkdir("folder", 0700), 0);
	assert_int_equal(put("folder", "x", FILE_WRITE_REPLACE), -EISDIR);
	assert_int_equal(put("folder", "x", FILE_WRITE_NEW), -EISDIR);
	assert_int_equal(put("missing/a", "x", FILE_WRITE_NEW), -ENOENT);
	assert_int_equal(put("", "x", FILE_WRITE_NEW), -ENOENT);
	assert_int_equal(put(name, "x", FILE_WRITE_NEW), -ENAMETOOLONG);
	assert_int_equal(count_files(), 1);
}

/* A write that fails halfway leaves the old file and no temporary file. */
static void test_full_disk(void **state)
{
	struct rlimit before;
	char block[8192] = {0};

	(void)state;
	assert_int_equal(put("a", "old\n", FILE_WRITE_NEW), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	struct rlimit small = {.rlim_cur = 4096, .rlim_max = before.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	int error = file_write("a", block, sizeof(block), FILE_WRITE_REPLACE);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(error, -EFBIG);
	expect_content("a", "old\n");
	assert_int_equal(count_files(), 1);
}

/* Makes a system call fail in this process, as on a file system that does not have it. */
static void forbid(int call, int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned int)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, 2, &program))
		_exit(77);
}

/* A new file is written, and an existing one is kept, on a file system that has neither
 * RENAME_NOREPLACE nor hard links. */
static void test_write_without_links(void **state)
{
	int status = 0;
	pid_t child = fork();

	(void)state;
	assert_true(child >= 0);
	if (child == 0) {
		forbid(SYS_renameat2, EINVAL);
		forbid(SYS_linkat, EPERM);
#ifdef SYS_link
		forbid(SYS_link, EPERM);
#endif
		_exit(put("a", "one\n", FILE_WRITE_NEW) == 0 &&
				      put("a", "two\n", FILE_WRITE_NEW) == -EEXIST
			      ? 0
			      : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	expect_content("a", "one\n");
	assert_int_equal(count_files(), 1);
}

/* A pipe without a writer does not make the reader wait. */
static void test_read_named_pipe(void **state)
{
	char *text = NULL;
	size_t length = 1;

	(void)state;
	assert_int_equal(mkfifo("pipe", 0600), 0);
	assert_int_equal(file_read("pipe", 10, &text, &length), 0);
	assert_int_equal(length, 0);
	free(text);
}

static void test_read_limit(void **state)
{
	char *text = NULL;
	size_t length = 99;

	(void)state;
	assert_int_equal(file_read("a", 10, &text, &length), -ENOENT);
	assert_int_equal(file_read(".", 10, &text, &length), -EISDIR);
	assert_int_equal(file_write("a", "01\00056", 5, FILE_WRITE_NEW), 0);
	assert_int_equal(file_read("a", 4, &text, &length), -EFBIG);
	assert_null(text);
	assert_int_equal(length, 99);
	assert_int_equal(file_read("a", 5, &text, &length), 0);
	assert_int_equal(length, 5);
	assert_memory_equal(text, "01\00056\0", 6);
	free(text);
}

/* Reads more than a block from a descriptor whose reads return less than requested. */
static void test_read_pipe(void **state)
{
	static char block[50000];
	char *text = NULL;
	size_t length = 0;
	int ends[2];

	(void)state;
	memset(block, 'x', sizeof(block));
	assert_int_equal(pipe(ends), 0);
	if (fork() == 0) {
		int error = 0;
		for (int i = 0; i < 5 && !error; i++)
			error = file_write_all(ends[1], block, sizeof(block));
		_exit(error != 0);
	}
	close(ends[1]);
	assert_int_equal(file_read_all(ends[0], SIZE_MAX, &text, &length), 0);
	close(ends[0]);
	assert_int_equal(length, 5 * sizeof(block));
	assert_int_equal(strspn(text, "x"), length);
	free(text);
}

static void test_read_regular(void **state)
{
	char *text = NULL;
	size_t length = 0;

	(void)state;
	assert_int_equal(mkfifo("fifo", 0600), 0);
	int writer = open("fifo", O_RDWR | O_CLOEXEC);
	assert_true(writer >= 0);
	/* A writer that writes nothing would delay a reader. */
	assert_int_equal(file_read_regular("fifo", 100, &text, &length), -EOPNOTSUPP);
	close(writer);
	assert_int_equal(file_read_regular(".", 100, &text, &length), -EOPNOTSUPP);
	assert_int_equal(file_read_regular("missing", 100, &text, &length), -ENOENT);
	assert_int_equal(file_write("file", "abc", 3, FILE_WRITE_NEW), 0);
	assert_int_equal(file_read_regular("file", 100, &text, &length), 0);
	assert_string_equal(text, "abc");
	free(text);
}

static void expect_mode(const char *name, mode_t mode)
{
	struct stat status;

	assert_int_equal(stat(name, &status), 0);
	assert_int_equal(status.st_mode & 07777, mode);
}

/* A file that is replaced keeps its mode: private files stay private, and a group may still
 * write. */
static void test_replace_keeps_the_mode(void **state)
{
	static const mode_t modes[] = {0600, 0400, 0640, 0664, 0755};
	mode_t mask = umask(022);

	(void)state;
	assert_int_equal(file_write("new", "a", 1, FILE_WRITE_REPLACE), 0);
	expect_mode("new", 0644);
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		assert_int_equal(chmod("new", modes[i]), 0);
		assert_int_equal(file_write("new", "b", 1, FILE_WRITE_REPLACE), 0);
		expect_mode("new", modes[i]);
	}
	/* The mode of a link means nothing. */
	assert_int_equal(symlink("new", "link"), 0);
	assert_int_equal(file_write("link", "c", 1, FILE_WRITE_REPLACE), 0);
	expect_mode("link", 0644);
	umask(mask);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_write_new, enter_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_replace, enter_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_read_regular, enter_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_replace_keeps_the_mode, enter_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(test_links, enter_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_write_failures, enter_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_full_disk, enter_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_read_limit, enter_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_write_without_links, enter_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(test_read_named_pipe, enter_folder, remove_folder),
		cmocka_unit_test(test_read_pipe),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
