/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the names of a connection's subject and peer, for columns, filters and the dashboard. */
#ifndef POLECAT_TUI_COLUMNS_CONN_VIEW_H
#define POLECAT_TUI_COLUMNS_CONN_VIEW_H

#include <stddef.h>
#include <stdint.h>

#include "core/filter/filter.h"
#include "core/policy/baseline/novelty.h"
#include "core/state/state.h"

/*
 * conn_view_subject_names fills in the names of a connection's subject: the members from `node` to
 * `container_id`. conn_view_names also fills in the names of the peer, and returns the kind of the
 * peer. Other names and unknown names are NULL. Names are valid until the state changes. They come
 * from outside polecat, so escape them before printing.
 */
void conn_view_subject_names(const struct state *state, const struct conn *conn,
			     struct flow_names *names);
enum flow_peer_kind conn_view_names(const struct state *state, const struct conn *conn,
				    struct flow_names *names);

/* Fills in *names with the names of the subject and the peer. Fills in *known, an argument of
 * record_json_write: it gets a pointer to *names, and the kind of the peer. */
void conn_view_known(const struct state *state, const struct conn *conn, struct flow_names *names,
		     struct flow *known);

#define CONN_VIEW_PEER_SIZE 512

/* Writes the peer's name: "shop/db" for a pod or Service, "node1" for a node, or "" if unknown. The
 * name is not escaped. */
void conn_view_peer(const struct flow_names *names, char peer[CONN_VIEW_PEER_SIZE]);

/* Writes the name of the peer, else its DNS name, else its address. The name is not escaped. */
void conn_view_peer_or_address(const struct flow_names *names, uint8_t family,
			       const struct flow_address *address, char text[CONN_VIEW_PEER_SIZE]);

/* Does the same, without the namespace of a peer that is in the subject's own namespace. */
void conn_view_short_peer(const struct flow_names *names, uint8_t family,
			  const struct flow_address *address, char text[CONN_VIEW_PEER_SIZE]);

/* Writes the drops of a connection: "NETFILTER_DROP 3x node veth12". Writes "" if no packet was
 * dropped. Not escaped. */
void conn_view_drop(const struct conn *conn, char *text, size_t size);

/* Fills in the input of a filter. `peer` receives the peer's name, and *input points to it. now_ns:
 * see session_now. */
void conn_view_filter_input(const struct state *state, const struct conn *conn, uint64_t now_ns,
			    char peer[CONN_VIEW_PEER_SIZE], struct filter_input *input);

/* Returns the value of filter_input.is_new. Judges the destination first if that was not done
 * yet. */
const char *conn_view_new(struct novelty *novelty, const struct conn *conn);

#endif
