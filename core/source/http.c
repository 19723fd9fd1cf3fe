/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "core/source/http.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <curl/curl.h>

#include "core/base/cleanup.h"
#include "core/base/memory.h"
#include "core/base/secret.h"
#include "core/source/source.h"

/* A connection attempt that takes longer counts as refused. */
#define CONNECT_TIMEOUT_MS 5000L
#define POLL_MS            1000

/* The kernel sends nine probes, so it detects a dead peer after a minute of silence. */
#define KEEPALIVE_IDLE_S     15L
#define KEEPALIVE_INTERVAL_S 5L

struct http {
	CURL *easy; /* has the options; each call uses a copy */
	CURLM *multi;
	char *base_url;
	bool is_local;                 /* over a unix socket: the URL's host has no meaning */
	struct curl_slist *connect_to; /* must outlive every transfer */
	struct http_call *calls;
};

/* One request in flight. */
struct http_call {
	struct http *http;
	struct http_call *next;
	CURL *easy;
	struct curl_slist *headers;
	int (*on_data)(void *data, const char *bytes, size_t length);
	void (*on_begin)(void *data);
	void *request_data;
	void (*done)(void *data, int error, const struct http_response *response);
	void *data;
	struct http_response response;
	int callback_error;
	size_t message_length;
	char curl_message[CURL_ERROR_SIZE];
};

/* Opens a socket for libcurl, which would let children of this process inherit it. */
static curl_socket_t http_open_socket(void *data, curlsocktype purpose,
				      struct curl_sockaddr *address)
{
	(void)data;
	(void)purpose;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* libcurl copies tokens, passwords and keys into memory of its own, and frees it as it is. So all
 * memory of libcurl is overwritten when it is freed. */
static void http_initialise_curl(void)
{
	curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, secret_free, secret_resize, strdup,
			     calloc);
}

static void http_set_text(CURL *easy, CURLoption option, const char *text)
{
	if (text)
		curl_easy_setopt(easy, option, text);
}

static void http_set_blob(CURL *easy, CURLoption option, const char *text)
{
	if (!text)
		return;
	/* libcurl copies the text (CURL_BLOB_COPY) and does not write to it. */
	struct curl_blob blob = {.len = strlen(text), .flags = CURL_BLOB_COPY};
	memcpy(&blob.data, &text, sizeof(text));
	curl_easy_setopt(easy, option, &blob);
}

/* Puts tls_server_name into the URL, so that libcurl expects a certificate for this name, but makes
 * libcurl connect to the original host of the URL. */
static int http_set_server_name(struct http *http, const struct http_options *options)
{
	const char *host = strstr(options->base_url, "://");
	char address[256];
	char port[8] = "443";

	if (!options->tls_server_name || !host)
		return 0;
	host += 3;
	size_t host_length = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/");
	if (host_length >= sizeof(address))
		return -EINVAL;
	snprintf(address, sizeof(address), "%.*s", (int)host_length, host);
	if (host[host_length] == ':')
		snprintf(port, sizeof(port), "%.*s",
			 (int)strspn(host + host_length + 1, "0123456789"), host + host_length + 1);

	char *rewritten = NULL;
	const char *path = strchr(host + host_length, '/');
	if (asprintf(&rewritten, "https://%s:%s%s", options->tls_server_name, port,
		     path ? path : "") < 0)
		return -ENOMEM;
	free(http->base_url);
	http->base_url = rewritten;
	char connect_to[600];
	snprintf(connect_to, sizeof(connect_to), "%s:%s:%s:%s", options->tls_server_name, port,
		 address, port);
	http->connect_to = curl_slist_append(NULL, connect_to);
	if (!http->connect_to)
		return -ENOMEM;
	curl_easy_setopt(http->easy, CURLOPT_CONNECT_TO, http->connect_to);
	return 0;
}

static void http_set_tls(CURL *easy, const struct http_options *options)
{
	/* The cluster's certificate authority replaces those of the system. */
	if (options->ca_file || options->ca_data)
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	http_set_text(easy, CURLOPT_CAINFO, options->ca_file);
	http_set_blob(easy, CURLOPT_CAINFO_BLOB, options->ca_data);
	http_set_text(easy, CURLOPT_SSLCERT, options->certificate_file);
	http_set_blob(easy, CURLOPT_SSLCERT_BLOB, options->certificate_data);
	http_set_text(easy, CURLOPT_SSLKEY, options->key_file);
	http_set_blob(easy, CURLOPT_SSLKEY_BLOB, options->key_data);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	/* Files of certificates are replaced while polecat runs. By default, libcurl keeps the
	 * authorities for a day, and a resumed session keeps the identity of an old certificate. */
	curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
#if LIBCURL_VERSION_NUM >= 0x075700
	curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
#endif
	if (options->insecure) {
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

int http_new(const struct http_options *options, struct http **out)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	int error = -ENOMEM;

	pthread_once(&once, http_initialise_curl);
	struct http *http = memory_checked(calloc(1, sizeof(*http)));
	if (!http)
		return -ENOMEM;
	http->easy = curl_easy_init();
	http->multi = curl_multi_init();
	http->base_url = memory_checked(strdup(options->base_url));
	if (!http->easy || !http->multi || !http->base_url)
		goto fail;

	CURL *easy = http->easy;
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L); /* signals are unsafe with threads */
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, http_open_socket);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
	curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	/* "" makes libcurl ignore proxies in environment variables. Such a proxy must not get the
	 * credentials of a cluster. */
	curl_easy_setopt(easy, CURLOPT_PROXY, options->proxy ? options->proxy : "");
	http->is_local = options->unix_socket != NULL;
	http_set_text(easy, CURLOPT_UNIX_SOCKET_PATH, options->unix_socket);
	http_set_text(easy, CURLOPT_USERNAME, options->user);
	http_set_text(easy, CURLOPT_PASSWORD, options->password);
	if (options->http2) {
		curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
				 (long)CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE);
		/* libcurl 7.88 breaks the framing of the second request of an HTTP/2 connection. */
		curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	}
	if (options->http1)
		curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	http_set_tls(easy, options);
	error = http_set_server_name(http, options);
	if (error)
		goto fail;
	*out = http;
	return 0;

fail:
	http_free(http);
	return error;
}

void http_free(struct http *http)
{
	if (!http)
		return;
	while (http->calls)
		http_cancel(http->calls);
	curl_easy_cleanup(http->easy);
	curl_multi_cleanup(http->multi);
	curl_slist_free_all(http->connect_to);
	free(http->base_url);
	free(http);
}

static bool http_is_success(const struct http_call *call)
{
	long status = 0;

	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	return status >= 200 && status < 300;
}

static size_t http_on_body(char *bytes, size_t size, size_t count, void *data)
{
	struct http_call *call = data;
	size_t length = size * count;

	if (!http_is_success(call)) {
		size_t room = sizeof(call->response.message) - 1 - call->message_length;
		size_t kept = length < room ? length : room;
		memcpy(call->response.message + call->message_length, bytes, kept);
		call->message_length += kept;
		return length;
	}
	if (!call->on_data)
		return length;
	call->callback_error = call->on_data(call->request_data, bytes, length);
	return call->callback_error < 0 ? CURL_WRITEFUNC_ERROR : length;
}

/* Calls on_begin at the empty line after the headers. */
static size_t http_on_header(char *line, size_t size, size_t count, void *data)
{
	struct http_call *call = data;
	size_t length = size * count;

	if (call->on_begin && length == 2 && line[0] == '\r' && http_is_success(call))
		call->on_begin(call->request_data);
	return length;
}

/* Returns the value of a header or trailer (gRPC), or NULL if there is no such header. */
static const char *http_header(const struct http_call *call, const char *name)
{
	struct curl_header *header = NULL;
	CURLHcode code =
		curl_easy_header(call->easy, name, 0, CURLH_HEADER | CURLH_TRAILER, -1, &header);

	return code == CURLHE_OK ? header->value : NULL;
}

/* Returns the number in a header. Returns `missing` if there is no header or no number. */
static int http_header_number(const struct http_call *call, const char *name, int missing)
{
	const char *value = http_header(call, name);

	if (!value || !isdigit((unsigned char)value[0]))
		return missing;
	long number = strtol(value, NULL, 10);
	return number < INT_MAX ? (int)number : INT_MAX;
}

static int http_error_of(CURLcode code, const struct http_call *call)
{
	long os_error = 0;

	switch (code) {
	case CURLE_OK:
		return 0;
	case CURLE_OPERATION_TIMEDOUT:
		return -ETIMEDOUT;
	case CURLE_COULDNT_CONNECT:
		curl_easy_getinfo(call->easy, CURLINFO_OS_ERRNO, &os_error);
		return os_error ? -(int)os_error : -ECONNREFUSED;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_ISSUER_ERROR:
		return -EKEYREJECTED;
	case CURLE_WRITE_ERROR:
		return call->callback_error < 0 ? call->callback_error : -EIO;
	case CURLE_OUT_OF_MEMORY:
		return -ENOMEM;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return -EPROTO;
	default:
		return -EIO;
	}
}

static bool http_add_header(struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*list, line);

	*list = longer ? longer : *list;
	return longer;
}

static struct curl_slist *http_headers_of(const struct http_request *request)
{
	struct curl_slist *list = NULL;
	bool added = http_add_header(&list, "Expect:");
	char *authorization = NULL;

	for (const char *const *header = request->headers; added && header && *header; header++)
		added = http_add_header(&list, *header);
	if (added && request->bearer) {
		if (asprintf(&authorization, "Authorization: Bearer %s", request->bearer) < 0)
			authorization = NULL;
		added = authorization && http_add_header(&list, authorization);
		if (authorization)
			explicit_bzero(authorization, strlen(authorization));
		free(authorization);
	}
	if (added)
		return list;
	curl_slist_free_all(list);
	return NULL;
}

static void http_prepare(struct http_call *call, const struct http_request *request,
			 const char *url)
{
	CURL *easy = call->easy;

	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, http_on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, http_on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->curl_message);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, request->idle_ms ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)((request->idle_ms + 999) / 1000));
	if (request->body) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)request->body_length);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
	}
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
}

static void http_free_call(struct http_call *call)
{
	curl_easy_cleanup(call->easy);
	curl_slist_free_all(call->headers);
	free(call);
}

/* Removes the call from its client and from libcurl. */
static void http_detach(struct http_call *call)
{
	struct http_call **link = &call->http->calls;

	while (*link && *link != call)
		link = &(*link)->next;
	if (*link)
		*link = call->next;
	curl_multi_remove_handle(call->http->multi, call->easy);
}

int http_start(struct http *http, const struct http_request *request,
	       void (*done)(void *data, int error, const struct http_response *response),
	       void *data, struct http_call **out)
{
	CLEANUP_FREE char *url = NULL;
	struct http_call *call = memory_checked(calloc(1, sizeof(*call)));

	if (!call)
		return -ENOMEM;
	call->http = http;
	call->on_data = request->on_data;
	call->on_begin = request->on_begin;
	call->request_data = request->data;
	call->done = done;
	call->data = data;
	if (asprintf(&url, "%s%s", http->base_url, request->path) < 0)
		url = NULL;
	call->easy = curl_easy_duphandle(http->easy);
	call->headers = http_headers_of(request);
	if (!url || !call->easy || !call->headers)
		goto fail;
	http_prepare(call, request, url);
	if (curl_multi_add_handle(http->multi, call->easy) != CURLM_OK)
		goto fail;
	call->next = http->calls;
	http->calls = call;
	*out = call;
	return 0;

fail:
	http_free_call(call);
	return -ENOMEM;
}

void http_cancel(struct http_call *call)
{
	if (!call)
		return;
	http_detach(call);
	http_free_call(call);
}

static void http_finish(struct http_call *call, CURLcode result)
{
	struct http_response *response = &call->response;

	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &response->status);
	response->retry_after_s = (unsigned int)http_header_number(call, "Retry-After", 0);
	response->grpc_status = http_header_number(call, "grpc-status", -1);
	/*
	 * gRPC describes a failure in this trailer. Characters outside ASCII stay percent-encoded.
	 */
	const char *message = http_header(call, "grpc-message");
	if (message)
		snprintf(response->message, sizeof(response->message), "%s", message);
	int error = http_error_of(result, call);
	if (call->http->is_local && result == CURLE_COULDNT_CONNECT)
		snprintf(response->message, sizeof(response->message), "%s", strerror(-error));
	else if (error && response->message[0] == '\0')
		snprintf(response->message, sizeof(response->message), "%s",
			 call->curl_message[0] ? call->curl_message : curl_easy_strerror(result));
	http_detach(call);
	call->done(call->data, error, response);
	http_free_call(call);
}

/* Ends the calls that libcurl has completed. Returns their number. */
static unsigned int http_finish_done(struct http *http)
{
	const CURLMsg *message;
	unsigned int finished = 0;
	int left = 0;

	while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
		struct http_call *call = NULL;
		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
		http_finish(call, message->data.result);
		finished++;
	}
	return finished;
}

int http_run(struct http *http, struct source *source, unsigned int timeout_ms)
{
	struct curl_waitfd stop = {.fd = source ? source_stop_fd(source) : -1,
				   .events = CURL_WAIT_POLLIN};
	int running = 0;

	if (curl_multi_perform(http->multi, &running) != CURLM_OK)
		return -EIO;
	if (source && source_stopping(source))
		return -ECANCELED;
	if (http_finish_done(http) > 0)
		return 0;
	if (curl_multi_poll(http->multi, &stop, source ? 1 : 0, (int)timeout_ms, NULL) != CURLM_OK)
		return -EIO;
	return source && source_stopping(source) ? -ECANCELED : 0;
}

/* The result of the call in http_perform. */
struct http_outcome {
	bool done;
	int error;
	struct http_response *response;
};

static void http_set_outcome(void *data, int error, const struct http_response *response)
{
	struct http_outcome *outcome = data;

	outcome->done = true;
	outcome->error = error;
	*outcome->response = *response;
}

int http_perform(struct http *http, struct source *source, const struct http_request *request,
		 struct http_response *response)
{
	struct http_outcome outcome = {.response = response};
	struct http_call *call = NULL;

	*response = (struct http_response){.grpc_status = -1};
	int error = http_start(http, request, http_set_outcome, &outcome, &call);
	while (!error && !outcome.done)
		error = http_run(http, source, POLL_MS);
	if (outcome.done)
		return outcome.error;
	http_cancel(call);
	return error;
}
