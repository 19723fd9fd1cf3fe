/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/options/usage.h"

#include "core/base/array.h"
#include "tui/columns/column_printer.h"
#include "tui/options/option_table.h"

/* Terminal column where the help texts of options begin. */
#define HELP_INDENT 31

const char *const usage_group_titles[OPTION_GROUP_COUNT] = {
	[OPTION_GROUP_COMMAND] = "Options",
	[OPTION_GROUP_SOURCE] = "Sources of records (default: this machine's kernel)",
	[OPTION_GROUP_NAMES] = "Sources of names of pods and containers",
	[OPTION_GROUP_CLUSTER] = "Agents on the nodes of a cluster",
	[OPTION_GROUP_FILTER] = "Filters (a flow must match all of them)",
	[OPTION_GROUP_END] = "Limits",
	[OPTION_GROUP_OTHER] = "Other",
};

const char *const usage_exit_status[] = {
	"success",
	"'check' found denied flows, --diff differences, or --exit-on-new a new destination",
	"wrong usage",
	"not permitted or not supported here",
	"bad input or output",
	"a live source of records ended early",
	"done, but on incomplete data (0 with --allow-loss)",
};

const struct usage_example usage_examples[] = {
	{"Watch this machine", ""},
	{"Watch a pod of a cluster, from a workstation", "--kube pod/web-0 -n shop"},
	{"Record all connections to a file", "trace -o json > day.jsonl"},
	{"Show the recording in the dashboard", "-i day.jsonl"},
	{"Draft policies from it", "policy -i day.jsonl -d policies"},
	{"List the flows that these policies would deny", "check --policy policies -i day.jsonl"},
};

const size_t usage_exit_status_count = ARRAY_LENGTH(usage_exit_status);
const size_t usage_example_count = ARRAY_LENGTH(usage_examples);

static void usage_print_option(FILE *file, const struct option_definition *option)
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

static void usage_print_groups(FILE *file, const struct command_definition *command)
{
	for (unsigned int group = 0; group < OPTION_GROUP_COUNT; group++) {
		bool titled = false;
		for (size_t i = 0; i < option_count; i++) {
			if (option_table[i].group != group ||
			    !command_has_option(command, &option_table[i]))
				continue;
			if (!titled)
				fprintf(file, "\n%s:\n", usage_group_titles[group]);
			titled = true;
			usage_print_option(file, &option_table[i]);
		}
	}
}

static void usage_print_exit_status(FILE *file)
{
	fputs("\nExit status (Ctrl-C ends every command cleanly):\n", file);
	for (size_t i = 0; i < usage_exit_status_count; i++)
		fprintf(file, "  %zu  %s\n", i, usage_exit_status[i]);
}

static void usage_print_overview(FILE *file, const char *program)
{
	fprintf(file,
		"polecat watches the connections that pods and processes open or accept and\n"
		"drafts the NetworkPolicy that allows them, and nothing else but DNS.\n"
		"\n"
		"Usage: %s [COMMAND] [OPTION…]\n"
		"\n"
		"Commands:\n",
		program);
	for (size_t i = 0; i < command_count; i++)
		fprintf(file, "  %-28s %s\n", command_table[i].name, command_table[i].summary);
	fputs("\nExamples:\n", file);
	for (size_t i = 0; i < usage_example_count; i++)
		fprintf(file, "  # %s\n  %s%s%s\n", usage_examples[i].does, program,
			usage_examples[i].words[0] ? " " : "", usage_examples[i].words);
	fprintf(file,
		"\n"
		"Use '%s COMMAND --help' for the options of a command. Without a command,\n"
		"the options of 'top' apply.\n",
		program);
	usage_print_exit_status(file);
}

void usage_print(FILE *file, const char *program, const struct command_definition *command)
{
	if (!command) {
		usage_print_overview(file, program);
		return;
	}
	fprintf(file, "Usage: %s %s%s%s [OPTION…]\n\n%s\n", program, command->name,
		command->argument ? " " : "", command->argument ? command->argument : "",
		command->about);
	usage_print_groups(file, command);
	if (command->command == COMMAND_TRACE)
		column_printer_help(file);
	usage_print_exit_status(file);
}
