/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/options/options.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/text.h"
#include "tui/options/option_parser.h"

#define EXIT_USAGE 2

int option_parser_refuse(struct option_parser *parser, const char *format, ...)
{
	const char *program = parser->options->program;
	char message[512];
	char escaped[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	text_escape(message, escaped, sizeof(escaped));
	fprintf(stderr, "%s: %s\n", program, escaped);
	if (parser->command)
		fprintf(stderr, "'%s %s --help' lists the options.\n", program,
			parser->command->name);
	else
		fprintf(stderr, "'%s --help' lists the commands.\n", program);
	parser->exit_status = EXIT_USAGE;
	return -EINVAL;
}

/* What getopt_long needs, of those options that the command has. */
static void make_getopt_tables(struct option_parser *parser)
{
	size_t count;
	const struct option_definition *table = option_table(&count);
	size_t at = 0;
	char *letter = parser->letters;

	/* Tells a missing argument from an unknown option. */
	*letter++ = ':';
	for (size_t i = 0; i < count && at < OPTION_PARSER_MAX - 1; i++) {
		if (!(table[i].commands & 1u << parser->command->command))
			continue;
		parser->long_options[at++] = (struct option){
			.name = table[i].name,
			.has_arg = table[i].argument ? required_argument : no_argument,
			.val = (int)table[i].id,
		};
		if (!table[i].letter)
			continue;
		*letter++ = table[i].letter;
		if (table[i].argument)
			*letter++ = ':';
	}
}

static const struct option_definition *find_option(const struct option_parser *parser, int answer)
{
	size_t count;
	const struct option_definition *table = option_table(&count);

	for (size_t i = 0; i < count; i++)
		if ((answer == (int)table[i].id ||
		     (table[i].letter && answer == table[i].letter)) &&
		    table[i].commands & 1u << parser->command->command)
			return &table[i];
	return NULL;
}

/* Only what this command has is offered. */
static const char *option_name_at(size_t index, const void *context)
{
	const struct option_parser *parser = context;
	size_t count;
	const struct option_definition *option = &option_table(&count)[index];

	return option->commands & 1u << parser->command->command ? option->name : NULL;
}

static const char *command_name_at(size_t index, const void *context)
{
	size_t count;

	(void)context;
	return command_table(&count)[index].name;
}

/* The first command, in the table's order, that has an option. */
static const char *command_with(const struct option_definition *option)
{
	size_t count;
	const struct command_definition *table = command_table(&count);

	for (size_t i = 0; i < count; i++)
		if (option->commands & 1u << table[i].command)
			return table[i].name;
	return "";
}

static int refuse_unknown_long(struct option_parser *parser, const char *argument)
{
	char name[64];
	size_t length = strcspn(argument, "=");
	size_t count;

	snprintf(name, sizeof(name), "%.*s", (int)(length < 60 ? length : 60), argument);
	size_t matches = 0;
	for (const struct option *option = parser->long_options; option->name; option++)
		if (strncmp(option->name, name, length) == 0)
			matches++;
	if (matches > 1 && length > 0)
		return option_parser_refuse(
			parser, "--%s could be one of several options: write it in full", name);

	const struct option_definition *other = option_by_name(name);
	if (other)
		return option_parser_refuse(parser, "--%s is an option of '%s %s', not of '%s'",
					    name, parser->options->program, command_with(other),
					    parser->command->name);
	option_table(&count);
	const char *near = suggest(name, count, option_name_at, parser);
	if (near)
		return option_parser_refuse(parser, "unknown option --%s; did you mean --%s?", name,
					    near);
	return option_parser_refuse(parser, "unknown option --%s", name);
}

static int refuse_unknown_letter(struct option_parser *parser, int letter)
{
	size_t count;
	const struct option_definition *table = option_table(&count);

	for (size_t i = 0; i < count; i++)
		if (table[i].letter == letter)
			return option_parser_refuse(
				parser, "-%c (--%s) is an option of '%s %s', not of '%s'", letter,
				table[i].name, parser->options->program, command_with(&table[i]),
				parser->command->name);
	return option_parser_refuse(parser, "unknown option -%c", letter);
}

/* getopt_long answered '?': unknown, ambiguous, or an argument where none is taken. */
static int refuse_option(struct option_parser *parser, char **argv)
{
	if (optopt > 255) {
		const struct option_definition *option = find_option(parser, optopt);
		return option_parser_refuse(parser, "--%s takes no value",
					    option ? option->name : "");
	}
	if (optopt)
		return refuse_unknown_letter(parser, optopt);
	return refuse_unknown_long(parser, argv[optind - 1] + 2);
}

/*
 * Whether the long option was written out. getopt_long takes any beginning that fits one option
 * only, and so reads tomorrow's option as today's, with the next word for its value.
 */
static bool is_written_out(char **argv, const char *name)
{
	const char *word = argv[optind - 1];
	size_t length = strlen(name);

	if (word == optarg)
		word = argv[optind - 2];
	return strncmp(word, "--", 2) == 0 && strncmp(word + 2, name, length) == 0 &&
	       (word[2 + length] == '\0' || word[2 + length] == '=');
}

static int parse_options(struct option_parser *parser, int argc, char **argv)
{
	int answer;
	int at = -1;

	/* 0 makes glibc start anew, also after an earlier command line. */
	optind = 0;
	opterr = 0;
	while ((answer = getopt_long(argc, argv, parser->letters, parser->long_options, &at)) !=
	       -1) {
		if (answer == '?')
			return refuse_option(parser, argv);
		if (at >= 0 && !is_written_out(argv, parser->long_options[at].name))
			return refuse_unknown_long(
				parser, argv[optind - (argv[optind - 1] == optarg ? 2 : 1)] + 2);
		at = -1;
		const struct option_definition *option =
			find_option(parser, answer == ':' ? optopt : answer);
		if (!option)
			return option_parser_refuse(parser, "unknown option");
		if (answer == ':')
			return option_parser_refuse(parser, "--%s needs a value: %s", option->name,
						    option->values ? option->values
								   : option->argument);
		int error = option_parser_apply(parser, option, optarg);
		if (error)
			return error;
	}
	return 0;
}

/* Words that are no options: completion's shell, and paths behind --policy and --diff (what a shell
 * makes of `--policy *.yaml`). */
static int parse_words(struct option_parser *parser, int argc, char **argv)
{
	if (parser->command->command == COMMAND_COMPLETION) {
		if (optind >= argc)
			return option_parser_refuse(
				parser, "completion: expected a shell: bash, zsh or fish");
		parser->options->shell = argv[optind++];
		if (!option_parser_is_word_of("bash zsh fish", parser->options->shell))
			return option_parser_refuse(
				parser, "completion: expected bash, zsh or fish, not '%s'",
				parser->options->shell);
	}
	const char *name = parser->command->command == COMMAND_POLICY ? "diff" : "policy";
	while (parser->options->policy_path_count > 0 && optind < argc) {
		int error = option_parser_add_policy(parser, name, argv[optind++]);
		if (error)
			return error;
	}
	if (optind >= argc)
		return 0;

	size_t count;
	const struct command_definition *table = command_table(&count);
	for (size_t i = 0; i < count; i++)
		if (strcmp(table[i].name, argv[optind]) == 0)
			return option_parser_refuse(parser,
						    "the command goes first: %s %s [OPTION…]",
						    parser->options->program, table[i].name);
	return option_parser_refuse(parser, "unexpected word '%s'", argv[optind]);
}

/* True when writing to the one would empty the other. */
static bool is_same_file(const char *one, const char *other)
{
	struct stat a;
	struct stat b;

	if (stat(one, &a) || stat(other, &b))
		return strcmp(one, other) == 0;
	return a.st_dev == b.st_dev && a.st_ino == b.st_ino && S_ISREG(a.st_mode);
}

/* Paths of policies, for those commands that read some. */
static int finish_policies(struct option_parser *parser)
{
	const struct options *options = parser->options;
	size_t inputs = options->input && strcmp(options->input, "-") == 0;

	if (options->command == COMMAND_CHECK && options->policy_path_count == 0 &&
	    !options->cluster)
		return option_parser_refuse(parser, "check: --policy PATH is needed: a file, a "
						    "folder or -; or --cluster");
	if (options->cluster && options->no_kube)
		return option_parser_refuse(parser, "--cluster and --no-kube: one or the other");
	if (options->command == COMMAND_POLICY && options->policy_path_count > 0 &&
	    options->directory)
		return option_parser_refuse(parser, "--diff and --directory: one or the other");
	if (options->command == COMMAND_POLICY && options->policy_path_count > 0 &&
	    options->format && strcmp(options->format, "kubernetes") != 0)
		return option_parser_refuse(parser, "--diff is for --format kubernetes");
	for (size_t i = 0; i < options->policy_path_count; i++)
		inputs += strcmp(options->policy_paths[i], "-") == 0;
	if (inputs > 1)
		return option_parser_refuse(parser, "only one of all inputs can be standard input");
	return 0;
}

/* Options that exclude each other, and defaults that need all of them. */
static int finish(struct option_parser *parser)
{
	struct options *options = parser->options;

	if (options->input && options->exec_count)
		return option_parser_refuse(parser, "--input and --exec: one or the other");
	if (options->force && !options->directory)
		return option_parser_refuse(parser, "--force is for files: it needs --directory");
	if (options->record_file && options->input &&
	    is_same_file(options->record_file, options->input))
		return option_parser_refuse(parser, "--record: '%s' is being read", options->input);
	option_parser_default_names(parser);
	int refused = finish_policies(parser);
	if (refused)
		return refused;
	if (parser->namespace_value) {
		int error = option_parser_add_filter(parser, option_by_name("namespace"),
						     parser->namespace_value);
		if (error)
			return error;
	}
	if (!options->node_name) {
		const char *from_environment = getenv("NODE_NAME");
		if (from_environment && from_environment[0])
			options->node_name = from_environment;
	}
	if (!options->node_name) {
		char name[HOST_NAME_MAX + 1] = "";
		if (gethostname(name, sizeof(name) - 1) || !name[0])
			snprintf(name, sizeof(name), "localhost");
		options->host_name = strdup(name);
		if (!options->host_name)
			return -ENOMEM;
		options->node_name = options->host_name;
	}
	return 0;
}

static const struct command_definition *command_by_name(const char *name)
{
	size_t count;
	const struct command_definition *table = command_table(&count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

/* Takes the command off the front of the command line; without one it is `top`. */
static int parse_command(struct option_parser *parser, int *argc, char ***argv)
{
	const char *word = *argc > 1 ? (*argv)[1] : NULL;

	if (!word || word[0] == '-') {
		if (word && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)) {
			usage_print(stdout, parser->options->program, NULL);
			return -ECANCELED;
		}
		parser->command = command_find(COMMAND_TOP);
		return 0;
	}
	if (strcmp(word, "help") == 0) {
		const struct command_definition *about =
			*argc > 2 ? command_by_name((*argv)[2]) : NULL;
		usage_print(stdout, parser->options->program, about);
		return -ECANCELED;
	}
	const struct command_definition *command = command_by_name(word);
	if (!command) {
		size_t count;
		command_table(&count);
		const char *near = suggest(word, count, command_name_at, NULL);
		if (near)
			return option_parser_refuse(
				parser, "unknown command '%s'; did you mean '%s'?", word, near);
		return option_parser_refuse(parser, "unknown command '%s'", word);
	}
	parser->command = command;
	/* getopt_long skips the first word: the command takes the program's place. */
	(*argc)--;
	(*argv)++;
	return 0;
}

int options_parse(int argc, char **argv, struct options *options, int *exit_status)
{
	struct option_parser parser = {.options = options};
	const char *program = argc > 0 && argv[0] ? argv[0] : "polecat";
	const char *slash = strrchr(program, '/');

	*options = (struct options){.program = slash ? slash + 1 : program};
	int error = filter_new(&options->filter);
	if (!error)
		error = parse_command(&parser, &argc, &argv);
	if (!error) {
		options->command = parser.command->command;
		make_getopt_tables(&parser);
		error = parse_options(&parser, argc, argv);
	}
	if (!error)
		error = parse_words(&parser, argc, argv);
	if (!error)
		error = finish(&parser);
	if (!error)
		return 0;

	*exit_status = error == -ECANCELED ? 0 : parser.exit_status;
	if (error == -ENOMEM) {
		fprintf(stderr, "%s: %s\n", options->program, strerror(ENOMEM));
		*exit_status = 3;
	}
	options_free(options);
	return error;
}

void options_free(struct options *options)
{
	free(options->execs);
	for (size_t i = 0; i < options->exclude_count; i++)
		filter_free(options->excludes[i]);
	free(options->excludes);
	free(options->policy_paths);
	filter_free(options->filter);
	free(options->filter_text);
	free(options->host_name);
	*options = (struct options){0};
}
