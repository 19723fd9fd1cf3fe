/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/eviction.h"

#include "core/state/subject.h"

/* The most connections to spare for each one that leaves. */
#define SPARES_MAX 16
/* The most votes of a candidate, so that another one replaces it soon after its flood has ended. */
#define VOTES_MAX 256
/* A subject is spared if it has less than this part of the connections that the candidate has. */
#define SPARED_PART 8

static bool eviction_spares(const struct eviction *eviction, const struct conn_table *table,
			    const struct conn *conn)
{
	const struct subject *flooder = eviction->flooder;

	return flooder && flooder->held_count > table->max / 4 &&
	       conn->subject->held_count < flooder->held_count / SPARED_PART;
}

static void eviction_vote(struct eviction *eviction, const struct subject *subject)
{
	if (eviction->flooder == subject) {
		eviction->votes += eviction->votes < VOTES_MAX;
	} else if (eviction->votes > 0) {
		eviction->votes--;
	} else {
		eviction->flooder = subject;
		eviction->votes = 1;
	}
}

/* Returns the connection that ended first and is not spared. Those that are spared are from now on
 * the last ones that ended. */
static struct conn *eviction_choose_ended(const struct eviction *eviction, struct conn_table *table)
{
	struct conn *conn = conn_table_victim(table);

	for (int i = 0; i < SPARES_MAX && eviction_spares(eviction, table, conn); i++) {
		conn_table_end(table, conn);
		conn = conn_table_victim(table);
	}
	return conn;
}

static struct conn *eviction_choose_open(const struct eviction *eviction,
					 const struct conn_table *table)
{
	struct conn *oldest = conn_table_victim(table);
	struct conn *conn = oldest;

	for (int i = 0; conn && i < SPARES_MAX && eviction_spares(eviction, table, conn); i++)
		conn = conn->newer;
	return conn ? conn : oldest;
}

struct conn *eviction_choose(struct eviction *eviction, struct conn_table *table)
{
	const struct conn *first = conn_table_victim(table);
	struct conn *conn = first->list == CONN_LIST_ENDED ? eviction_choose_ended(eviction, table)
							   : eviction_choose_open(eviction, table);

	eviction_vote(eviction, conn->subject);
	return conn;
}
