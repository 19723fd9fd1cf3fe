/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/source/identity_source.h"

static void test_backoff(void **state)
{
	unsigned int longest = IDENTITY_BACKOFF_FIRST_MS;
	unsigned int backoff_ms = 0;

	(void)state;
	for (int i = 0; i < 10; i++) {
		unsigned int wait_ms = identity_backoff_next(&backoff_ms);
		assert_int_equal(backoff_ms, longest);
		assert_in_range(wait_ms, longest - longest / IDENTITY_BACKOFF_JITTER, longest);
		longest = longest * 2 < IDENTITY_BACKOFF_LAST_MS ? longest * 2
								 : IDENTITY_BACKOFF_LAST_MS;
	}
	assert_int_equal(backoff_ms, IDENTITY_BACKOFF_LAST_MS);
	backoff_ms = 0;
	assert_in_range(identity_backoff_next(&backoff_ms), 1, IDENTITY_BACKOFF_FIRST_MS);
}

/* Many programs that lose one server at the same time must not ask it again at the same time. */
static void test_backoff_differs(void **state)
{
	unsigned int first = 0;
	unsigned int other = 0;

	(void)state;
	for (int i = 0; i < 1000 && first == other; i++) {
		unsigned int backoff_ms = IDENTITY_BACKOFF_LAST_MS;
		other = identity_backoff_next(&backoff_ms);
		first = first ? first : other;
		nanosleep(&(struct timespec){.tv_nsec = 1000}, NULL);
	}
	assert_int_not_equal(first, other);
}

static void test_socket_path(void **state)
{
	static const struct {
		const char *endpoint;
		const char *host_root;
		const char *path; /* NULL: not the path of a socket */
	} cases[] = {
		{"unix:///run/a.sock", NULL, "/run/a.sock"},
		{"/run/a.sock", NULL, "/run/a.sock"},
		{"unix:///nonexistent/a.sock", "/host", "/host/nonexistent/a.sock"},
		{"/nonexistent/a.sock", "/host", "/host/nonexistent/a.sock"},
		/* If a path exists, but not below the host root, it is used without the root. */
		{"unix:///proc/self/status", "/host", "/proc/self/status"},
		{"unix://run/a.sock", NULL, NULL},
		{"tcp://127.0.0.1:2375", NULL, NULL},
		{"npipe:////./pipe/a", NULL, NULL},
		{"unix://", NULL, NULL},
		{"", NULL, NULL},
		{"a.sock", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *path = identity_socket_path(cases[i].endpoint, cases[i].host_root);
		if (cases[i].path)
			assert_string_equal(path, cases[i].path);
		else
			assert_null(path);
		free(path);
	}
}

static void make_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
}

/* Finds a socket below the host root. Rejects a file and a directory. */
static void test_find_socket(void **state)
{
	char root[] = "/tmp/polecat-names-XXXXXX";
	char path[64];

	(void)state;
	assert_non_null(mkdtemp(root));
	assert_null(identity_find_socket("/", root));
	assert_null(identity_find_socket("/missing", root));
	snprintf(path, sizeof(path), "%s/file", root);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
	assert_null(identity_find_socket("/file", root));
	unlink(path);
	snprintf(path, sizeof(path), "%s/socket", root);
	make_socket(path);
	char *found = identity_find_socket("/socket", root);
	assert_string_equal(found, path);
	free(found);
	unlink(path);
	rmdir(root);
}

/* --- connections to sockets --- */

static const char *const usual[] = {"/missing", "/refuses", "/fails", "/answers", NULL};
static const char *answering; /* connect_socket accepts only paths that contain this; NULL: none */

static int connect_socket(struct identity_client *client)
{
	assert_non_null(client->http);
	if (answering && strstr(client->place, answering))
		return 0;
	snprintf(client->message, sizeof(client->message), "%s", strrchr(client->place, '/'));
	return strstr(client->place, "/refuses") ? -ENOSYS : -EIO;
}

static const struct identity_source socket_source = {
	.label = "test",
	.title = "test",
	.gives = "nothing",
	.id = IDENTITY_CRI,
	.size = sizeof(struct identity_client),
	.sockets = usual,
	.connect = connect_socket,
};

static void check_socket(const struct identity_config *config, int error, const char *place,
			 const char *message)
{
	struct identity_check check;

	identity_source_check(&socket_source, config, &check);
	assert_int_equal(check.error, error);
	assert_string_equal(check.place, place);
	if (message)
		assert_string_equal(check.message, message);
	identity_check_clear(&check);
}

/* Uses the first of the usual sockets that answers. If no socket answers, reports the error of the
 * first socket that exists. */
static void test_usual_sockets(void **state)
{
	char root[] = "/tmp/polecat-names-XXXXXX";
	const struct identity_config config = {.host_root = root};
	char paths[3][64];

	(void)state;
	assert_non_null(mkdtemp(root));
	answering = NULL;
	check_socket(&config, -ENOENT, "", "no socket in the usual places");
	for (size_t i = 0; i < 3; i++) {
		snprintf(paths[i], sizeof(paths[i]), "%s%s", root, usual[i + 1]);
		make_socket(paths[i]);
	}
	check_socket(&config, -ENOSYS, paths[0], "/refuses");
	answering = "/answers";
	check_socket(&config, 0, paths[2], NULL);
	for (size_t i = 0; i < 3; i++)
		unlink(paths[i]);
	rmdir(root);
}

/* If the user names a socket, the usual sockets are not tried. The name must be the path of a unix
 * socket. */
static void test_named_socket(void **state)
{
	struct identity_config config = {.places[IDENTITY_CRI] = "unix:///nonexistent/a.sock"};

	(void)state;
	answering = NULL;
	check_socket(&config, -EIO, "/nonexistent/a.sock", "/a.sock");
	config.places[IDENTITY_CRI] = "tcp://198.51.100.1";
	check_socket(&config, -EINVAL, "", "Invalid argument");
}

/* Waits until a kick or a stop, reports which came, and then ignores kicks. */
static void run_waiter(struct source *source, void *data)
{
	(void)data;
	source_set_health(source, SOURCE_READY, 0, "%s", "waits");
	bool kicked = identity_wait(source, 60000, IDENTITY_WAIT_OR_KICKED);
	source_set_health(source, SOURCE_READY, 0, "%s", kicked ? "kicked" : "stopped");
	while (!source_stopping(source))
		identity_wait(source, 60000, IDENTITY_WAIT_FIXED);
}

static void wait_for_message(struct source *source, const char *message)
{
	struct source_health health;
	const struct timespec pause = {.tv_nsec = 5000000};

	for (int i = 0; i < 1000; i++) {
		source_health(source, &health);
		if (strcmp(health.message, message) == 0)
			return;
		nanosleep(&pause, NULL);
	}
	fail_msg("'%s' instead of '%s'", health.message, message);
}

/* A kick ends a wait that allows it; a stop ends every wait. */
static void test_wait(void **state)
{
	static const struct source_operations operations = {.label = "test", .run = run_waiter};
	struct source *source = NULL;

	(void)state;
	assert_int_equal(source_start_new(&operations, NULL, &source), 0);
	wait_for_message(source, "waits");
	source_kick(source);
	source_kick(source);
	wait_for_message(source, "kicked");
	source_free(source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_backoff),       cmocka_unit_test(test_backoff_differs),
		cmocka_unit_test(test_socket_path),   cmocka_unit_test(test_find_socket),
		cmocka_unit_test(test_usual_sockets), cmocka_unit_test(test_named_socket),
		cmocka_unit_test(test_wait),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
