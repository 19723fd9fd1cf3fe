/* SPDX-License-Identifier: Apache-2.0 */
/* The data that all views share, and the message line. Only for the main thread. */
#ifndef POLECAT_TUI_DASHBOARD_VIEW_CONTEXT_H
#define POLECAT_TUI_DASHBOARD_VIEW_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/state/state.h"
#include "tui/dashboard/screen/glyphs.h"
#include "tui/dashboard/view/exclusions.h"
#include "tui/dashboard/view/loaded_policies.h"
#include "tui/dashboard/view/verdicts.h"
#include "tui/session/session.h"

#define MESSAGE_SIZE 1024

struct links;
struct selection;

/* A message in place of the footer, until it expires or a key is pressed. */
struct message {
	char text[MESSAGE_SIZE];
	bool error;        /* stays until a key is pressed */
	uint64_t until_ns; /* monotonic */
};

/* The numbers of the header: of the connections in scope that pass the options. */
struct context_totals {
	uint64_t open;
	uint64_t hanging;
	uint64_t failed;
	uint64_t denied;
	uint64_t new_edges; /* destinations that are not in the baseline */
};

struct context {
	struct session *session;
	const struct options *options;
	const struct state *state;
	const struct glyphs *glyphs;
	struct exclusions *exclusions; /* destinations that the draft leaves out */
	const struct loaded_policies *loaded;
	struct verdicts *verdicts;         /* of `loaded`; NULL: no policies were loaded */
	const struct netpol_set *policies; /* of `loaded`; NULL: none */
	struct message message;
	const struct subject *subject;     /* shown in the lower panes; NULL: nothing seen yet */
	const char *filter_text;           /* as typed; "": no filter */
	const struct filter *filter;       /* that of filter_text; NULL: none */
	const struct selection *selection; /* NULL: no filter separates connections */
	struct links *links;               /* of the page that is drawn */
	struct context_totals totals;
	uint64_t now_ns; /* session_now; does not change while paused */
	uint64_t monotonic_ns;
	bool paused;
	bool alone; /* one pane is shown instead of three */
	bool ended; /* no source has more records */
};

/* Show a message that is formatted as by printf. */
void context_note(struct context *context, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void context_error(struct context *context, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Returns the present on the scale of a node (clocks_now), for ages of its flows. */
static inline uint64_t context_now(const struct context *context, uint32_t node)
{
	return clocks_now(state_clocks(context->state), node, context->now_ns);
}

/* Clears the message. */
void context_silence(struct context *context);

#endif
