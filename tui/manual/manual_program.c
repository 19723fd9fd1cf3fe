/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "core/base/array.h"
#include "tui/columns/column.h"
#include "tui/manual/manual.h"
#include "tui/manual/roff.h"
#include "tui/options/option_table.h"
#include "tui/options/usage.h"

static const struct {
	const char *name;
	const char *text;
} environment[] = {
	{"KUBECONFIG", "files with the access to the cluster, if --kubeconfig is not given"},
	{"CONTAINER_RUNTIME_ENDPOINT", "socket of the CRI, if --cri is not given"},
	{"DOCKER_HOST", "socket of Docker or Podman, if --docker is not given"},
	{"NODE_NAME", "name of this node, if --node-name is not given"},
	{"KUBERNETES_SERVICE_HOST", "set inside a pod: the API server, asked with the pod's\n"
				    "service account"},
	{"POLECAT_THEME", "the theme, if --theme is not given"},
	{"NO_COLOR", "if it is set and not empty, the dashboard uses no colours"},
	{"COLORFGBG", "the colours of the terminal, if it does not answer when asked"},
	{"XDG_CONFIG_HOME", "the folder of the settings, instead of ~/.config"},
	{"VISUAL, EDITOR", "the editor of the key E"},
};

static const struct {
	const char *name;
	const char *text;
} files[] = {
	{"~/.config/polecat/config.yaml", "the settings of the dashboard"},
	{"/sys/kernel/btf/vmlinux", "the kernel's types, which the collector needs"},
};

static void manual_commands(FILE *file)
{
	roff_section(file, "COMMANDS");
	for (size_t i = 0; i < command_count; i++) {
		const struct command_definition *command = &command_table[i];
		roff_entry(file, command->name, command->argument, command->about);
	}
}

/* Writes the commands that have the option, if it is in the section for options of few commands. */
static void manual_option_commands(FILE *file, const struct option_definition *option)
{
	const char *separator = ".br\nOnly for ";

	if (option->group != OPTION_GROUP_COMMAND)
		return;
	for (size_t i = 0; i < command_count; i++) {
		if (!command_has_option(&command_table[i], option))
			continue;
		fprintf(file, "%s\\fB%s\\fR", separator, command_table[i].name);
		separator = ", ";
	}
	fputs(".\n", file);
}

static void manual_options(FILE *file)
{
	roff_section(file, "OPTIONS");
	for (unsigned int group = 0; group < OPTION_GROUP_COUNT; group++) {
		roff_part(file, group == OPTION_GROUP_COMMAND ? "Options of some commands"
							      : usage_group_titles[group]);
		for (size_t i = 0; i < option_count; i++) {
			const struct option_definition *option = &option_table[i];
			char term[64];
			if (option->group != group)
				continue;
			if (option->letter)
				snprintf(term, sizeof(term), "-%c, --%s", option->letter,
					 option->name);
			else
				snprintf(term, sizeof(term), "--%s", option->name);
			roff_entry(file, term, option->argument, option->help);
			manual_option_commands(file, option);
		}
	}
}

static void manual_columns(FILE *file)
{
	roff_section(file, "COLUMNS");
	roff_text(file, "These are the columns of trace. A + marks those that only -o wide shows,\n"
			"a * those that only -o columns=NAME shows.");
	for (size_t i = 0; i < column_count; i++) {
		const struct column *column = &column_table[i];
		const char *mark = column->trace.set == COLUMN_SET_WIDE    ? "+"
				   : column->trace.set == COLUMN_SET_EXTRA ? "*"
									   : NULL;
		if (column->trace.set != COLUMN_SET_NONE)
			roff_entry(file, column->name, mark, column->help);
	}
}

void manual_program(FILE *file)
{
	roff_page(file, "polecat", 1, "watch connections per pod and draft NetworkPolicies");
	roff_section(file, "SYNOPSIS");
	fputs("\\fBpolecat\\fR [\\fICOMMAND\\fR] [\\fIOPTION\\fR…]\n", file);
	roff_section(file, "DESCRIPTION");
	roff_text(
		file,
		"polecat shows the connections that pods, containers and processes open and\n"
		"accept, sums them up, and drafts the NetworkPolicy that allows them, and\n"
		"nothing else but DNS. The connections come from the kernel (by eBPF), from\n"
		"recordings, or from the output of other commands. polecat does not change the\n"
		"workloads. Without a command, polecat starts the dashboard.\n"
		"\n"
		"Watching the kernel needs root, or CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN.\n"
		"Reading a recording needs no privileges. polecat doctor tests what works here.\n"
		"\n"
		"After its start, polecat keeps only the capabilities that a later step needs, "
		"can\n"
		"make only the system calls of its steps, and can write only below the folders of\n"
		"its options; the dashboard also below the current folder, HOME and TMPDIR. A "
		"binary\n"
		"with file capabilities ignores the environment, except TERM, COLORTERM, "
		"COLORFGBG,\n"
		"NO_COLOR, LANG, LC_ALL, LC_CTYPE and NODE_NAME.");
	manual_commands(file);
	manual_options(file);
	manual_columns(file);
	roff_section(file, "EXIT STATUS");
	for (size_t i = 0; i < usage_exit_status_count; i++) {
		char number[24];
		snprintf(number, sizeof(number), "%zu", i);
		roff_entry(file, number, NULL, usage_exit_status[i]);
	}
	roff_section(file, "ENVIRONMENT");
	for (size_t i = 0; i < ARRAY_LENGTH(environment); i++)
		roff_entry(file, environment[i].name, NULL, environment[i].text);
	roff_section(file, "FILES");
	for (size_t i = 0; i < ARRAY_LENGTH(files); i++)
		roff_entry(file, files[i].name, NULL, files[i].text);
	roff_section(file, "EXAMPLES");
	for (size_t i = 0; i < usage_example_count; i++) {
		char line[128];
		snprintf(line, sizeof(line), "    polecat %s", usage_examples[i].words);
		fputs(".PP\n", file);
		roff_text(file, usage_examples[i].does);
		roff_text(file, line);
	}
	roff_section(file, "SEE ALSO");
	fputs("\\fBpolecat\\-keys\\fR(7), \\fBpolecat\\-filters\\fR(7), "
	      "\\fBpolecat\\-records\\fR(5)\n",
	      file);
}
