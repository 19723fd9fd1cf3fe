/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What sources of names have in common: when to look, how long to wait after a failure, which
 * socket to use. Helpers for the source's own thread.
 */
#ifndef POLECAT_CORE_SOURCE_IDENTITY_SOURCE_H
#define POLECAT_CORE_SOURCE_IDENTITY_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/source/source.h"

/* Waits between attempts: doubles from the first to the last, and starts again after a success.
 * Zero-initialise. */
struct names_backoff {
	unsigned int wait_ms;
};

#define NAMES_BACKOFF_FIRST_MS 500u
#define NAMES_BACKOFF_LAST_MS  10000u

/* The wait after one more failure; names_backoff_reset after a success. */
unsigned int names_backoff_next(struct names_backoff *backoff);
void names_backoff_reset(struct names_backoff *backoff);

/*
 * Sleeps for at most `milliseconds`; less when the source is kicked (if `heed_kicks`) or stopped.
 * True: go on; false: stopping.
 */
bool names_wait(struct source *source, unsigned int milliseconds, bool heed_kicks);

/*
 * The wait after a failure. A kick ends it soon: where a new container is, its runtime cannot be
 * far. True: go on; false: stopping.
 */
bool names_wait_after_failure(struct source *source, struct names_backoff *backoff);

/*
 * The path in "unix:///PATH" or "/PATH", in a string to free; NULL for another scheme or no memory.
 * Below host_root (NULL: none), unless there is nothing there and something at the path itself: who
 * names a socket may name it as it is seen from here.
 */
char *names_socket_path(const char *endpoint, const char *host_root);

/* The first of `candidates` (NULL-terminated) that is a socket below host_root, in a string to
 * free; NULL: none. */
char *names_find_socket(const char *const *candidates, const char *host_root);

/* What asking a runtime once found out, for doctor. Texts of others: control bytes may be in them.
 */
struct names_check {
	char socket[256]; /* empty: none was found */
	char runtime[64];
	char version[64];
	char message[256]; /* what went wrong; empty where it answered */
};

/* A copy of an optional string: NULL stays NULL. 0 or -ENOMEM. */
int names_copy_text(const char *text, char **out);

/* The same for an endpoint as names_socket_path takes it: -EINVAL for another one. */
int names_copy_endpoint(const char *endpoint, char **out);

/* Makes the source, which owns data from then on, and starts it. 0 or -errno. */
int names_start(const struct source_operations *operations, void *data, struct source **out);

#endif
