/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP client against a server on a unix socket that sends prepared answers. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/source/http.h"
#include "core/source/source.h"

/* A server for one connection. Its thread reads the head of a request and answers. Then it closes
 * the connection, or waits for the client to close it. */
struct server {
	char folder[32];
	char path[64];
	int listener;
	pthread_t thread;
	const char *answer;
	bool keeps_silent;  /* wait after the answer until the client closes */
	char request[4096]; /* the received head */
};

static void *serve(void *data)
{
	struct server *server = data;
	size_t length = 0;
	int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return NULL;
	while (length < sizeof(server->request) - 1) {
		ssize_t got =
			recv(fd, server->request + length, sizeof(server->request) - 1 - length, 0);
		if (got <= 0)
			break;
		length += (size_t)got;
		if (strstr(server->request, "\r\n\r\n"))
			break;
	}
	ssize_t sent = send(fd, server->answer, strlen(server->answer), MSG_NOSIGNAL);
	(void)sent;
	if (server->keeps_silent) {
		char byte;
		while (recv(fd, &byte, 1, 0) > 0)
			;
	}
	close(fd);
	return NULL;
}

static void start_server(struct server *server, const char *answer)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(server->folder, sizeof(server->folder), "/tmp/polecat-http-XXXXXX");
	assert_non_null(mkdtemp(server->folder));
	snprintf(server->path, sizeof(server->path), "%s/sock", server->folder);
	memcpy(address.sun_path, server->path, sizeof(server->path));
	server->answer = answer;
	server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(server->listener >= 0);
	assert_int_equal(bind(server->listener, (const struct sockaddr *)&address, sizeof(address)),
			 0);
	assert_int_equal(listen(server->listener, 4), 0);
	assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void stop_server(struct server *server)
{
	shutdown(server->listener, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	close(server->listener);
	unlink(server->path);
	rmdir(server->folder);
}

/* The bytes that on_data received. */
struct got {
	char text[256];
	size_t length;
	int error; /* the result of on_data */
};

static int on_data(void *data, const char *bytes, size_t length)
{
	struct got *got = data;

	assert_true(length < sizeof(got->text) - got->length);
	memcpy(got->text + got->length, bytes, length);
	got->length += length;
	return got->error;
}

static int ask(const char *socket_path, const struct http_request *request,
	       struct http_response *response)
{
	const struct http_options options = {.base_url = "http://localhost",
					     .unix_socket = socket_path};
	struct http *http = NULL;

	assert_int_equal(http_new(&options, &http), 0);
	int error = http_perform(http, NULL, request, response);
	http_free(http);
	return error;
}

static void test_answers(void **state)
{
	static const struct {
		const char *answer;
		int on_data_error;
		int error;
		long status;
		unsigned int retry_after_s;
		int grpc_status;
		const char *data;
		const char *message; /* a part of the message; NULL: any */
	} cases[] = {
		{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 0, 0, 200, 0, -1, "hello",
		 ""},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: "
		 "chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
		 0, 0, 200, 0, -1, "hello", ""},
		{"HTTP/1.1 204 No Content\r\n\r\n", 0, 0, 204, 0, -1, "", ""},
		{"HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\n\r\nno such", 0, 0, 404, 0, -1, "",
		 "no such"},
		{"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", 0, 0, 429, 7,
		 -1, "", ""},
		{"HTTP/1.1 503 Busy\r\nretry-after:  120 \r\nContent-Length: 0\r\n\r\n", 0, 0, 503,
		 120, -1, "", ""},
		{"HTTP/1.1 503 Busy\r\nRetry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n"
		 "Content-Length: 0\r\n\r\n",
		 0, 0, 503, 0, -1, "", ""},
		{"HTTP/1.1 200 OK\r\nGrpc-Status: 14\r\nGrpc-Message: not yet\r\n"
		 "Content-Length: 0\r\n\r\n",
		 0, 0, 200, 0, 14, "", "not yet"},
		/* A cut answer, an answer that is not HTTP, no answer. */
		{"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello", 0, -EPROTO, 200, 0, -1,
		 "hello", NULL},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", 0, -EPROTO,
		 200, 0, -1, "hello", NULL},
		{"SSH-2.0-something\r\n", 0, -EPROTO, 0, 0, -1, "", NULL},
		{"", 0, -EPROTO, 0, 0, -1, "", NULL},
		/* An error of on_data ends the request. */
		{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", -EMSGSIZE, -EMSGSIZE, 200, 0,
		 -1, "hello", NULL},
		/* A redirect is not followed, since another server would get the token. */
		{"HTTP/1.1 302 Found\r\nLocation: http://203.0.113.1/\r\nContent-Length: 0\r\n\r\n",
		 0, 0, 302, 0, -1, "", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct server server = {0};
		struct http_response response;
		struct got got = {.error = cases[i].on_data_error};
		const struct http_request request = {
			.path = "/x", .timeout_ms = 10000, .on_data = on_data, .data = &got};
		start_server(&server, cases[i].answer);
		int error = ask(server.path, &request, &response);
		stop_server(&server);
		if (error != cases[i].error)
			fail_msg("case %zu: %d (%s)", i, error, response.message);
		assert_int_equal(response.status, cases[i].status);
		assert_int_equal(response.retry_after_s, cases[i].retry_after_s);
		assert_int_equal(response.grpc_status, cases[i].grpc_status);
		got.text[got.length] = '\0';
		assert_string_equal(got.text, cases[i].data);
		if (cases[i].message)
			assert_string_equal(response.message, cases[i].message);
		else
			assert_true(response.message[0] != '\0' || error == -EMSGSIZE);
	}
}

/* The body of an error response is cut to the size of response.message. */
static void test_long_refusal(void **state)
{
	char *answer = malloc(100000);
	struct server server = {0};
	struct http_response response;
	const struct http_request request = {.path = "/", .timeout_ms = 10000};

	(void)state;
	assert_non_null(answer);
	int length = snprintf(answer, 100000, "HTTP/1.1 500 No\r\nContent-Length: 90000\r\n\r\n");
	memset(answer + length, 'x', 90000);
	answer[length + 90000] = '\0';
	start_server(&server, answer);
	assert_int_equal(ask(server.path, &request, &response), 0);
	stop_server(&server);
	assert_int_equal(response.status, 500);
	assert_int_equal(strlen(response.message), sizeof(response.message) - 1);
	free(answer);
}

/* The server gets exactly the requested method, headers and body. */
#define DESCRIPTORS 256

static bool was_open[DESCRIPTORS];

/* Counts in data the descriptors that the call has opened and that a child would inherit. */
static int count_inherited(void *data, const char *bytes, size_t length)
{
	int *count = data;

	(void)bytes;
	(void)length;
	for (int fd = 0; fd < DESCRIPTORS; fd++) {
		int flags = fcntl(fd, F_GETFD);
		*count += !was_open[fd] && flags >= 0 && !(flags & FD_CLOEXEC);
	}
	return 0;
}

static void test_descriptors_are_not_inherited(void **state)
{
	int count = 0;
	struct server server = {0};
	const struct http_request request = {
		.method = "GET", .path = "/", .on_data = count_inherited, .data = &count};
	struct http_response response = {0};

	(void)state;
	start_server(&server, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
	const struct http_options options = {.base_url = "http://localhost",
					     .unix_socket = server.path};
	struct http *http = NULL;
	assert_int_equal(http_new(&options, &http), 0);
	/* libcurl has opened a socket pair to wake itself. Children close that (child.c). */
	for (int fd = 0; fd < DESCRIPTORS; fd++)
		was_open[fd] = fcntl(fd, F_GETFD) >= 0;
	assert_int_equal(http_perform(http, NULL, &request, &response), 0);
	http_free(http);
	assert_int_equal(count, 0);
	stop_server(&server);
}

static void test_request(void **state)
{
	struct server server = {0};
	struct http_response response;
	static const char *const headers[] = {"Accept: text/plain", NULL};
	const struct http_request request = {
		.method = "POST",
		.path = "/path?query=1",
		.headers = headers,
		.bearer = "secret",
		.body = "body",
		.body_length = 4,
		.timeout_ms = 10000,
	};

	(void)state;
	start_server(&server, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(ask(server.path, &request, &response), 0);
	stop_server(&server);
	assert_memory_equal(server.request, "POST /path?query=1 HTTP/1.1\r\n", 29);
	assert_non_null(strstr(server.request, "\r\nAccept: text/plain\r\n"));
	assert_non_null(strstr(server.request, "\r\nAuthorization: Bearer secret\r\n"));
	assert_non_null(strstr(server.request, "\r\nContent-Length: 4\r\n"));
	assert_null(strstr(server.request, "Expect:"));
}

static void test_nobody(void **state)
{
	struct server server = {0};
	struct http_response response;
	const struct http_request request = {.path = "/", .timeout_ms = 10000};

	(void)state;
	assert_int_equal(ask("/nonexistent/socket", &request, &response), -ENOENT);
	assert_string_equal(response.message, "No such file or directory");
	/* The socket exists, but its server has exited. */
	start_server(&server, "");
	shutdown(server.listener, SHUT_RDWR);
	pthread_join(server.thread, NULL);
	close(server.listener);
	assert_int_equal(ask(server.path, &request, &response), -ECONNREFUSED);
	assert_string_equal(response.message, "Connection refused");
	unlink(server.path);
	rmdir(server.folder);
}

static void test_too_slow(void **state)
{
	struct server server = {.keeps_silent = true};
	struct http_response response;
	const struct http_request request = {.path = "/", .timeout_ms = 200};

	(void)state;
	start_server(&server, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
	assert_int_equal(ask(server.path, &request, &response), -ETIMEDOUT);
	stop_server(&server);
}

/* A source that waits for an answer that never ends. */
struct waiter {
	struct http *http;
	int error;
};

static void run_waiter(struct source *source, void *data)
{
	struct waiter *waiter = data;
	struct http_response response;
	const struct http_request request = {.path = "/"};

	source_set_health(source, SOURCE_READY, 0, "%s", "");
	waiter->error = http_perform(waiter->http, source, &request, &response);
}

/* source_stop ends a request whose answer never ends. */
static void test_stop(void **state)
{
	static const struct source_operations operations = {.label = "test", .run = run_waiter};
	struct server server = {.keeps_silent = true};
	struct waiter waiter = {0};
	struct source *source = NULL;
	struct source_health health = {0};

	(void)state;
	start_server(&server, "HTTP/1.1 200 OK\r\n\r\nhello");
	const struct http_options options = {.base_url = "http://localhost",
					     .unix_socket = server.path};
	assert_int_equal(http_new(&options, &waiter.http), 0);
	assert_int_equal(source_new(&operations, &waiter, &source), 0);
	assert_int_equal(source_start(source), 0);
	for (int i = 0; i < 500 && health.state != SOURCE_READY; i++) {
		source_health(source, &health);
		poll(NULL, 0, 5);
	}
	poll(NULL, 0, 50);
	source_stop(source);
	assert_int_equal(waiter.error, -ECANCELED);
	source_free(source);
	http_free(waiter.http);
	stop_server(&server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_long_refusal),
		cmocka_unit_test(test_descriptors_are_not_inherited),
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_too_slow),
		cmocka_unit_test(test_stop),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
