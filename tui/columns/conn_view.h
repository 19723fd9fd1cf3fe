/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the parts of a connection, shared by columns, filters and the dashboard. */
#ifndef POLECAT_TUI_COLUMNS_CONN_VIEW_H
#define POLECAT_TUI_COLUMNS_CONN_VIEW_H

#include <stddef.h>
#include <stdint.h>

#include "core/filter/filter.h"
#include "core/state/state.h"

/* Names of a connection's subject and peer. NULL: unknown. Raw bytes that others chose: escape
 * before printing. */
struct conn_names {
	const char *node;
	const char *namespace_name;
	const char *pod;
	const char *container;
	const char *container_id;
	const char *dns;
	const char *peer_namespace;
	const char *peer_name;
	uint8_t peer_kind; /* enum flow_peer_kind */
};

/* Fills in the subject's names only: node to container_id. They are valid until the state changes. */
void conn_view_subject_names(const struct state *state, const struct conn *conn,
			     struct conn_names *names);

/* Fills in all names, the peer's too. */
void conn_view_names(const struct state *state, const struct conn *conn, struct conn_names *names);

#define CONN_VIEW_PEER_SIZE 512

/* Writes the peer's name: "shop/db" for a pod or Service, "node1", or "" if unknown. Raw bytes. */
void conn_view_peer(const struct conn_names *names, char peer[CONN_VIEW_PEER_SIZE]);

/* Writes the name of the peer, else its DNS name, else its address. Raw bytes. */
void conn_view_peer_or_address(const struct conn_names *names, const struct edge *edge,
			       char text[CONN_VIEW_PEER_SIZE]);

/* Fills in the input of a filter. `peer` receives the peer's name, and *input points to it. */
void conn_view_filter_input(const struct state *state, const struct conn *conn,
			    char peer[CONN_VIEW_PEER_SIZE], struct filter_input *input);

#endif
