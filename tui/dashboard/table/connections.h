/* SPDX-License-Identifier: Apache-2.0 */
/* The table of connections: a view (see view.h). */
#ifndef POLECAT_TUI_DASHBOARD_TABLE_CONNECTIONS_H
#define POLECAT_TUI_DASHBOARD_TABLE_CONNECTIONS_H

#include "core/filter/filter.h"
#include "tui/dashboard/view/view.h"

struct connections;

extern const struct view_operations connections_operations;

/* 0 or -ENOMEM. */
int connections_new(const struct state *state, struct connections **out);
void connections_free(struct connections *connections);

/* The connection under the cursor, or the first row where there is none yet; NULL: no rows. Valid
 * until the next update. */
const struct conn *connections_selected(const struct connections *connections);

/* True when a person has put the cursor somewhere, so that the other panes follow it. */
bool connections_has_cursor(const struct connections *connections);

/* The typed filter; NULL: none. It stays the caller's, and must live until it is replaced. */
void connections_set_filter(struct connections *connections, const struct filter *filter);

/* The command line's filter; shows may be NULL. Cheap when nothing changed. */
void connections_set_shows(struct connections *connections,
			   bool (*shows)(const void *data, const struct conn *conn),
			   const void *data);

/* What problems-only shows beside failed and hanging attempts. */
void connections_set_verdicts(struct connections *connections, const struct verdicts *verdicts);

/* Shows one namespace (the string must live), or one subject; NULL: all. */
void connections_set_namespace(struct connections *connections, const char *namespace_name);
void connections_set_subject(struct connections *connections, const struct subject *subject);

/* Shows the connections of one destination, the newest first. */
void connections_set_edge(struct connections *connections, const struct edge *edge);

const char *connections_namespace(const struct connections *connections);

/* Takes back problems-only, namespace, subject and destination. True when one of them was on. */
bool connections_show_all(struct connections *connections);

/* Freezes the rows as they are, or lets them go on. 0 or -ENOMEM. */
int connections_pause(struct connections *connections, bool paused);

/* True when a row on the screen changes with time alone (a hanging attempt). */
bool connections_tick(const struct connections *connections);

#endif
