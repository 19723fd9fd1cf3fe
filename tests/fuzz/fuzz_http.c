/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: the HTTP client accepts any bytes from a server. A request always ends, once. The
 * response has a status and a message that ends with a NUL. The body goes to on_data only for a 2xx
 * status, and an error of on_data is the result of the request.
 *
 * The input is one byte of flags, and the bytes that the server sends before it closes the
 * connection. The flags are HTTP/2, an error of on_data, and the half of the bytes first.
 */
#define _GNU_SOURCE /* accept4 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/source/http.h"
#include "tests/fuzz/fuzz.h"

/* Libcurl waits at most this long for a server that closed the connection. */
#define TURNS_MAX 200

enum flags {
	FLAG_HTTP2 = 1,
	FLAG_ERROR = 2,
	FLAG_HALVES = 4,
};

struct exchange {
	int flags;
	size_t received; /* bytes of the body */
	unsigned int begun;
	unsigned int ended;
	int error;
	struct http_response response;
};

static char folder[] = "/tmp/polecat-fuzz-XXXXXX";
static char path[64];
static int listener;

static void remove_folder(void)
{
	unlink(path);
	rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	(void)argc;
	(void)argv;
	must(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/socket", folder);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(listener >= 0 &&
	     bind(listener, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
	     listen(listener, 4) == 0 && fcntl(listener, F_SETFL, O_NONBLOCK) == 0);
	atexit(remove_folder);
	return 0;
}

static int on_data(void *data, const char *bytes, size_t length)
{
	struct exchange *exchange = data;

	must(bytes && length > 0 && exchange->ended == 0);
	exchange->received += length;
	return exchange->flags & FLAG_ERROR ? -EMSGSIZE : 0;
}

static void on_begin(void *data)
{
	((struct exchange *)data)->begun++;
}

static void on_end(void *data, int error, const struct http_response *response)
{
	struct exchange *exchange = data;

	exchange->ended++;
	exchange->error = error;
	exchange->response = *response;
}

static void check(const struct exchange *exchange)
{
	const struct http_response *response = &exchange->response;

	must(exchange->ended == 1 && exchange->error <= 0 && response->grpc_status >= -1);
	must(memchr(response->message, '\0', sizeof(response->message)) != NULL);
	must(exchange->error == 0 || response->message[0] != '\0');
	if (exchange->received > 0 && exchange->flags & FLAG_ERROR)
		must(exchange->error == -EMSGSIZE);
	if (exchange->error == 0)
		must(response->status > 0);
}

static void answer(struct http *http, const uint8_t *data, size_t size,
		   const struct exchange *exchange)
{
	size_t first = exchange->flags & FLAG_HALVES ? size / 2 : size;
	int connection = -1;

	for (int i = 0; i < TURNS_MAX && connection < 0 && !exchange->ended; i++) {
		must(http_run(http, NULL, 1) == 0);
		connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	}
	must(connection >= 0);
	ssize_t sent = send(connection, data, first, MSG_NOSIGNAL);
	if (first < size && sent >= 0) {
		must(http_run(http, NULL, 1) == 0);
		sent = send(connection, data + first, size - first, MSG_NOSIGNAL);
	}
	(void)sent;
	shutdown(connection, SHUT_WR);
	for (int i = 0; i < TURNS_MAX && !exchange->ended; i++)
		must(http_run(http, NULL, 20) == 0);
	close(connection);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct exchange exchange = {.flags = data[0]};
	const struct http_options options = {
		.base_url = "http://localhost",
		.unix_socket = path,
		.http2 = data[0] & FLAG_HTTP2,
	};
	const struct http_request request = {
		.path = "/version",
		.timeout_ms = 2000,
		.on_data = on_data,
		.on_begin = on_begin,
		.data = &exchange,
	};
	struct http_call *call = NULL;
	struct http *http = NULL;

	must(http_new(&options, &http) == 0);
	must(http_start(http, &request, on_end, &exchange, &call) == 0);
	answer(http, data + 1, size - 1, &exchange);
	check(&exchange);
	http_free(http);
	return 0;
}
