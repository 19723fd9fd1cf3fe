/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/panes/policy_draft.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/policy/draft/drafter.h"
#include "core/state/loss.h"
#include "tui/policies/draft_choice.h"

/*
 * The pause after each draft is DRAFT_PAUSE_RATIO times as long as drafting took, but at least
 * DRAFT_PAUSE_NS. Without a pause, a busy subject, which changes thousands of times a second, would
 * be drafted all the time. With it, drafting takes at most 4 % of the time, even for a subject with
 * thousands of destinations.
 */
#define DRAFT_PAUSE_NS    (NS_PER_SECOND / 2)
#define DRAFT_PAUSE_RATIO 25
/* Drafts that are made within this time after the subject's first draft have no new lines. The
 * source may still deliver the records that it had at the start, so the first draft may be
 * incomplete. */
#define SETTLE_NS (NS_PER_SECOND * 7 / 10)

void policy_draft_clear(struct policy_draft *draft)
{
	draft_text_clear(&draft->text);
	draft_set_free(STEAL(draft->set));
	free(STEAL(draft->marks));
}

static struct policy_basis policy_draft_current_basis(const struct context *context)
{
	return (struct policy_basis){
		.subject = context->subject,
		.revision = context->subject ? context->subject->revision : 0,
		.exclusions = context->exclusions->revision,
		.loaded_ns = context->loaded ? context->loaded->loaded_ns : 0,
		.workloads = workloads_revision(state_workloads(context->state)),
		.lost = loss_total(state_counters(context->state)),
	};
}

static int policy_draft_make(const struct context *context, struct draft_set **set)
{
	struct string_list gaps = {0};
	struct draft_options options = draft_choice_of(context->options, context->policies);

	options.gaps = &gaps;
	options.exclude = exclusions_exclude;
	options.exclude_data = context->exclusions;
	options.keep_edges = true;
	session_find_gaps(context->session, &gaps);
	int error = drafter_draft_subject(context->state, context->subject, &options, set);
	string_list_clear(&gaps);
	return error;
}

/*
 * Computes the marks (see draft->marks) for the `text` of a new draft. A line that allows the same
 * as a line of the old draft, draft->text, gets the mark of that line. Other lines of rules are
 * marked as new. If `compare` is false, no line is marked. The caller frees *marks. Returns 0 or
 * -ENOMEM.
 */
static int policy_draft_mark(const struct policy_draft *draft, const struct draft_text *text,
			     bool compare, uint64_t monotonic_ns, uint64_t **marks)
{
	CLEANUP_FREE size_t *match = calloc(text->count + 1, sizeof(*match));

	*marks = calloc(text->count + 1, sizeof(**marks));
	if (!match || !*marks)
		return -ENOMEM;
	if (!compare)
		return 0;
	if (draft_text_match(&draft->text, text, match))
		return -ENOMEM;
	for (size_t i = 0; i < text->count; i++) {
		if (text->lines[i].part == DRAFT_PART_NONE)
			continue;
		(*marks)[i] = match[i] == DRAFT_LINE_NEW ? monotonic_ns : draft->marks[match[i]];
	}
	return 0;
}

/* Returns the index of the workload's draft. With --default-deny, a draft that denies all
 * traffic of the namespace comes before it. */
static size_t policy_draft_workload(const struct draft_set *set)
{
	size_t index = 0;

	while (index + 1 < set->policies.count && set->items[index].denies_all)
		index++;
	return index;
}

static int policy_draft_replace(struct policy_draft *draft, const struct context *context,
				bool compare)
{
	struct draft_set *set = NULL;
	struct draft_text text = {0};
	uint64_t *marks = NULL;
	size_t index = 0;
	int err = policy_draft_make(context, &set);

	if (!err && set->policies.count > 0) {
		index = policy_draft_workload(set);
		err = draft_print_text_all(set, index, &text);
	}
	if (!err)
		err = policy_draft_mark(draft, &text, compare && draft->text.count && text.count,
					context->monotonic_ns, &marks);
	policy_draft_clear(draft);
	draft->text = text;
	draft->set = set;
	draft->index = index;
	draft->marks = marks;
	if (err)
		policy_draft_clear(draft);
	draft->version++;
	return err;
}

static bool policy_draft_is_due(const struct policy_draft *draft, const struct context *context,
				const struct policy_basis *basis)
{
	if (!basis->subject)
		return false;
	if (basis->subject != draft->basis.subject || basis->exclusions != draft->basis.exclusions)
		return true;
	return !context->paused && memcmp(basis, &draft->basis, sizeof(*basis)) != 0 &&
	       context->monotonic_ns >= draft->next_ns;
}

void policy_draft_renew(struct policy_draft *draft)
{
	/* The number of changes of exclusions never reaches this value, so the draft is not
	 * current. */
	draft->basis.exclusions = UINT64_MAX;
}

static uint64_t policy_draft_pause_after(uint64_t start_ns)
{
	uint64_t pause_ns = (clock_monotonic_ns() - start_ns) * DRAFT_PAUSE_RATIO;

	return pause_ns > DRAFT_PAUSE_NS ? pause_ns : DRAFT_PAUSE_NS;
}

bool policy_draft_update(struct policy_draft *draft, const struct context *context)
{
	struct policy_basis basis = policy_draft_current_basis(context);
	bool other_subject = basis.subject != draft->basis.subject;
	uint64_t start_ns;

	if (!basis.subject && draft->basis.subject) {
		policy_draft_clear(draft);
		draft->basis = basis;
		draft->version++;
	}
	draft->late &= context->paused;
	if (!policy_draft_is_due(draft, context, &basis))
		return other_subject;
	start_ns = clock_monotonic_ns();
	if (other_subject)
		draft->started_ns = context->monotonic_ns;
	draft->error = policy_draft_replace(
		draft, context,
		!other_subject && context->monotonic_ns - draft->started_ns >= SETTLE_NS);
	draft->basis = basis;
	draft->late = context->paused;
	draft->next_ns = context->monotonic_ns + policy_draft_pause_after(start_ns);
	return other_subject;
}

const struct draft *policy_draft_get(const struct policy_draft *draft)
{
	return draft->set && draft->set->policies.count > 0 ? &draft->set->items[draft->index]
							    : NULL;
}

bool policy_draft_is_new(const struct context *context, uint64_t mark_ns, uint64_t limit_ns)
{
	return mark_ns && !context->ended && context->monotonic_ns - mark_ns < limit_ns;
}

int policy_draft_export(const struct context *context, char **text, size_t *length,
			char name[POLICY_FILE_NAME_SIZE])
{
	struct draft_set *set = NULL;
	int err = context->subject ? policy_draft_make(context, &set) : -ENODATA;

	if (!err && set->policies.count == 0)
		err = -ENODATA;
	if (!err) {
		const struct netpol *policy = &set->policies.items[policy_draft_workload(set)];

		policy_file_name(policy->namespace_name, policy->name, name);
		err = draft_print(set, DRAFT_ALL, text, length);
	}
	draft_set_free(set);
	return err;
}
