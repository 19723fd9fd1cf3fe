/* SPDX-License-Identifier: Apache-2.0 */
/* A client of one API server: its configuration, the current credentials and the connection. */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_CLIENT_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_CLIENT_H

#include "core/source/http.h"
#include "core/source/kube/kube_config.h"
#include "core/source/kube/kube_credentials.h"

/* Zero-initialise; kube_client_close at the end, also after a failure. */
struct kube_client {
	struct kube_config *config; /* NULL: not loaded */
	struct kube_credentials *credentials;
	struct http *http; /* NULL: not connected */
};

/* Loads the configuration; no request. Errors and message of kube_config_load. */
int kube_client_load(struct kube_client *client, const struct kube_config_options *options,
		     char message[KUBE_CONFIG_MESSAGE_SIZE]);

/* Makes the HTTP client anew with the current credentials. No call may be in flight. 0, -EINVAL,
 * -ENOMEM. */
int kube_client_connect(struct kube_client *client);

/* Gets credentials and connects, for a loaded client that lives for some requests only. 0, or
 * -errno with a message, which may be empty. */
int kube_client_open(struct kube_client *client, char message[KUBE_CONFIG_MESSAGE_SIZE]);

void kube_client_close(struct kube_client *client);

/* How long a person waits for the answer to one request. */
#define KUBE_CLIENT_TIMEOUT_MS 10000u

/*
 * Performs one GET in the caller's thread; on_data gets a 2xx answer's body. 0 with the status in
 * *status; -errno with a message of `size` bytes. The message never repeats the server's words,
 * which may contain the credentials.
 */
struct kube_get {
	const char *path;
	int (*on_data)(void *data, const char *bytes, size_t length);
	void *data;
	char *message;
	size_t size;
};
int kube_client_get(struct kube_client *client, const struct kube_get *get, long *status);

#endif
