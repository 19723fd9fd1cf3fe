/* SPDX-License-Identifier: Apache-2.0 */
/* What --help prints, and what somebody who mistyped a name probably meant. */
#include <stdlib.h>
#include <string.h>

#include "tui/columns/columns.h"
#include "tui/options/option_table.h"

/* Where the explanations of options begin, in terminal columns. */
#define HELP_INDENT 31

static const char *const group_titles[OPTION_GROUP_COUNT] = {
	[OPTION_GROUP_COMMAND] = "Options",
	[OPTION_GROUP_SOURCE] = "Where records come from (default: this machine's kernel)",
	[OPTION_GROUP_NAMES] = "Where names come from (this machine's pods and containers)",
	[OPTION_GROUP_FILTER] = "Filters (all must match)",
	[OPTION_GROUP_END] = "Limits",
	[OPTION_GROUP_OTHER] = "Other",
};

static void print_option(FILE *file, const struct option_definition *option)
{
	char left[64];
	int width;

	if (option->letter)
		width = snprintf(left, sizeof(left), "  -%c, --%s", option->letter, option->name);
	else
		width = snprintf(left, sizeof(left), "      --%s", option->name);
	if (option->argument)
		width += snprintf(left + width, sizeof(left) - (size_t)width, " %s",
				  option->argument);
	fprintf(file, "%-*s", HELP_INDENT, left);
	if (width >= HELP_INDENT)
		fputc(' ', file);
	for (const char *text = option->help; *text; text++) {
		fputc(*text, file);
		if (*text == '\n')
			fprintf(file, "%*s", HELP_INDENT, "");
	}
	fputc('\n', file);
}

static void print_groups(FILE *file, const struct command_definition *command)
{
	size_t count;
	const struct option_definition *table = option_table(&count);

	for (unsigned int group = 0; group < OPTION_GROUP_COUNT; group++) {
		bool titled = false;
		for (size_t i = 0; i < count; i++) {
			if (table[i].group != group ||
			    !(table[i].commands & 1u << command->command))
				continue;
			if (!titled)
				fprintf(file, "\n%s:\n", group_titles[group]);
			titled = true;
			print_option(file, &table[i]);
		}
	}
}

static void print_exit_status(FILE *file)
{
	fputs("\nExit status: 0 done; 1 check found flows that would be denied, or --diff "
	      "differences;\n"
	      "2 wrong usage; 3 not permitted or not supported here; 4 bad input or output; 5 a "
	      "source went\n"
	      "away. Ctrl-C ends every command cleanly.\n",
	      file);
}

static void print_overview(FILE *file, const char *program)
{
	size_t count;
	const struct command_definition *table = command_table(&count);

	fprintf(file,
		"polecat watches every TCP connection that pods and processes open or accept, and "
		"drafts\n"
		"the NetworkPolicy that would allow exactly what was seen.\n"
		"\n"
		"Usage: %s [COMMAND] [OPTION…]\n"
		"\n"
		"Commands:\n",
		program);
	for (size_t i = 0; i < count; i++)
		fprintf(file, "  %-28s %s\n", table[i].name, table[i].summary);
	fprintf(file,
		"\n"
		"Examples:\n"
		"  %s                            watch this machine\n"
		"  %s trace -o json > day.jsonl  make a recording\n"
		"  %s -i day.jsonl               look at it\n"
		"  %s policy -i day.jsonl        draft from it\n"
		"  %s check --policy dir -i day.jsonl   what would these policies break?\n"
		"\n"
		"'%s COMMAND --help' lists a command's options. The dashboard takes those of "
		"'top'.\n",
		program, program, program, program, program, program);
	print_exit_status(file);
}

void usage_print(FILE *file, const char *program, const struct command_definition *command)
{
	if (!command) {
		print_overview(file, program);
		return;
	}
	fprintf(file, "Usage: %s %s%s%s [OPTION…]\n\n%s\n", program, command->name,
		command->argument ? " " : "", command->argument ? command->argument : "",
		command->about);
	print_groups(file, command);
	if (command->command == COMMAND_TRACE)
		columns_print_help(file);
	print_exit_status(file);
}

#define SUGGEST_MAX 32

/* Edits (insert, delete, replace, swap two neighbours) that turn a into b. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t rows[3][SUGGEST_MAX + 1];
	size_t a_length = strlen(a);
	size_t b_length = strlen(b);

	if (a_length > SUGGEST_MAX || b_length > SUGGEST_MAX)
		return SUGGEST_MAX;
	for (size_t j = 0; j <= b_length; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i - 1) % 3];
		const size_t *two_above = rows[(i + 1) % 3];
		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);
			if (above[j] + 1 < best)
				best = above[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    two_above[j - 2] + 1 < best)
				best = two_above[j - 2] + 1;
			row[j] = best;
		}
	}
	return rows[a_length % 3][b_length];
}

const char *suggest(const char *typed, size_t count, suggest_name *name_at, const void *context)
{
	const char *best = NULL;
	size_t length = strlen(typed);
	/* A third of what was typed may be wrong. */
	size_t best_distance = length / 3 + 2;

	for (size_t i = 0; i < count; i++) {
		const char *name = name_at(i, context);
		if (!name)
			continue;
		size_t distance = edit_distance(typed, name);
		/* --max-conn for --max-connections */
		if (length >= 3 && strncmp(name, typed, length) == 0)
			distance = 1;
		if (distance < best_distance) {
			best = name;
			best_distance = distance;
		}
	}
	return best;
}
