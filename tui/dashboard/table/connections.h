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

/* Returns the connection under the cursor, else the first row; NULL: no rows. Valid until the
 * next update. */
const struct conn *connections_selected(const struct connections *connections);

/* Returns true if a cursor is set, which the other panes follow. */
bool connections_has_cursor(const struct connections *connections);

/* Sets the typed filter; NULL: none. The caller keeps it alive until the next call. */
void connections_set_filter(struct connections *connections, const struct filter *filter);

/* Sets the filter of the command line; NULL: none. Cheap if nothing changed. */
void connections_set_shows(struct connections *connections,
			   bool (*shows)(const void *data, const struct conn *conn),
			   const void *data);

/* Sets the verdicts: problems-only shows denied connections too. */
void connections_set_verdicts(struct connections *connections, const struct verdicts *verdicts);

/* Shows one namespace or one subject; NULL: all. The string must stay valid. */
void connections_set_namespace(struct connections *connections, const char *namespace_name);
void connections_set_subject(struct connections *connections, const struct subject *subject);

/* Shows the connections of one destination, the newest first. */
void connections_set_edge(struct connections *connections, const struct edge *edge);

const char *connections_namespace(const struct connections *connections);

/* Resets problems-only, namespace, subject and destination. Returns true if one of them was set. */
bool connections_show_all(struct connections *connections);

/* Freezes the rows, or releases them. Returns 0 or -ENOMEM. */
int connections_pause(struct connections *connections, bool paused);

/* Returns true if a visible row changes with time alone (a hanging attempt). */
bool connections_tick(const struct connections *connections);

#endif
