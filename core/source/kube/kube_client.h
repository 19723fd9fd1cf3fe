/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client of one API server: its configuration, connection and current credentials. The
 * credentials come from the configuration, from a token file that is read again regularly, or from
 * a program that polecat runs again before the credentials expire.
 */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_CLIENT_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_CLIENT_H

#include "core/source/http.h"
#include "core/source/kube/kube_config.h"
#include "core/source/kube/kube_exec.h"

/* Zero-initialise. Free with kube_client_close, even after a failure. */
struct kube_client {
	struct kube_config *config;             /* NULL: not loaded */
	struct http *http;                      /* NULL: not connected */
	char message[KUBE_CONFIG_MESSAGE_SIZE]; /* why the last call failed; "": it did not fail,
						   or strerror gives the reason */
	struct kube_exec_credential exec;
	char *file_token;
	uint64_t file_read_ms;
	bool have;             /* file_token or exec is valid */
	bool refused;          /* the caller sets it if the server refuses the credentials */
	unsigned int renewals; /* number of times that refused credentials were replaced */
};

/* Loads the configuration, without a request. Returns the errors of kube_config_load, with its
 * message. */
int kube_client_load(struct kube_client *client, const struct kube_config_options *options);

/*
 * Makes the credentials valid for a request at now_ms (CLOCK_MONOTONIC, milliseconds). Connects if
 * there is no connection, if the client certificate has changed, or if it was refused. May run a
 * program that prints credentials. Then waits until the program ends, or until the source (may be
 * NULL) is stopped. Returns 0; 1 if it connected, which cancels all calls in flight; or -errno with
 * a message.
 */
int kube_client_refresh(struct kube_client *client, struct source *source, uint64_t now_ms);

/* Returns the token, which is valid until the next refresh, or NULL. */
const char *kube_client_token(const struct kube_client *client);

/*
 * Sends one GET request in the caller's thread and waits for at most 10 seconds. on_data gets the
 * body of a 2xx answer. Returns the HTTP status, or -errno with a message. The message never
 * contains text from the server, which might include the credentials.
 */
int kube_client_get(struct kube_client *client, const char *path,
		    int (*on_data)(void *data, const char *bytes, size_t length), void *data);

void kube_client_close(struct kube_client *client);

#endif
