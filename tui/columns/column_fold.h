/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The content of a row that stands for several connections with the same edge and outcome (a
 * bundle, see core/state/bundle_table.h): sums, and the parts that differ between the
 * connections. Pure.
 */
#ifndef POLECAT_TUI_COLUMNS_COLUMN_FOLD_H
#define POLECAT_TUI_COLUMNS_COLUMN_FOLD_H

#include <stdint.h>

#include "core/state/conn.h"

/* Parts of a connection that may differ between the connections of a row. */
enum column_part {
	COLUMN_PART_PID = 1,
	COLUMN_PART_COMM = 2,
	COLUMN_PART_CONTAINER = 4,
	COLUMN_PART_SPORT = 8,
	COLUMN_PART_DPORT = 16,
	/* Differs only in an overflow edge, which has many peers. */
	COLUMN_PART_PEER = 32,
};

/* Zero-initialise. */
struct column_fold {
	const struct conn *newest; /* began last; valid until the state changes */
	uint64_t count;            /* connections */
	uint64_t rows;             /* of the connection table; some stand for several connections */
	uint64_t tx_bytes;         /* sums */
	uint64_t rx_bytes;
	uint64_t rate;
	uint64_t first_ns;    /* the first beginning of a connection */
	uint32_t has;         /* enum flow_field: known of a connection */
	unsigned int differs; /* bits of enum column_part */
};

/* Adds a connection. now_ns: the present on the scale of the connection's node. */
void column_fold_add(struct column_fold *fold, const struct conn *conn, uint64_t now_ns);

#endif
