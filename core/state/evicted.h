/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps the counts of connections that left the connection table while they were open, so that one
 * that has another event continues from there and is counted once.
 *
 * A memory of fixed size, by hash of the key: a later one in the same slot overwrites. A connection
 * that was forgotten here too is taken for a new one when it shows up again. The memory is taken
 * when the first connection is evicted alive; a machine within its bounds never pays for it.
 */
#ifndef POLECAT_CORE_STATE_EVICTED_H
#define POLECAT_CORE_STATE_EVICTED_H

#include <stdbool.h>

#include "core/state/conn.h"
#include "core/state/conn_table.h"

/* Zero-initialise; evicted_clear in the end. */
struct evicted {
	struct conn *slots; /* flow_count 0: empty */
};

void evicted_clear(struct evicted *evicted);

/* Remembers a connection. Where memory is refused it does not. */
void evicted_keep(struct evicted *evicted, const struct conn *conn);

/*
 * Moves the remembered fields, subject and edge included, to a connection with the same key that
 * was just added to the table. Returns false if the key is not remembered.
 */
bool evicted_restore(struct evicted *evicted, struct conn *conn);

#endif
