/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the place of http.c in builds without libcurl (make static). Every request fails. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/source/http.h"

struct http {
	struct http_call *calls;
};

struct http_call {
	struct http *http;
	struct http_call *next;
	void (*done)(void *data, int error, const struct http_response *response);
	void *data;
};

static int http_refuse(struct http_response *response)
{
	*response = (struct http_response){.grpc_status = -1};
	snprintf(response->message, sizeof(response->message),
		 "this program was built without libcurl (make static)");
	return -EIO;
}

int http_new(const struct http_options *options, struct http **out)
{
	struct http *http = calloc(1, sizeof(*http));

	(void)options;
	if (!http)
		return -ENOMEM;
	*out = http;
	return 0;
}

void http_free(struct http *http)
{
	while (http && http->calls)
		http_cancel(http->calls);
	free(http);
}

int http_perform(struct http *http, struct source *source, const struct http_request *request,
		 struct http_response *response)
{
	(void)http;
	(void)source;
	(void)request;
	return http_refuse(response);
}

int http_start(struct http *http, const struct http_request *request,
	       void (*done)(void *data, int error, const struct http_response *response),
	       void *data, struct http_call **out)
{
	struct http_call *call = malloc(sizeof(*call));

	(void)request;
	if (!call)
		return -ENOMEM;
	*call = (struct http_call){.http = http, .next = http->calls, .done = done, .data = data};
	http->calls = call;
	*out = call;
	return 0;
}

void http_cancel(struct http_call *call)
{
	if (!call)
		return;
	struct http_call **link = &call->http->calls;
	while (*link != call)
		link = &(*link)->next;
	*link = call->next;
	free(call);
}

int http_run(struct http *http, struct source *source, unsigned int timeout_ms)
{
	struct http_response response;

	(void)source;
	(void)timeout_ms;
	while (http->calls) {
		struct http_call call = *http->calls;
		http_cancel(http->calls);
		call.done(call.data, http_refuse(&response), &response);
	}
	return 0;
}
