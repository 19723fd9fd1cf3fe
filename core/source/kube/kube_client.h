/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client of one API server: its configuration, connection and current credentials. Credentials
 * come from the configuration, from a token file that is read again regularly, or from a program
 * that runs again before they expire.
 */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_CLIENT_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_CLIENT_H

#include "core/source/http.h"
#include "core/source/kube/kube_config.h"
#include "core/source/kube/kube_exec.h"

/* Zero-initialise. Free with kube_client_close, also after a failure. */
struct kube_client {
	struct kube_config *config;             /* NULL: not loaded */
	struct http *http;                      /* NULL: not connected */
	char message[KUBE_CONFIG_MESSAGE_SIZE]; /* the failure of the last call; "": none, or
						   strerror describes it */
	struct kube_exec_credential exec;
	char *file_token;
	uint64_t file_read_ms;
	bool have;    /* file_token or exec is valid */
	bool refused; /* set it if the server refuses the credentials: refresh replaces them */
	unsigned int renewals; /* number of times that refused credentials were replaced */
};

/* Loads the configuration; no request. Errors and message of kube_config_load. */
int kube_client_load(struct kube_client *client, const struct kube_config_options *options);

/*
 * Makes the credentials valid for a request at now_ms (CLOCK_MONOTONIC, milliseconds), and connects
 * if there is no connection or the client certificate changed. May run a program and wait for it, or
 * until the source (may be NULL) is stopped. 0; 1: connected, and all calls in flight were cancelled;
 * -errno with a message.
 */
int kube_client_refresh(struct kube_client *client, struct source *source, uint64_t now_ms);

/* Returns the token that is valid until the next refresh; NULL: none. */
const char *kube_client_token(const struct kube_client *client);

/*
 * Performs one GET in the caller's thread, for 10 seconds at most; on_data gets a 2xx answer's body.
 * Returns the HTTP status, or -errno with a message. The message never repeats the server's words,
 * which may contain the credentials.
 */
int kube_client_get(struct kube_client *client, const char *path,
		    int (*on_data)(void *data, const char *bytes, size_t length), void *data);

void kube_client_close(struct kube_client *client);

#endif
