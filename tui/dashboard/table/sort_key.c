/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/table/sort_key.h"

#include <string.h>

#include "core/base/hash.h"
#include "tui/columns/conn_view.h"
#include "tui/dashboard/table/cells.h"

static uint64_t big_endian(const unsigned char bytes[8])
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | bytes[i];
	return value;
}

static void by_bytes(struct sort_key *key, const unsigned char bytes[16])
{
	key->high = big_endian(bytes);
	key->low = big_endian(bytes + 8);
}

static void by_text(struct sort_key *key, const char *text)
{
	unsigned char bytes[16] = {0};

	if (!text)
		text = "";
	memcpy(bytes, text, strnlen(text, sizeof(bytes)));
	by_bytes(key, bytes);
	key->tie = hash_string(1, text);
}

static void by_number(struct sort_key *key, bool known, uint64_t number)
{
	key->high = known ? 0 : 1;
	key->low = ~number;
}

/* What needs a person's eye comes first. */
static uint64_t phase_rank(uint8_t phase)
{
	switch ((enum conn_phase)phase) {
	case CONN_ATTEMPT:
		return 0;
	case CONN_FAILED:
		return 1;
	case CONN_ESTABLISHED:
		return 2;
	case CONN_DATAGRAM:
		return 3;
	case CONN_CLOSED:
		break;
	}
	return 4;
}

static void by_latency(struct sort_key *key, const struct conn *conn)
{
	/* What still waits has waited longest; the earliest of them first. */
	if (conn->phase == CONN_ATTEMPT)
		key->low = conn->first_ns;
	else
		by_number(key, true, conn->flow.has & FLOW_HAS_LATENCY ? conn->flow.latency_us : 0);
	key->high = conn->phase == CONN_ATTEMPT ? 0 : conn->flow.has & FLOW_HAS_LATENCY ? 1 : 2;
}

static void by_name(struct sort_key *key, const struct state *state, const struct conn *conn,
		    enum table_column column)
{
	struct conn_names names;

	conn_view_names(state, conn, &names);
	if (column == COLUMN_NODE)
		by_text(key, names.node);
	else if (column == COLUMN_NAMESPACE)
		by_text(key, names.namespace_name);
	else
		by_text(key, names.container);
}

void sort_key_make(const struct state *state, const struct conn *conn, enum table_column column,
		   struct sort_key *key)
{
	const struct flow *flow = &conn->flow;
	char peer[CELL_SIZE];

	*key = (struct sort_key){.sequence = conn->sequence};
	switch (column) {
	case COLUMN_NODE:
	case COLUMN_NAMESPACE:
	case COLUMN_CONTAINER:
		by_name(key, state, conn, column);
		break;
	case COLUMN_SUBJECT:
		by_text(key, conn->subject->display);
		break;
	case COLUMN_PID:
		by_number(key, flow->has & FLOW_HAS_PID, flow->pid);
		break;
	case COLUMN_COMM:
		by_text(key, flow->comm);
		break;
	case COLUMN_DIRECTION:
		key->high = flow->direction;
		break;
	case COLUMN_PEER:
		cell_peer(state, conn, peer, sizeof(peer));
		by_text(key, peer);
		break;
	case COLUMN_ADDRESS:
		by_bytes(key, conn->edge->peer.bytes);
		break;
	case COLUMN_PORT:
		key->high = conn->edge->port;
		break;
	case COLUMN_STATE:
		key->high = phase_rank(conn->phase);
		key->low = (uint64_t)flow->error;
		break;
	case COLUMN_LATENCY:
		by_latency(key, conn);
		break;
	case COLUMN_RTT:
		by_number(key, flow->has & FLOW_HAS_RTT, flow->rtt_us);
		break;
	case COLUMN_TX:
		by_number(key, flow->has & FLOW_HAS_TX, flow->tx_bytes);
		break;
	case COLUMN_RX:
		by_number(key, flow->has & FLOW_HAS_RX, flow->rx_bytes);
		break;
	case COLUMN_AGE:
		/* The oldest first: the way back is how they came. */
		key->high = conn->first_ns;
		break;
	case COLUMN_COUNT:
		break;
	}
}

int sort_key_compare(const void *a, const void *b)
{
	const struct sort_key *left = a;
	const struct sort_key *right = b;

	if (left->high != right->high)
		return left->high < right->high ? -1 : 1;
	if (left->low != right->low)
		return left->low < right->low ? -1 : 1;
	if (left->tie != right->tie)
		return left->tie < right->tie ? -1 : 1;
	if (left->sequence != right->sequence)
		return left->sequence > right->sequence ? -1 : 1;
	return 0;
}
