/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the draft for the subject of the lower panes current, and marks its new lines. Only for the
 * main thread. */
#ifndef POLECAT_TUI_DASHBOARD_PANES_POLICY_DRAFT_H
#define POLECAT_TUI_DASHBOARD_PANES_POLICY_DRAFT_H

#include "core/base/clock.h"
#include "core/policy/draft/draft_print.h"
#include "tui/dashboard/view/context.h"
#include "tui/policies/policy_files.h"

/* The inputs of the draft on the screen. A draft is current while they are unchanged. */
struct policy_basis {
	const struct subject *subject;
	uint64_t revision;
	uint64_t exclusions;
	uint64_t loaded_ns; /* load time of the policies whose names the draft avoids */
	uint64_t workloads;
	uint64_t lost;
};

/* Zero-initialise; free with policy_draft_clear. */
struct policy_draft {
	struct policy_basis basis;
	struct draft_set *set; /* NULL: no draft */
	size_t index;          /* of the workload's own draft in `set` */
	struct draft_text text;
	/* For each line of the text, the monotonic time at which it was new, or 0. */
	uint64_t *marks;
	int error;
	uint64_t version;    /* grows with every draft */
	uint64_t started_ns; /* monotonic time of the subject's first draft */
	uint64_t next_ns;    /* no draft before this monotonic time */
	bool late;           /* the draft was made during a pause, from the records until then */
};

/* Makes a new draft if one is due: at once for another subject or other exclusions, else after a
 * pause. Returns true if the subject changed. */
bool policy_draft_update(struct policy_draft *draft, const struct context *context);

/* Makes a new draft due at once. */
void policy_draft_renew(struct policy_draft *draft);

void policy_draft_clear(struct policy_draft *draft);

/* Returns the workload's draft, or NULL. */
const struct draft *policy_draft_get(const struct policy_draft *draft);

/* The ages up to which a mark counts as new, and up to which the view moves to the new text. */
#define POLICY_NEW_NS   (120 * NS_PER_SECOND)
#define POLICY_FRESH_NS (5 * NS_PER_SECOND)

/* Returns whether a mark is at most `limit_ns` old. After the end of all sources nothing is new. */
bool policy_draft_is_new(const struct context *context, uint64_t mark_ns, uint64_t limit_ns);

/* Makes a new draft for the subject of the context. *text is the text to save, which the caller
 * frees. `name` receives the file name that `polecat policy -d` uses, too. Returns 0, -ENODATA if
 * nothing can be drafted, or -ENOMEM. */
int policy_draft_export(const struct context *context, char **text, size_t *length,
			char name[POLICY_FILE_NAME_SIZE]);

#endif
