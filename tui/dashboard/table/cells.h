/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the texts of cells: fields of a connection or an edge. Reads the state, draws nothing. */
#ifndef POLECAT_TUI_DASHBOARD_TABLE_CELLS_H
#define POLECAT_TUI_DASHBOARD_TABLE_CELLS_H

#include <stddef.h>
#include <stdint.h>

#include "core/state/state.h"
#include "tui/columns/column.h"
#include "tui/dashboard/screen/glyphs.h"
#include "tui/dashboard/screen/theme.h"
#include "tui/dashboard/view/context.h"

#define CELL_SIZE COLUMN_CELL_SIZE

/* Inputs of a cell besides its connection. */
struct cell_context {
	const struct state *state;
	const struct glyphs *glyphs;
	const struct column_fold *fold; /* see struct column_row */
	uint64_t now_ns;                /* see session_now */
};

/* Writes the text of a column for a connection, unescaped. Returns the role that selects the text's
 * colour. */
enum role cell_text(const struct cell_context *context, const struct conn *conn,
		    const struct column *column, char text[CELL_SIZE]);

/* Writes the name of an edge's peer, else its DNS name, else its address. */
void cell_edge_peer(const struct state *state, const struct edge *edge, char text[CELL_SIZE]);

/* Formats an address with the port: "192.0.2.1:80", "[2001:db8::1]:80". */
void cell_endpoint(uint8_t family, const struct flow_address *address, uint16_t port, char *text,
		   size_t size);

/* Return the arrow for an enum flow_direction, and the role of the arrow. */
const char *cell_arrow(const struct glyphs *glyphs, uint8_t direction);
enum role cell_arrow_role(uint8_t direction);

/* Writes the port with the protocol: "443/tcp". If enum flow_protocol does not have the protocol,
 * writes edge->protocol_name. */
void cell_port(const struct edge *edge, char text[CELL_SIZE]);

/* Formats a count with a comma between groups of three digits. */
#define CELL_COUNT_SIZE 32
void cell_count(uint64_t count, char text[CELL_COUNT_SIZE]);

/* The mark of a destination that is not in the baseline. */
#define CELL_NEW "NEW"

/* Returns the mark of an edge if it is new, else "". */
const char *cell_new(const struct context *context, const struct edge *edge);

#endif
