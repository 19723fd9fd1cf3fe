/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP for the sources of names (Kubernetes API, CRI, Docker): one client over libcurl, on a TCP
 * address with TLS or on a unix socket, that a source's thread can be called back from at any time.
 *
 * A client belongs to one thread. Connections are kept between requests.
 */
#ifndef POLECAT_CORE_SOURCE_HTTP_H
#define POLECAT_CORE_SOURCE_HTTP_H

#include <stdbool.h>
#include <stddef.h>

struct source;
struct http;

/* Where and how to connect. All strings are copied; NULL: not used. Nothing in here is ever logged.
 */
struct http_options {
	const char *base_url; /* "https://198.51.100.1:6443", "http://localhost" with a unix socket;
				 no slash at the end */
	const char *unix_socket;      /* path of the socket */
	bool http2;                   /* HTTP/2 without asking: gRPC over a unix socket */
	bool http1;                   /* HTTP/1.1 and nothing newer */
	const char *ca_file;          /* PEM; the system's certificates where neither is given */
	const char *ca_data;          /* PEM text */
	const char *certificate_file; /* client certificate, PEM */
	const char *certificate_data;
	const char *key_file;
	const char *key_data;
	const char *tls_server_name; /* verified, and sent as SNI, instead of the URL's host */
	const char *proxy;           /* URL */
	bool insecure;               /* does not verify the server: the caller warns */
	const char *user;            /* basic authentication */
	const char *password;
};

/* One request. Nothing is kept after the call. */
struct http_request {
	const char *method;         /* NULL: GET, or POST where there is a body */
	const char *path;           /* with the query, from its first slash */
	const char *const *headers; /* "Name: value", NULL-terminated; NULL: none */
	const char *bearer;         /* token; sent only as the Authorization header */
	const void *body;
	size_t body_length;
	unsigned int timeout_ms; /* for the whole answer; 0: none */
	unsigned int
		idle_ms; /* gives up when nothing came for so long; 0: never. Coarse: a second. */
	/*
	 * Gets the answer's body as it comes, only where the status is 2xx. Negative ends the
	 * request with that error. Bodies of other statuses go to http_response.message.
	 */
	int (*on_data)(void *data, const char *bytes, size_t length);
	/* The headers of a 2xx answer have come; NULL: do not tell. */
	void (*on_begin)(void *data);
	void *data; /* for both */
};

#define HTTP_MESSAGE_SIZE 1024

struct http_response {
	long status;                     /* HTTP status; 0: none came */
	unsigned int retry_after_s;      /* of the Retry-After header; 0: none */
	int grpc_status;                 /* of the trailers; -1: none */
	char message[HTTP_MESSAGE_SIZE]; /* what went wrong: the beginning of the server's body, or
			       curl's words; control bytes may be in it */
};

/* 0 or -ENOMEM, -EINVAL; *out untouched on failure. */
int http_new(const struct http_options *options, struct http **out);
void http_free(struct http *http);

/*
 * Performs one request to its end, while watching source_stop_fd (source may be NULL).
 * 0: an answer came, whatever its status. -ECANCELED: the source is being stopped. -ETIMEDOUT,
 * -ECONNREFUSED, -ENOENT (no such socket), -EACCES, -EPROTO (not HTTP, cut off), -EKEYREJECTED (TLS
 * verification), -EIO; on_data's own error. response is filled in always.
 */
int http_perform(struct http *http, struct source *source, const struct http_request *request,
		 struct http_response *response);

/* A request in flight beside others of the same client. */
struct http_call;

/*
 * Begins a request; http_run carries it on. What request points to is copied, but the body, which
 * must live as long as the call. `done` gets what http_perform would return and the response, valid
 * within it, from http_run; the call is freed then. It may start and cancel calls. 0 or -ENOMEM,
 * and `done` is not called then.
 */
int http_start(struct http *http, const struct http_request *request,
	       void (*done)(void *data, int error, const struct http_response *response),
	       void *data, struct http_call **out);

/* Ends a call without a word. Not from within on_data. NULL is fine. */
void http_cancel(struct http_call *call);

/*
 * Carries on all calls, for at most `timeout_ms` or until one is done; watches source_stop_fd
 * (source may be NULL). 0; -ECANCELED: the source is being stopped; -EIO.
 */
int http_run(struct http *http, struct source *source, unsigned int timeout_ms);

#endif
