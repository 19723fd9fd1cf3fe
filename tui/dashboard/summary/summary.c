/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/summary/summary.h"

#include "core/base/clock.h"
#include "tui/dashboard/panes/leave_out.h"
#include "tui/dashboard/summary/summary_row.h"
#include "tui/dashboard/table/cells.h"
#include "tui/dashboard/table/place.h"
#include "tui/dashboard/view/scope.h"

/* The pause after a look at all subjects, and after a new order, is WORK_RATIO times as long as the
 * work took, but at least WORK_PAUSE_NS. So the work takes at most 4 % of the time. */
#define WORK_PAUSE_NS (NS_PER_SECOND / 10)
#define WORK_RATIO    25
/* The time from one order to the next, and the least time if something is new. */
#define ORDER_NS (2 * NS_PER_SECOND)
#define NEWS_NS  (NS_PER_SECOND / 2)
/* The time in each frame in which members get their groups. */
#define GROUP_NS (8 * NS_PER_MILLISECOND)

static const char *const order_names[TREE_ORDERS] = {
	"problems first", "by connections", "by bytes", "by last seen", "by name and port",
};

void summary_clear(struct summary *summary)
{
	tree_clear(&summary->tree);
	traffic_clear(&summary->traffic);
	*summary = (struct summary){0};
}

/* Returns the selected row; NULL: none. */
static const struct tree_row *summary_row(const struct summary *summary)
{
	if (!summary->list.moved || summary->list.cursor >= summary->tree.rows.count)
		return NULL;
	return &summary->tree.rows.items[summary->list.cursor];
}

const struct edge *summary_edge(const struct summary *summary)
{
	const struct tree_row *row = summary_row(summary);

	return row && row->edge && !row->edge->is_overflow ? row->edge : NULL;
}

const struct subject *summary_subject(const struct summary *summary,
				      const struct subject *preferred)
{
	const struct tree_row *row = summary_row(summary);

	if (!row || row->subject)
		return row ? row->subject : NULL;
	if (preferred && scope_has(preferred) && preferred->conn_count > 0 &&
	    groups_contain(&summary->tree.groups, row->group, preferred))
		return preferred;
	return summary->tree.sums[row->group].only;
}

/* --- order --- */

const char *summary_order_name(enum tree_order order)
{
	return order_names[order];
}

void summary_order_by(struct summary *summary, enum tree_order order)
{
	summary->tree.order = order;
	summary->stale = true;
}

/* Returns the index of a row of the last arrangement, or of the row above it; SIZE_MAX: gone. */
static size_t summary_find_again(const struct tree *tree, const struct tree_row *row)
{
	size_t index = row->edge ? tree_find_edge(tree, row->edge) : SIZE_MAX;

	if (index == SIZE_MAX && row->subject)
		index = tree_find_subject(tree, row->subject);
	return index == SIZE_MAX ? tree_find_group(tree, row->group) : index;
}

/* Puts the cursor on a row, on the same line of the screen as before. */
static void summary_keep_line(struct summary *summary, size_t index, size_t line)
{
	if (index == SIZE_MAX) {
		summary->list.moved = false;
		summary->list.top = 0;
		return;
	}
	summary->list.cursor = index;
	summary->list.top = index > line ? index - line : 0;
}

static void summary_arrange(struct summary *summary, uint64_t monotonic_ns)
{
	const struct tree_row *selected = summary_row(summary);
	const struct tree_row before = selected ? *selected : (struct tree_row){0};
	size_t line = summary->list.cursor - summary->list.top;

	tree_arrange(&summary->tree);
	if (selected)
		summary_keep_line(summary, summary_find_again(&summary->tree, &before), line);
	summary->arranged_ns = monotonic_ns;
	summary->stale = false;
}

/* Returns whether the rows keep their places. */
static bool summary_is_held(const struct summary *summary)
{
	return summary->focused && summary->list.moved;
}

static bool summary_is_due(const struct summary *summary, const struct context *context)
{
	uint64_t passed_ns = context->monotonic_ns - summary->arranged_ns;
	const struct tree *tree = &summary->tree;
	bool news = tree->destinations != tree->arranged_destinations;

	if (summary_is_held(summary))
		return false;
	return passed_ns >= ORDER_NS || tree->rows.count == 0 ||
	       (news && (passed_ns >= NEWS_NS || context->ended));
}

/* Looks at all subjects, and orders the rows if it is time to. */
static void summary_order(struct summary *summary, const struct context *context)
{
	uint64_t start_ns = clock_monotonic_ns();
	uint64_t until_ns = start_ns + GROUP_NS;
	struct groups *groups = &summary->tree.groups;
	uint64_t pause_ns;

	summary->grouping = false;
	if (!summary->stale && context->paused)
		return;
	if (context->paused) {
		summary->frozen = false;
		summary->counted_late = true;
	}
	/* Until all members have their first group, there are no sums to show. */
	if (!groups->divided || groups_are_behind(groups))
		groups_update(groups, context->state, until_ns);
	summary->grouping = groups_are_behind(groups);
	if (!groups->divided)
		return;
	if (!summary->stale && context->monotonic_ns < summary->next_work_ns)
		return;
	tree_measure(&summary->tree, until_ns);
	summary->grouping = groups_are_behind(groups);
	if (summary->stale || summary_is_due(summary, context))
		summary_arrange(summary, context->monotonic_ns);
	pause_ns = (clock_monotonic_ns() - start_ns) * WORK_RATIO;
	summary->next_work_ns =
		context->monotonic_ns + (pause_ns > WORK_PAUSE_NS ? pause_ns : WORK_PAUSE_NS);
}

/* --- requests of the other panes --- */

void summary_show(struct summary *summary, const struct subject *subject, const struct edge *edge)
{
	if (summary->shown.subject == subject && summary->shown.edge == edge)
		return;
	summary->shown = (struct summary_target){subject, edge};
	summary->wanted = subject != NULL;
}

/* Unfolds a row. If the row was folded, returns true. */
static bool summary_open(struct summary *summary, size_t index, bool paused)
{
	struct tree *tree = &summary->tree;
	size_t added;

	if (tree->rows.items[index].open)
		return false;
	added = tree_unfold(tree, index);
	if (paused)
		tree_refresh_group(tree, index);
	summary->counted_late |= paused && added > 0;
	if (summary->list.moved && summary->list.cursor > index)
		summary->list.cursor += added;
	return true;
}

static void summary_close(struct summary *summary, size_t index)
{
	size_t removed = tree_fold(&summary->tree, index);
	struct list_cursor *list = &summary->list;

	if (list->cursor > index + removed)
		list->cursor -= removed;
	else if (list->cursor > index)
		list->cursor = index;
	if (list->top > index + removed)
		list->top -= removed;
	else if (list->top > index)
		list->top = index;
}

/* Folds the rows that the last request unfolded, unless they are those of `group` and `subject`. */
static void summary_close_opened(struct summary *summary, uint32_t group,
				 const struct subject *subject)
{
	const struct tree *tree = &summary->tree;
	const struct summary_target *opened = &summary->opened_group;
	const struct subject *pod = summary->opened_pod;
	uint32_t opened_group;
	size_t index;

	if (pod && pod != subject) {
		index = tree_find_subject(tree, pod);
		if (index != SIZE_MAX && tree->rows.items[index].kind == TREE_SUBJECT)
			summary_close(summary, index);
		summary->opened_pod = NULL;
	}
	if (!opened->subject)
		return;
	opened_group = groups_of(&tree->groups, opened->subject, opened->edge);
	if (opened_group == group)
		return;
	index = tree_find_group(tree, opened_group);
	if (index != SIZE_MAX)
		summary_close(summary, index);
	summary->opened_group = (struct summary_target){0};
}

/* Selects the row that summary_show requested, as soon as it is listed. */
static void summary_do_show(struct summary *summary, const struct context *context)
{
	const struct summary_target *shown = &summary->shown;
	uint32_t group = groups_of(&summary->tree.groups, shown->subject, shown->edge);
	const struct tree_row *selected;
	size_t index;

	/* In groups of edges, a subject has many groups. */
	if (groups_have_edges(&summary->tree.groups) && !shown->edge) {
		summary->wanted = false;
		return;
	}
	if (group == GROUPS_NONE || tree_find_group(&summary->tree, group) == SIZE_MAX)
		return;
	summary->wanted = false;
	summary_close_opened(summary, group, shown->subject);
	index = tree_find_group(&summary->tree, group);
	if (summary_open(summary, index, context->paused))
		summary->opened_group = *shown;
	if (tree_find_subject(&summary->tree, shown->subject) != SIZE_MAX)
		index = tree_find_subject(&summary->tree, shown->subject);
	if (summary->tree.rows.items[index].kind == TREE_SUBJECT &&
	    summary_open(summary, index, context->paused))
		summary->opened_pod = shown->subject;
	/* Without a destination, a selection inside the group stays, and one elsewhere moves to
	 * it. Otherwise, the selected row and the policy pane would show different workloads. */
	selected = summary_row(summary);
	if (!shown->edge && (!selected || selected->group == group))
		return;
	if (shown->edge && tree_find_edge(&summary->tree, shown->edge) != SIZE_MAX)
		index = tree_find_edge(&summary->tree, shown->edge);
	summary->list.moved = true;
	summary->list.cursor = index;
	/* Show the name of the workload, too, if it is near. */
	if (index < summary->list.top || index >= summary->list.top + summary->list.height) {
		size_t parent = tree_parent(&summary->tree, index);

		summary->list.top = index - parent < summary->list.height
					    ? parent
					    : index - summary->list.height / 2;
	}
}

/* --- frame --- */

/* Updates the numbers of the rows on the screen. At the start of a pause, updates those of all
 * rows, because the user may scroll to them. */
static void summary_refresh(struct summary *summary, const struct context *context)
{
	struct tree *tree = &summary->tree;
	size_t end = summary->list.top + summary->list.height;

	if (context->paused) {
		if (!summary->frozen)
			tree_refresh(tree, 0, tree->rows.count);
		summary->frozen = true;
		return;
	}
	summary->frozen = false;
	for (size_t i = summary->list.top; i < end && i < tree->rows.count; i++) {
		if (tree->rows.items[i].edge && !tree->rows.items[i].edge->is_overflow)
			verdicts_judge(context->verdicts, tree->rows.items[i].edge);
	}
	tree_refresh(tree, summary->list.top, summary->list.height);
}

static void summary_update(void *view, struct context *context, int rows)
{
	struct summary *summary = view;

	summary->tree.source = (struct tree_source){
		.state = context->state,
		.verdicts = context->verdicts,
		.traffic = &summary->traffic,
		.selection = context->selection,
		.now_ns = context->now_ns,
	};
	summary->list.selects = true;
	summary->counted_late &= context->paused;
	summary_order(summary, context);
	list_cursor_fit(&summary->list, summary->tree.rows.count, rows);
	if (summary->wanted)
		summary_do_show(summary, context);
	list_cursor_fit(&summary->list, summary->tree.rows.count, rows);
	if (!summary->list.moved)
		summary->list.cursor = summary->list.top;
	summary_refresh(summary, context);
}

static void summary_title(const void *view, const struct context *context, struct canvas *line)
{
	const struct summary *summary = view;
	const struct tree *tree = &summary->tree;
	enum role role = line->focused ? ROLE_TITLE_FOCUS : ROLE_TITLE;
	char groups[CELL_COUNT_SIZE];
	char destinations[CELL_COUNT_SIZE];

	canvas_add(line, role, " Summary ");
	if (tree->rows.count == 0)
		return;
	/* The numbers of the rows lack the missing members. */
	if (summary->grouping)
		canvas_add(line, ROLE_PAUSED, "at least, grouping %u%%%s ",
			   groups_percent(&tree->groups), context->glyphs->ellipsis);
	cell_count(tree->group_count, groups);
	cell_count(tree->destinations, destinations);
	canvas_add(line, role, "%s %s ", groups,
		   groups_word(tree->groups.by, tree->group_count != 1));
	if (tree->groups.by != GROUP_BY_DESTINATION)
		canvas_add(line, role, "%s %s destination%s ", context->glyphs->dot, destinations,
			   tree->destinations == 1 ? "" : "s");
	if (*context->filter_text)
		canvas_add(line, ROLE_FILTER, "/%s ", context->filter_text);
	if (context->selection && context->selection->untested > 0) {
		cell_count(context->selection->untested, destinations);
		canvas_add(line, ROLE_HANGING, "without %s evicted ", destinations);
	}
	if (summary_is_held(summary) && tree_new_destinations(tree) > 0) {
		cell_count(tree_new_destinations(tree), destinations);
		canvas_add(line, ROLE_NEW, "+%s new ", destinations);
	}
	if (summary->counted_late)
		canvas_add(line, ROLE_PAUSED, "counted while paused ");
	canvas_add(line, ROLE_DIM, "%s %s%s ", context->glyphs->dash, order_names[tree->order],
		   tree->inverted ? " inverted" : "");
	place_draw(line, "", summary->list.top, summary->list.height, summary->list.count);
}

static void summary_draw(void *view, const struct context *context, const struct canvas *canvas)
{
	const struct summary *summary = view;
	const struct tree *tree = &summary->tree;
	const struct list_cursor *list = &summary->list;
	struct summary_layout layout;

	if (tree->rows.count == 0 && summary->grouping) {
		canvas_print(canvas, 0, 2, ROLE_DIM, "grouping by %s %u%%%s",
			     groups_word(tree->groups.by, false), groups_percent(&tree->groups),
			     context->glyphs->ellipsis);
		return;
	}
	if (tree->rows.count == 0 && context->selection) {
		canvas_print(canvas, 0, 2, ROLE_DIM,
			     *context->filter_text
				     ? "no destination matches: Esc clears the filter"
				     : "no destination passes the options of the command line yet");
		return;
	}
	if (tree->rows.count == 0) {
		canvas_print(canvas, 0, 2, ROLE_DIM,
			     "the workloads (programs on a host) and their destinations");
		return;
	}
	layout = summary_row_layout(canvas, context, tree, list->top);
	for (int row = 0; row < canvas->area.rows && list->top + (size_t)row < tree->rows.count;
	     row++) {
		size_t index = list->top + (size_t)row;
		bool marked = list->moved && index == list->cursor;
		struct canvas line = canvas_row(canvas, row, canvas->focused && marked);

		if (marked && !canvas->focused)
			canvas_text(&line, 0, 0, 1, ROLE_DIM, line.glyphs->cursor);
		summary_row_draw(&line, context, tree, &tree->rows.items[index], &layout);
	}
}

/* --- keys --- */

/* Forgets which rows summary_show unfolded. The user folds by hand, so they stay. */
static void summary_keep_opened(struct summary *summary)
{
	summary->opened_group = (struct summary_target){0};
	summary->opened_pod = NULL;
}

void summary_group_by(struct summary *summary, struct context *context, enum group_by by)
{
	tree_group_by(&summary->tree, by);
	summary->list = (struct list_cursor){.selects = true};
	summary->leads = false;
	summary->stale = true;
	summary->wanted = false;
	summary_keep_opened(summary);
	context_note(context, "the summary is grouped by %s", groups_word(by, false));
}

/* Moves the cursor. If there is no cursor yet, first puts it on the first visible row. Down then
 * leaves it there, so that the first press of Down selects this row. */
static bool summary_move(struct summary *summary, enum action action)
{
	long delta;

	if (!list_cursor_delta(&summary->list, action, &delta))
		return false;
	if (summary->tree.rows.count == 0)
		return true;
	summary->leads = true;
	if (list_cursor_grab(&summary->list) && action == ACTION_DOWN)
		return true;
	return list_cursor_act(&summary->list, action);
}

/* Folds or unfolds the selected row. A destination folds its workload or pod. */
static void summary_toggle(struct summary *summary, const struct context *context)
{
	struct list_cursor *list = &summary->list;
	size_t index = list->cursor;

	if (summary->tree.rows.count == 0)
		return;
	summary->leads = true;
	list_cursor_grab(list);
	summary_keep_opened(summary);
	if (summary->tree.rows.items[index].kind > TREE_SUBJECT)
		index = tree_parent(&summary->tree, index);
	if (summary->tree.rows.items[index].open)
		summary_close(summary, index);
	else
		summary_open(summary, index, context->paused);
	list_cursor_select(list, index);
}

/* Left folds the row, or goes to the row above of which it is a child. Right unfolds the row. */
static void summary_fold_or_climb(struct summary *summary, const struct context *context, bool fold)
{
	const struct tree_row *row = summary_row(summary);

	if (!row || row->open != fold || row->kind > TREE_SUBJECT) {
		if (row && fold)
			list_cursor_select(&summary->list,
					   tree_parent(&summary->tree, summary->list.cursor));
		return;
	}
	summary_toggle(summary, context);
}

/* During a pause, unfolding all rows would give all of them numbers of a later time. */
static void summary_toggle_all(struct summary *summary, struct context *context)
{
	struct tree *tree = &summary->tree;
	const struct tree_row *selected;
	struct tree_row before = {0};
	size_t line;

	/* The key may arrive before the first frame of other groups. */
	if (summary->stale)
		summary_order(summary, context);
	selected = summary_row(summary);
	if (selected)
		before = *selected;
	line = summary->list.cursor - summary->list.top;
	if (summary->grouping && tree->rows.count == 0) {
		context_note(context, "the summary is still being grouped");
		return;
	}
	if (tree_is_unfolded(tree)) {
		tree_fold_all(tree);
	} else if (context->paused) {
		context_note(context, "paused: Space unfolds the selected row and counts it anew");
		return;
	} else if (!tree_unfold_all(tree)) {
		context_note(context, "not all rows fit: Space unfolds the selected row");
	}
	summary_keep_opened(summary);
	if (selected)
		summary_keep_line(summary, summary_find_again(tree, &before), line);
}

static void summary_act_on_draft(struct summary *summary, struct context *context,
				 enum action action)
{
	const struct edge *edge = summary_edge(summary);

	if (action == ACTION_LEAVE_OUT) {
		if (edge)
			leave_out_edge(context, edge);
		else
			context_note(context, "select a destination to leave it out of the draft");
		return;
	}
	if (edge && exclusions_contain(context->exclusions, edge))
		leave_out_end(context, edge);
	else
		leave_out_end_last(context, context->subject);
}

static bool summary_act(void *view, struct context *context, enum action action)
{
	struct summary *summary = view;
	struct tree *tree = &summary->tree;

	if (summary_move(summary, action))
		return true;
	switch (action) {
	case ACTION_FOLLOW:
		summary->list.moved = false;
		summary->list.top = 0;
		summary->stale = !context->paused;
		return true;
	case ACTION_FOLD:
		summary_toggle(summary, context);
		return true;
	case ACTION_FOLD_ALL:
		summary_toggle_all(summary, context);
		return true;
	case ACTION_LEFT:
	case ACTION_RIGHT:
		summary_fold_or_climb(summary, context, action == ACTION_LEFT);
		return true;
	case ACTION_GROUP_BY:
		summary_group_by(summary, context, (tree->groups.by + 1) % GROUP_BYS);
		return true;
	case ACTION_LEAVE_OUT:
	case ACTION_BRING_BACK:
		summary_act_on_draft(summary, context, action);
		return true;
	case ACTION_SORT_NEXT:
		tree->order = (tree->order + 1) % TREE_ORDERS;
		break;
	case ACTION_SORT_PREVIOUS:
		tree->order = (tree->order + TREE_ORDERS - 1) % TREE_ORDERS;
		break;
	case ACTION_INVERT:
		tree->inverted = !tree->inverted;
		break;
	default:
		return false;
	}
	summary->stale = true;
	return true;
}

static bool summary_click(void *view, struct context *context, int row, int column)
{
	struct summary *summary = view;
	size_t index = summary->list.top + (size_t)row;
	const struct tree_row *clicked;

	if (index >= summary->tree.rows.count)
		return false;
	summary->leads = true;
	list_cursor_select(&summary->list, index);
	clicked = &summary->tree.rows.items[index];
	/* A press on the sign in front of the name folds the row. */
	if (clicked->kind <= TREE_SUBJECT && column == summary_row_sign_column(clicked)) {
		summary_toggle(summary, context);
		return false;
	}
	return true;
}

const struct view_operations summary_operations = {
	.name = "Summary",
	.short_name = "Sum",
	.hints = KEY_PLACE_SUMMARY,
	.update = summary_update,
	.title = summary_title,
	.draw = summary_draw,
	.act = summary_act,
	.click = summary_click,
};
