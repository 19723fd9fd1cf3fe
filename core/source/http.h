/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An HTTP client over libcurl for the identity sources (Kubernetes API, CRI, Docker). It connects
 * to a TCP address with TLS, or to a unix socket. Requests end early when their source is stopped.
 * A client belongs to one thread and keeps connections open between requests.
 */
#ifndef POLECAT_CORE_SOURCE_HTTP_H
#define POLECAT_CORE_SOURCE_HTTP_H

#include <stdbool.h>
#include <stddef.h>

struct source;
struct http;

/* The server and the way to connect to it. The client copies all strings. NULL: not used. No value
 * is logged. */
struct http_options {
	const char *base_url; /* "https://198.51.100.1:6443", "http://localhost" with a unix socket;
				 no slash at the end */
	const char *unix_socket;      /* path of the socket */
	bool http2;                   /* HTTP/2 with prior knowledge: gRPC over a unix socket */
	bool http1;                   /* HTTP/1.1 and nothing newer */
	const char *ca_file;          /* PEM; if both ca_… are NULL: the system's certificates */
	const char *ca_data;          /* PEM text */
	const char *certificate_file; /* client certificate, PEM */
	const char *certificate_data;
	const char *key_file;
	const char *key_data;
	const char *tls_server_name; /* replaces the URL's host in verification and SNI */
	const char *proxy;           /* URL */
	bool insecure;               /* do not verify the server; the caller warns */
	const char *user;            /* basic authentication */
	const char *password;
};

/* One request. The caller may free all of it after http_perform, and all but the body after
 * http_start. */
struct http_request {
	const char *method;         /* NULL: POST if there is a body, else GET */
	const char *path;           /* with the query; begins with a slash */
	const char *const *headers; /* "Name: value", NULL-terminated; NULL: none */
	const char *bearer;         /* token; sent only as the Authorization header */
	const void *body;
	size_t body_length;
	unsigned int timeout_ms; /* for the whole answer; 0: no limit */
	unsigned int idle_ms;    /* longest time without data, rounded up to seconds; 0: no limit */
	/*
	 * Gets the parts of a 2xx answer's body. A negative result ends the request with that
	 * error. Bodies of other statuses go to http_response.message.
	 */
	int (*on_data)(void *data, const char *bytes, size_t length);
	/* Called after the headers of a 2xx answer. May be NULL. */
	void (*on_begin)(void *data);
	void *data; /* the first argument of both callbacks */
};

#define HTTP_MESSAGE_SIZE 1024

struct http_response {
	long status;                     /* HTTP status; 0: no answer */
	unsigned int retry_after_s;      /* the Retry-After header; 0: none */
	int grpc_status;                 /* from the trailers; -1: none */
	char message[HTTP_MESSAGE_SIZE]; /* about the failure: the beginning of the response body,
			       grpc-message, or libcurl's message; may contain control bytes */
};

/* Makes a client. Returns 0, or -ENOMEM or -EINVAL with *out untouched. */
int http_new(const struct http_options *options, struct http **out);
void http_free(struct http *http);

/*
 * Performs one request to its end, or until the source (may be NULL) is stopped. Always fills in
 * *response. Returns 0 for an answer with any status; -ECANCELED: the source is being stopped;
 * -ETIMEDOUT; -ECONNREFUSED; -ENOENT: no such socket; -EACCES; -EPROTO: the answer is cut or not
 * HTTP; -EKEYREJECTED: TLS verification failed; -EIO; or the error of on_data.
 */
int http_perform(struct http *http, struct source *source, const struct http_request *request,
		 struct http_response *response);

/* A request in flight. A client may have several. */
struct http_call;

/*
 * Begins a request, which http_run continues. Copies the request except its body, which must live
 * as long as the call. At the end http_run calls `done` with the response and an error code like
 * that of http_perform, and frees the call. `done` may start and cancel calls. Returns 0, or
 * -ENOMEM without calling `done`.
 */
int http_start(struct http *http, const struct http_request *request,
	       void (*done)(void *data, int error, const struct http_response *response),
	       void *data, struct http_call **out);

/* Ends a call without calling `done`. Do not use it in on_data. NULL is fine. */
void http_cancel(struct http_call *call);

/* Continues all calls. Returns when one of them ends, after `timeout_ms`, or when the source (may
 * be NULL) is stopped. Returns 0; -ECANCELED: the source is being stopped; or -EIO. */
int http_run(struct http *http, struct source *source, unsigned int timeout_ms);

#endif
