/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/command_table.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/array.h"
#include "tui/columns/column_list.h"
#include "tui/dashboard/copy.h"
#include "tui/dashboard/copy_text.h"
#include "tui/dashboard/export_prompt.h"
#include "tui/dashboard/filter_completion.h"
#include "tui/dashboard/policies.h"
#include "tui/dashboard/setting_table.h"
#include "tui/dashboard/typed_filter.h"
#include "tui/dashboard/visits.h"

static void command_table_quit(struct dashboard *dashboard, const char *argument)
{
	(void)argument;
	dashboard->quitting = true;
}

static void command_table_help(struct dashboard *dashboard, const char *argument)
{
	(void)argument;
	dashboard_open_page(dashboard, DASHBOARD_HELP);
}

/* Copies the text after a word and blanks, without blanks at its end. Returns false if the text is
 * something else, such as the word alone. */
static bool command_table_after(const char *text, const char *word, char rest[INPUT_LINE_SIZE])
{
	size_t length = strlen(word);

	if (strncmp(text, word, length) != 0 || text[length] != ' ')
		return false;
	snprintf(rest, INPUT_LINE_SIZE, "%s", text + length + strspn(text + length, " "));
	for (length = strlen(rest); length > 0 && rest[length - 1] == ' '; length--)
		rest[length - 1] = '\0';
	return *rest != '\0';
}

static void command_table_filter(struct dashboard *dashboard, const char *text)
{
	struct filter_mistake mistake;
	char name[INPUT_LINE_SIZE];
	int err;

	if (command_table_after(text, "save", name)) {
		dashboard_save_filter(dashboard, name);
		return;
	}
	if (command_table_after(text, "delete", name)) {
		dashboard_delete_filter(dashboard, name);
		return;
	}
	err = dashboard_set_filter(dashboard, text, &mistake);
	if (err)
		context_error(&dashboard->context, "filter%s%s", err == -EINVAL ? ", " : ": ",
			      mistake.why);
}

static void command_table_export(struct dashboard *dashboard, const char *path)
{
	dashboard_export(dashboard, *path ? path : NULL);
}

/* Loads the policies of a path, or shows those that are loaded if the path is empty. */
static void command_table_policy(struct dashboard *dashboard, const char *text)
{
	char path[DASHBOARD_PATH_SIZE];

	if (!*text) {
		dashboard_open_page(dashboard, DASHBOARD_POLICIES);
		return;
	}
	dashboard_expand_path(text, path);
	dashboard_load_policies(dashboard, path);
}

static void command_table_theme(struct dashboard *dashboard, const char *name)
{
	if (*name)
		appearance_set_theme(&dashboard->appearance, &dashboard->context, name);
	else
		appearance_pick(&dashboard->appearance, &dashboard->context, &dashboard->popup);
}

static void command_table_group(struct dashboard *dashboard, const char *name)
{
	for (int by = 0; by < GROUP_BYS; by++) {
		if (strcmp(groups_word((enum group_by)by, false), name) != 0)
			continue;
		summary_group_by(&dashboard->summary, &dashboard->context, (enum group_by)by);
		return;
	}
	context_error(&dashboard->context,
		      "group what: workload, namespace, node, process or destination");
}

static void command_table_nodes(struct dashboard *dashboard, const char *argument)
{
	(void)argument;
	dashboard_open_page(dashboard, DASHBOARD_NODES);
}

/* Shows a namespace, or the list of namespaces if the name is empty. */
static void command_table_namespace(struct dashboard *dashboard, const char *name)
{
	if (!*name)
		namespace_menu_open(&dashboard->popup, &dashboard->context,
				    &dashboard->namespace_menu, &dashboard->connections);
	else if (!namespace_menu_show(&dashboard->context, &dashboard->connections, name))
		context_error(&dashboard->context, "no connection so far is in the namespace %s",
			      name);
}

/* Returns the pod whose name, or namespace and name ("shop/web-0"), the text is. If no pod has it,
 * returns the only one whose name begins with it. NULL: none, or several; *several is set then. */
static const struct subject *command_table_find_pod(const struct dashboard *dashboard,
						    const char *text, bool *several)
{
	const struct state *state = dashboard->context.state;
	const struct subject *found = NULL;
	size_t length = strlen(text);

	*several = false;
	for (size_t i = 0; i < state_subject_count(state); i++) {
		const struct subject *subject = state_subject(state, i);

		if (subject->kind != SUBJECT_POD || !subject->pod || subject->conn_count == 0)
			continue;
		if (strcmp(subject->pod, text) == 0 || strcmp(subject->display, text) == 0)
			return subject;
		if (strncmp(subject->pod, text, length) != 0 &&
		    strncmp(subject->display, text, length) != 0)
			continue;
		*several |= found != NULL;
		found = subject;
	}
	return *several ? NULL : found;
}

/* Shows the connections of one pod alone; with an empty name, of all again. */
static void command_table_pod(struct dashboard *dashboard, const char *name)
{
	struct connections *table = &dashboard->connections;
	bool several = false;
	const struct subject *subject =
		*name ? command_table_find_pod(dashboard, name, &several) : NULL;

	if (*name && !subject) {
		context_error(&dashboard->context,
			      several ? "several pods begin with %s"
				      : "no connection so far is of a pod %s",
			      name);
		return;
	}
	table->query.subject = subject;
	connections_restart(table);
	if (!subject)
		return;
	dashboard->context.subject = subject;
	dashboard->subject_chosen = true;
}

/* The name of the order by arrival, in which the table begins. */
#define ARRIVAL "arrival"

/* Sorts by a column, or shows the list of columns if the name is empty. */
static void command_table_sort(struct dashboard *dashboard, const char *name)
{
	char why[COLUMN_LIST_WHY_SIZE];
	struct column_list columns;

	if (!*name)
		sort_menu_open(&dashboard->popup, &dashboard->context, &dashboard->sort_menu,
			       &dashboard->connections);
	else if (strcmp(name, ARRIVAL) == 0)
		connections_sort(&dashboard->connections, NULL);
	else if (column_list_parse(name, &columns, why))
		context_error(&dashboard->context, "%s", why);
	else if (columns.count == 1)
		connections_sort(&dashboard->connections, columns.items[0]);
	else
		context_error(&dashboard->context, "one column sorts: %s", name);
}

/* --- completion --- */

/* Adds the names of filters. */
static void command_table_add_filters(const struct dashboard *dashboard,
				      struct completion *completion, const char *prefix)
{
	for (size_t i = 0; i < dashboard->filters.count; i++)
		completion_add(completion, dashboard->filters.items[i].name, prefix);
}

static void command_table_complete_filter(const struct dashboard *dashboard,
					  struct completion *completion,
					  const struct input_line *line, size_t from)
{
	const struct filter_completion_source source = {dashboard->context.state,
							&dashboard->filters, from};
	const char *text = line->text + from;
	size_t word = strcspn(text, " ");
	bool is_name = text[word] == ' ' &&
		       (strncmp(text, "save", word) == 0 || strncmp(text, "delete", word) == 0);

	if (is_name) {
		completion->start = from + word + strspn(text + word, " ");
		if (completion->start <= line->cursor)
			command_table_add_filters(dashboard, completion,
						  line->text + completion->start);
		return;
	}
	filter_completion_find(completion, line, &source);
	if (from + word < line->cursor)
		return;
	completion->start = from;
	completion_add(completion, "save ", text);
	completion_add(completion, "delete ", text);
}

static void command_table_complete_theme(const struct dashboard *dashboard,
					 struct completion *completion,
					 const struct input_line *line, size_t from)
{
	(void)dashboard;
	completion->start = from;
	setting_table_complete_value(completion, "theme", line->text + from);
}

static void command_table_complete_group(const struct dashboard *dashboard,
					 struct completion *completion,
					 const struct input_line *line, size_t from)
{
	(void)dashboard;
	completion->start = from;
	for (int by = 0; by < GROUP_BYS; by++)
		completion_add(completion, groups_word((enum group_by)by, false),
			       line->text + from);
}

static void command_table_complete_pod(const struct dashboard *dashboard,
				       struct completion *completion, const struct input_line *line,
				       size_t from)
{
	const struct state *state = dashboard->context.state;

	completion->start = from;
	for (size_t i = 0; i < state_subject_count(state); i++) {
		const struct subject *subject = state_subject(state, i);

		if (subject->kind == SUBJECT_POD && subject->pod && subject->conn_count > 0)
			completion_add(completion, subject->display, line->text + from);
	}
}

static void command_table_complete_sort(const struct dashboard *dashboard,
					struct completion *completion,
					const struct input_line *line, size_t from)
{
	const struct column *columns[COLUMN_MAX];
	size_t count = column_list_table(columns);

	(void)dashboard;
	completion->start = from;
	completion_add(completion, ARRIVAL, line->text + from);
	for (size_t i = 0; i < count; i++) {
		struct column_list one = {.items = {columns[i]}, .count = 1};
		char name[COLUMN_LIST_TEXT_SIZE];

		column_list_format(&one, name);
		completion_add(completion, name, line->text + from);
	}
}

static void command_table_complete_setting(const struct dashboard *dashboard,
					   struct completion *completion,
					   const struct input_line *line, size_t from)
{
	(void)dashboard;
	setting_table_complete(completion, line, from);
}

/* --- the table --- */

static const struct {
	const char *name;
	const char *alias;    /* NULL: none */
	const char *argument; /* "": takes none */
	void (*run)(struct dashboard *dashboard, const char *argument);
	/* Completes the argument, which begins at `from`. NULL: nothing to complete. */
	void (*complete)(const struct dashboard *dashboard, struct completion *completion,
			 const struct input_line *line, size_t from);
} commands[] = {
	{"q", "quit", "", command_table_quit, NULL},
	{"help", "h", "", command_table_help, NULL},
	{"filter", NULL, "TEXT", command_table_filter, command_table_complete_filter},
	{"ns", NULL, "NAME", command_table_namespace, NULL},
	{"pod", NULL, "NAME", command_table_pod, command_table_complete_pod},
	{"nodes", NULL, "", command_table_nodes, NULL},
	{"sort", NULL, "COLUMN", command_table_sort, command_table_complete_sort},
	{"group", NULL, "WHAT", command_table_group, command_table_complete_group},
	{"export", "w", "FILE", command_table_export, NULL},
	{"policy", NULL, "PATH", command_table_policy, NULL},
	{"copy", NULL, "WHAT", dashboard_copy, NULL},
	{"theme", NULL, "NAME", command_table_theme, command_table_complete_theme},
	{"set", NULL, "KEY VALUE", setting_table_set, command_table_complete_setting},
};

/* Returns the index of the command that a text begins with, or the number of commands. */
static size_t command_table_find(const char *text)
{
	size_t length = strcspn(text, " ");
	size_t i = 0;

	while (i < ARRAY_LENGTH(commands) &&
	       !(strlen(commands[i].name) == length &&
		 strncmp(commands[i].name, text, length) == 0) &&
	       !(commands[i].alias && strlen(commands[i].alias) == length &&
		 strncmp(commands[i].alias, text, length) == 0))
		i++;
	return i;
}

void command_table_list(char *text, size_t size, const char *separator)
{
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < ARRAY_LENGTH(commands) && length < size; i++)
		length += (size_t)snprintf(text + length, size - length, "%s%s%s%s",
					   i ? separator : "", commands[i].name,
					   *commands[i].argument ? " " : "", commands[i].argument);
}

void command_table_run(struct dashboard *dashboard, const char *text)
{
	char known[256];
	size_t i;

	text += strspn(text, " ");
	i = command_table_find(text);
	if (!*text)
		return;
	if (i < ARRAY_LENGTH(commands)) {
		text += strcspn(text, " ");
		commands[i].run(dashboard, text + strspn(text, " "));
		return;
	}
	command_table_list(known, sizeof(known), ", ");
	context_error(&dashboard->context, "no command %s: there are %s", text, known);
}

void command_table_complete(struct completion *completion, const struct input_line *line,
			    const void *data)
{
	const struct dashboard *dashboard = data;
	struct input_line before = *line;
	size_t start;
	size_t end;
	size_t i;
	char item[32];

	/* Complete from the text before the cursor. */
	before.text[before.cursor] = '\0';
	before.length = before.cursor;
	line = &before;
	start = strspn(line->text, " ");
	end = start + strcspn(line->text + start, " ");
	i = command_table_find(line->text + start);
	if (line->cursor > end) {
		if (i < ARRAY_LENGTH(commands) && commands[i].complete)
			commands[i].complete(dashboard, completion, line,
					     end + strspn(line->text + end, " "));
		return;
	}
	completion->start = start;
	for (i = 0; i < ARRAY_LENGTH(commands); i++) {
		snprintf(item, sizeof(item), "%s%s", commands[i].name,
			 *commands[i].argument ? " " : "");
		completion_add(completion, item, line->text + start);
	}
}
