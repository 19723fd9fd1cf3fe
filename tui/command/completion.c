/* SPDX-License-Identifier: Apache-2.0 */
/* `polecat completion`: prints a completion script for a shell, made from the table of options. */
#include <stdio.h>
#include <string.h>

#include "tui/command/commands.h"
#include "tui/options/option_table.h"

/* Shell code that completes the argument of an option without option->values. completion_words has
 * a row for each kind of argument. */
struct completion_words {
	const char *bash; /* a command that sets COMPREPLY */
	const char *zsh;  /* the action in a specification of _arguments */
	const char *fish; /* flags of `complete` */
};

static const struct completion_words completion_words[] = {
	[OPTION_COMPLETES_NOTHING] = {"COMPREPLY=()", " ", " -x"},
	[OPTION_COMPLETES_FILE] = {"compopt -o filenames; "
				   "mapfile -t COMPREPLY < <(compgen -f -- \"$word\")",
				   "_files", " -r -F"},
	[OPTION_COMPLETES_DIRECTORY] = {"compopt -o filenames; "
					"mapfile -t COMPREPLY < <(compgen -d -- \"$word\")",
					"_files -/", " -x -a '(__fish_complete_directories)'"},
	[OPTION_COMPLETES_COMMAND] = {"mapfile -t COMPREPLY < <(compgen -c -- \"$word\")",
				      "_command_names -e", " -x -a '(__fish_complete_command)'"},
};

/* Prints a help text as one line. Replaces or drops characters that have a special meaning inside
 * a shell's quotes. */
static void completion_print_summary(const char *help)
{
	for (; *help; help++) {
		if (*help == '\n')
			putchar(' ');
		else if (*help == '\'')
			fputs("’", stdout);
		else if (!strchr("\"[]`$\\", *help))
			putchar(*help);
	}
}

static void completion_print_words_of(const struct command_definition *command)
{
	for (size_t i = 0; i < option_count; i++) {
		if (!command_has_option(command, &option_table[i]))
			continue;
		if (option_table[i].letter)
			printf("-%c ", option_table[i].letter);
		printf("--%s ", option_table[i].name);
	}
}

/* Returns true if several commands have different options of this name. */
static bool completion_is_ambiguous(const struct option_definition *option)
{
	size_t same = 0;

	for (size_t i = 0; i < option_count; i++)
		same += strcmp(option_table[i].name, option->name) == 0;
	return same > 1;
}

/* Prints the case pattern COMMAND:OPTION for both spellings of the option. COMMAND is * unless the
 * option is ambiguous. */
static void completion_print_bash_pattern(const struct option_definition *option)
{
	bool any = !completion_is_ambiguous(option);
	const char *separator = "";

	printf("\t");
	for (size_t i = 0; i < (any ? 1 : command_count); i++) {
		const char *command = any ? "*" : command_table[i].name;
		if (!any && !command_has_option(&command_table[i], option))
			continue;
		if (option->letter)
			printf("%s%s:-%c | %s:--%s", separator, command, option->letter, command,
			       option->name);
		else
			printf("%s%s:--%s", separator, command, option->name);
		separator = " | ";
	}
	printf(") ");
}

static void completion_print_bash_values(void)
{
	for (size_t i = 0; i < option_count; i++) {
		const struct option_definition *option = &option_table[i];
		if (!option->argument)
			continue;
		completion_print_bash_pattern(option);
		if (option->values)
			printf("mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$word\") ;;\n",
			       option->values);
		else
			printf("%s ;;\n", completion_words[option->completion].bash);
	}
}

static void completion_print_bash(void)
{
	printf("# bash completion for polecat: source <(polecat completion bash)\n"
	       "_polecat() {\n"
	       "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} "
	       "command=top words\n"
	       "\tcase ${COMP_WORDS[1]-} in\n\t");
	for (size_t i = 0; i < command_count; i++)
		printf("%s%s", i ? " | " : "", command_table[i].name);
	printf(") ((COMP_CWORD > 1)) && command=${COMP_WORDS[1]} ;;\n"
	       "\tesac\n"
	       "\tcase $command:$before in\n");
	completion_print_bash_values();
	for (size_t i = 0; i < command_count; i++)
		if (command_table[i].words)
			printf("\t*:%s) mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$word\") "
			       ";;\n",
			       command_table[i].name, command_table[i].words);
	printf("\t*)\n"
	       "\t\tcase $command in\n");
	for (size_t i = 0; i < command_count; i++) {
		printf("\t\t%s) words='", command_table[i].name);
		completion_print_words_of(&command_table[i]);
		printf("' ;;\n");
	}
	printf("\t\tesac\n"
	       "\t\t((COMP_CWORD == 1)) && [[ $word != -* ]] && words='");
	for (size_t i = 0; i < command_count; i++)
		printf("%s ", command_table[i].name);
	printf("'\n"
	       "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
	       "\t\t;;\n"
	       "\tesac\n"
	       "}\n"
	       "complete -F _polecat polecat kubectl-polecat\n");
}

static void completion_print_zsh_option(const struct option_definition *option,
					const char *spelling)
{
	printf("\t\t'%s[", spelling);
	completion_print_summary(option->help);
	printf("]");
	if (option->argument) {
		printf(":%s:", option->argument);
		if (option->values)
			printf("(%s)", option->values);
		else
			printf("%s", completion_words[option->completion].zsh);
	}
	printf("'\n");
}

static void completion_print_zsh(void)
{
	printf("#compdef polecat kubectl-polecat\n"
	       "_polecat() {\n"
	       "\tlocal -a commands options\n"
	       "\tcommands=(\n");
	for (size_t i = 0; i < command_count; i++) {
		printf("\t\t'%s:", command_table[i].name);
		completion_print_summary(command_table[i].summary);
		printf("'\n");
	}
	printf("\t)\n"
	       "\tlocal command=top\n"
	       "\tif ((CURRENT > 2)) && [[ -n ${commands[(r)$words[2]:*]} ]]; then\n"
	       "\t\tcommand=$words[2]\n"
	       "\t\tshift words\n"
	       "\t\t((CURRENT--))\n"
	       "\telif ((CURRENT == 2)) && [[ $words[2] != -* ]]; then\n"
	       "\t\t_describe command commands\n"
	       "\t\treturn\n"
	       "\tfi\n"
	       "\tcase $command in\n");
	for (size_t i = 0; i < command_count; i++) {
		printf("\t%s) options=(\n", command_table[i].name);
		if (command_table[i].words)
			printf("\t\t'1:word:(%s)'\n", command_table[i].words);
		for (size_t j = 0; j < option_count; j++) {
			char spelling[40];
			if (!command_has_option(&command_table[i], &option_table[j]))
				continue;
			snprintf(spelling, sizeof(spelling), "--%s", option_table[j].name);
			completion_print_zsh_option(&option_table[j], spelling);
			snprintf(spelling, sizeof(spelling), "-%c", option_table[j].letter);
			if (option_table[j].letter)
				completion_print_zsh_option(&option_table[j], spelling);
		}
		printf("\t) ;;\n");
	}
	printf("\tesac\n"
	       "\t_arguments -s $options\n"
	       "}\n"
	       "if [[ $funcstack[1] == _polecat ]]; then\n"
	       "\t_polecat \"$@\"\n"
	       "else\n"
	       "\tcompdef _polecat polecat kubectl-polecat\n"
	       "fi\n");
}

/* Prints one line for each command that has the option. The line applies only to that command. */
static void completion_print_fish_option(const struct option_definition *option)
{
	for (size_t i = 0; i < command_count; i++) {
		if (!command_has_option(&command_table[i], option))
			continue;
		if (command_table[i].command == COMMAND_TOP)
			printf("complete -c polecat -n 'not __polecat_other'");
		else
			printf("complete -c polecat -n '__fish_seen_subcommand_from %s'",
			       command_table[i].name);
		if (option->letter)
			printf(" -s %c", option->letter);
		printf(" -l %s", option->name);
		if (option->values)
			printf(" -x -a '%s'", option->values);
		else if (option->argument)
			printf("%s", completion_words[option->completion].fish);
		printf(" -d '");
		completion_print_summary(option->help);
		printf("'\n");
	}
}

static void completion_print_fish(void)
{
	printf("# fish completion for polecat: polecat completion fish | source\n"
	       "function __polecat_other\n"
	       "    __fish_seen_subcommand_from");
	for (size_t i = 0; i < command_count; i++)
		if (command_table[i].command != COMMAND_TOP)
			printf(" %s", command_table[i].name);
	printf("\nend\n"
	       "complete -c polecat -f\n");
	for (size_t i = 0; i < command_count; i++) {
		printf("complete -c polecat -n __fish_use_subcommand -a %s -d '",
		       command_table[i].name);
		completion_print_summary(command_table[i].summary);
		printf("'\n");
	}
	for (size_t i = 0; i < command_count; i++)
		if (command_table[i].words)
			printf("complete -c polecat -n '__fish_seen_subcommand_from %s' -a '%s'\n",
			       command_table[i].name, command_table[i].words);
	for (size_t i = 0; i < option_count; i++)
		completion_print_fish_option(&option_table[i]);
	printf("complete -c kubectl-polecat -w polecat\n");
}

int completion_main(const struct options *options)
{
	if (strcmp(options->word, "bash") == 0)
		completion_print_bash();
	else if (strcmp(options->word, "zsh") == 0)
		completion_print_zsh();
	else
		completion_print_fish();
	return 0;
}
