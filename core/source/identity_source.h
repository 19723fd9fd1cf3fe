/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identity sources: the Kubernetes API, container runtimes and others that know the names, labels
 * and addresses of pods and containers. This module does the steps that all of them share: find the
 * place (a socket, a kubeconfig or a folder), connect, read everything, follow the changes, report
 * the health, and try again after a failure. A source adds a `struct identity_source` with its own
 * operations. The table of all sources is core/source/registry/identity_sources.h.
 */
#ifndef POLECAT_CORE_SOURCE_IDENTITY_SOURCE_H
#define POLECAT_CORE_SOURCE_IDENTITY_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/source/source.h"

/* The sources in the order in which the header and `polecat doctor` list them. */
enum identity_source_id {
	IDENTITY_KUBE = 0,
	IDENTITY_CRI,
	IDENTITY_DOCKER,
	IDENTITY_LOG_LINKS,
	IDENTITY_SOURCE_COUNT,
};

/* The user's choices about identity sources. Zero-initialised: search the usual places. */
struct identity_config {
	/* The place that the user named for a source: a socket ("unix:///PATH" or "/PATH"), a
	 * kubeconfig or a folder. NULL: the usual places. */
	const char *places[IDENTITY_SOURCE_COUNT];
	bool disabled[IDENTITY_SOURCE_COUNT];
	const char *host_root;       /* prefix of every path of the host; NULL: none */
	const char *node;            /* this node's name; NULL: unknown */
	const char *context;         /* context in the kubeconfig; NULL: current-context */
	const char *service_account; /* folder with the pod's token; NULL: the usual one */
	bool node_only;              /* read only the pods of `node` from the API */
};

#define IDENTITY_PLACE_SIZE   256
#define IDENTITY_MESSAGE_SIZE 1024

struct identity_source;

/* The part of each source's state that this module uses: the first member of the source's own
 * struct. */
struct identity_client {
	const struct identity_source *kind;
	struct source_operations operations; /* passed to source_new */
	struct source *source;               /* NULL during identity_source_check */
	/* Copies of the config's texts for this source. NULL: not given. */
	char *named_place;
	char *host_root;
	char *node;
	struct http *http; /* connection to the socket; NULL: none */
	bool is_connected;
	bool is_named;                       /* the user named the place, so it must exist */
	char place[IDENTITY_PLACE_SIZE];     /* the place that was found; "": none */
	char product[IDENTITY_PLACE_SIZE];   /* "containerd 1.7.24"; "": unknown */
	char message[IDENTITY_MESSAGE_SIZE]; /* the last failure; "": strerror describes it */
};

/* The result of identity_source_check, for `polecat doctor`. The texts contain words of other
 * programs: escape them before printing. */
struct identity_check {
	int error;                           /* 0: the source works; -ENOENT: no place was found */
	char place[IDENTITY_PLACE_SIZE];     /* as in struct identity_client */
	char message[IDENTITY_MESSAGE_SIZE]; /* describes the working source, or the failure */
	struct string_list warnings;         /* e.g. about resources that may not be listed */
};

/*
 * One source, as a row of the table of all sources. The operations run in the source's thread, but
 * identity_source_check runs `connect` and `check` in the caller's thread, with client->source
 * NULL. The operations return 0 or -errno. -ENOENT means that none of the usual places exists.
 * -ENOSYS means that a program of another kind answers at the place. Both are failures only if
 * client->is_named. -ECANCELED means that the source is being stopped.
 */
struct identity_source {
	const char *label;       /* the source's name in the header and in messages: "cri" */
	const char *title;       /* the source's name in doctor's output: "CRI" */
	const char *gives;       /* its records, for doctor: "pods, their labels and containers" */
	const char *option;      /* the option that names the place, without dashes; NULL: none */
	const char *opt_out;     /* the option that disables the source; NULL: none */
	const char *environment; /* variable that may contain the socket; NULL: none */
	enum identity_source_id id;
	size_t size;                /* size of the source's own struct */
	const char *const *sockets; /* the usual sockets, NULL-terminated; NULL: none */
	bool http2;                 /* the socket speaks HTTP/2, not HTTP/1.1 */
	bool is_late;               /* does not know a container until seconds after its start */

	/* Copies the source's own options from the config into the zeroed client. Returns 0 or
	 * -ENOMEM. May be NULL. */
	int (*make)(struct identity_client *client, const struct identity_config *config);
	/*
	 * Connects to the server, and fills in `place` (its address or path) and `product`. If the
	 * source has sockets, the caller has connected client->http already, and this function only
	 * asks for the product.
	 */
	int (*connect)(struct identity_client *client);
	/* Emits every identity. Returns 0 when all are emitted; the source is then reported as
	 * ready. If `follow` is NULL, `look` also follows the changes and reports the health, and
	 * returns only when the source fails or is stopped. */
	int (*look)(struct identity_client *client);
	/* Waits for changes. Returns 0 to call `look` again. NULL if `look` never returns 0. */
	int (*follow)(struct identity_client *client);
	/* Undoes `connect`, even if it failed. May be NULL. */
	void (*disconnect)(struct identity_client *client);
	/* Frees the members of a disconnected client. May be NULL. */
	void (*free)(struct identity_client *client);
	/* Fills in check->message, and adds warnings, if any, to check->warnings. May be NULL:
	 * identity_source_check then composes the message from the product and `gives`. */
	int (*check)(struct identity_client *client, struct identity_check *check);
};

/* Makes and starts the source. Returns 0, -EINVAL if the named place has a wrong form, or another
 * -errno. Main thread. */
int identity_source_start(const struct identity_source *kind, const struct identity_config *config,
			  struct source **out);

/* Connects once, in the caller's thread, for some seconds at most (longer if a kubeconfig runs a
 * program for its credentials). Always fills in *out, which identity_check_clear frees. */
void identity_source_check(const struct identity_source *kind, const struct identity_config *config,
			   struct identity_check *out);
void identity_check_clear(struct identity_check *check);

/* Helpers for the operations. */

#define IDENTITY_BACKOFF_FIRST_MS 500u
#define IDENTITY_BACKOFF_LAST_MS  10000u

/* A delay is shorter by up to this part of it, at random. */
#define IDENTITY_BACKOFF_JITTER 4u

/* Returns the delay after one more failure in milliseconds. *wait_ms is its longest value, which
 * doubles up to a maximum. Set *wait_ms to 0 at the start and after each success. */
unsigned int identity_backoff_next(unsigned int *wait_ms);

enum identity_wait {
	IDENTITY_WAIT_FIXED,     /* until the time is over */
	IDENTITY_WAIT_OR_KICKED, /* until source_kick, or until the time is over */
};

/*
 * Flushes the source's queue and sleeps for at most `milliseconds`. source_stop ends every wait.
 * Returns true to continue, false if the source is being stopped.
 */
bool identity_wait(struct source *source, unsigned int milliseconds, enum identity_wait how);

/*
 * Returns the path in "unix:///PATH" or "/PATH" as a new string, with host_root (NULL: none) before
 * it. If only the path without host_root exists, returns that one: the user may have given the path
 * as this process sees it. Returns NULL for another scheme, or if out of memory.
 */
char *identity_socket_path(const char *endpoint, const char *host_root);

/* Returns the path of a socket below host_root as a new string, or NULL if no socket is there. */
char *identity_find_socket(const char *path, const char *host_root);

#endif
