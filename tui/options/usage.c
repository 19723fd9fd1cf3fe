/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/options/usage.h"

#include "tui/columns/column_printer.h"
#include "tui/options/option_table.h"

/* Terminal column where the help texts of options begin. */
#define HELP_INDENT 31

static const char *const usage_group_titles[OPTION_GROUP_COUNT] = {
	[OPTION_GROUP_COMMAND] = "Options",
	[OPTION_GROUP_SOURCE] = "Sources of records (default: this machine's kernel)",
	[OPTION_GROUP_NAMES] = "Sources of names of pods and containers",
	[OPTION_GROUP_FILTER] = "Filters (a flow must match all of them)",
	[OPTION_GROUP_END] = "Limits",
	[OPTION_GROUP_OTHER] = "Other",
};

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
	fputs("\nExit status: 0 success; 1 'check' found denied flows or --diff found "
	      "differences;\n"
	      "2 usage error; 3 not permitted or not supported; 4 invalid input or output error;\n"
	      "5 a source failed; 6 done, but on incomplete data (0 with --allow-loss). Ctrl-C "
	      "ends\n"
	      "every command cleanly.\n",
	      file);
}

static void usage_print_overview(FILE *file, const char *program)
{
	fprintf(file,
		"polecat watches every TCP connection that pods and processes open or accept and\n"
		"drafts the NetworkPolicy that allows exactly the connections seen.\n"
		"\n"
		"Usage: %s [COMMAND] [OPTION…]\n"
		"\n"
		"Commands:\n",
		program);
	for (size_t i = 0; i < command_count; i++)
		fprintf(file, "  %-28s %s\n", command_table[i].name, command_table[i].summary);
	fprintf(file,
		"\n"
		"Examples:\n"
		"  # Watch this machine\n"
		"  %s\n"
		"  # Record all connections to a file and replay it\n"
		"  %s trace -o json > day.jsonl\n"
		"  %s -i day.jsonl\n"
		"  # Draft policies from a recording and list the flows that they would deny\n"
		"  %s policy -i day.jsonl -d policies\n"
		"  %s check --policy policies -i day.jsonl\n"
		"\n"
		"Use '%s COMMAND --help' for the options of a command. Without a command,\n"
		"the options of 'top' apply.\n",
		program, program, program, program, program, program);
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
