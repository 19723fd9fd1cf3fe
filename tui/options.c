/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/text.h"
#include "tui/columns.h"
#include "tui/duration.h"
#include "tui/option_table.h"

#define EXIT_USAGE 2

/* Room for the options of one command. */
#define OPTIONS_MAX 64

/* -A undoes an earlier -n: the value is remembered, and goes into the filter in the end. */
struct parser {
	struct options *options;
	const struct command_definition *command;
	const char *namespace_value;
	struct option long_options[OPTIONS_MAX];
	char letters[2 * OPTIONS_MAX + 2];
	int exit_status;
};

/* Says what is wrong, in one line, and how to get help. */
__attribute__((format(printf, 2, 3))) static int refuse(struct parser *parser, const char *format,
							...)
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

static int refuse_value(struct parser *parser, const struct option_definition *option,
			const char *value, const char *expected)
{
	return refuse(parser, "--%s: expected %s, not '%s'", option->name, expected, value);
}

/* The same where there are few values: "auto, always or never". */
static int refuse_values(struct parser *parser, const struct option_definition *option,
			 const char *value)
{
	char expected[128] = "";
	size_t length = 0;

	for (const char *word = option->values; *word && length < sizeof(expected);) {
		size_t end = strcspn(word, " ");
		const char *rest = word + end + (word[end] == ' ');
		bool last = !strchr(rest, ' ');
		length += (size_t)snprintf(expected + length, sizeof(expected) - length, "%.*s%s",
					   (int)end, word,
					   !*rest ? ""
					   : last ? " or "
						  : ", ");
		word = rest;
	}
	return refuse_value(parser, option, value, expected);
}

/* --- values ------------------------------------------------------------------------------- */

static int parse_count(const char *text, uint64_t max, uint64_t *out)
{
	char *end = NULL;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	if (errno || *end || value == 0 || value > max)
		return -EINVAL;
	*out = value;
	return 0;
}

/* True when the value is one of the words of a list. */
static bool is_word_of(const char *words, const char *value)
{
	size_t length = strlen(value);

	while (*words) {
		size_t word = strcspn(words, " ");
		if (word == length && memcmp(words, value, word) == 0)
			return true;
		words += word + (words[word] == ' ');
	}
	return false;
}

static int add_exec(struct options *options, const char *command)
{
	const char **grown =
		reallocarray(options->execs, options->exec_count + 1, sizeof(*options->execs));
	if (!grown)
		return -ENOMEM;
	options->execs = grown;
	options->execs[options->exec_count++] = command;
	return 0;
}

static int add_filter(struct parser *parser, const struct option_definition *option,
		      const char *value)
{
	struct filter_error error = {0};
	int result =
		filter_add(parser->options->filter, option->filter, value ? value : "", &error);

	if (result == -EINVAL)
		return refuse(parser, "--%s '%s': %s", option->name, value, error.message);
	return result;
}

static int add_filter_text(struct parser *parser, const struct option_definition *option,
			   const char *value)
{
	struct filter_error error = {0};
	int result = filter_parse(parser->options->filter, value, &error);

	if (result == -EINVAL)
		return refuse(parser, "--%s '%s': character %zu: %s", option->name, value,
			      error.column, error.message);
	parser->options->filter_text = value;
	return result;
}

static int set_output(struct parser *parser, const struct option_definition *option,
		      const char *value)
{
	char error[COLUMNS_ERROR_SIZE];

	parser->options->output = value;
	if (strcmp(value, "json") == 0)
		return 0;
	int result = columns_new(value, NULL, error);
	if (result == -EINVAL)
		return refuse(parser, "--%s '%s': %s", option->name, value, error);
	return result;
}

static int set_timeout(struct parser *parser, const struct option_definition *option,
		       const char *value)
{
	/* As with kubectl: no end. */
	if (strcmp(value, "0") == 0)
		return 0;
	if (duration_parse(value, &parser->options->timeout_ns))
		return refuse_value(parser, option, value,
				    "a time such as 30s, 5m, 1h30m or a number of seconds");
	return 0;
}

/* A name that can stand in an output's column, and is one. */
static int set_node_name(struct parser *parser, const struct option_definition *option,
			 const char *value)
{
	if (!value[0])
		return refuse_value(parser, option, value, "a name");
	parser->options->node_name = value;
	return 0;
}

static int set_text(struct parser *parser, const struct option_definition *option,
		    const char *value, const char **out)
{
	if (!value[0])
		return refuse(parser, "--%s: expected %s, not an empty word", option->name,
			      option->argument);
	*out = value;
	return 0;
}

static int set_count(struct parser *parser, const struct option_definition *option,
		     const char *value, uint64_t max, uint64_t *out)
{
	char expected[64];

	snprintf(expected, sizeof(expected), "a number from 1 to %llu", (unsigned long long)max);
	return parse_count(value, max, out) ? refuse_value(parser, option, value, expected) : 0;
}

static int apply(struct parser *parser, const struct option_definition *option, const char *value)
{
	struct options *options = parser->options;
	uint64_t count = 0;

	if (option->id != OPTION_OUTPUT && option->values && !option->filter &&
	    !is_word_of(option->values, value))
		return refuse_values(parser, option, value);

	switch (option->id) {
	case OPTION_INPUT:
		if (options->input)
			return refuse(parser, "--input: one recording at a time");
		return set_text(parser, option, value, &options->input);
	case OPTION_EXEC:
		if (!value[0])
			return refuse_value(parser, option, value, "a command");
		return add_exec(options, value);
	case OPTION_RECORD:
		return set_text(parser, option, value, &options->record_file);
	case OPTION_NODE_NAME:
		return set_node_name(parser, option, value);
	case OPTION_NAMESPACE:
		return set_text(parser, option, value, &parser->namespace_value);
	case OPTION_ALL_NAMESPACES:
		parser->namespace_value = NULL;
		return 0;
	case OPTION_HOST:
		options->host = true;
		return 0;
	case OPTION_FILTER:
		return add_filter_text(parser, option, value);
	case OPTION_TIMEOUT:
		return set_timeout(parser, option, value);
	case OPTION_MAX_EVENTS:
		return set_count(parser, option, value, INT64_MAX, &options->max_events);
	case OPTION_MAX_CONNECTIONS:
		if (set_count(parser, option, value, 100000000, &count))
			return -EINVAL;
		options->max_connections = (size_t)count;
		return 0;
	case OPTION_OUTPUT:
		return set_output(parser, option, value);
	case OPTION_DIRECTORY:
		return set_text(parser, option, value, &options->directory);
	case OPTION_FORCE:
		options->force = true;
		return 0;
	case OPTION_INCLUDE_FAILED:
		options->include_failed = true;
		return 0;
	case OPTION_DNS:
		options->dns = value;
		return 0;
	case OPTION_POD:
	case OPTION_SELECTOR:
	case OPTION_CONTAINER:
	case OPTION_NODE:
	case OPTION_COMM:
	case OPTION_PID:
	case OPTION_PORT:
	case OPTION_DIRECTION:
	case OPTION_PROTOCOL:
	case OPTION_FAILED:
		return add_filter(parser, option, value);
	case OPTION_HELP:
		usage_print(stdout, options->program, parser->command);
		return -ECANCELED;
	case OPTION_VERSION:
		printf("polecat %s\n", POLECAT_VERSION);
		return -ECANCELED;
	}
	return -EINVAL;
}

/* --- the command line ----------------------------------------------------------------------- */

/* What getopt_long needs, of those options that the command has. */
static void make_getopt_tables(struct parser *parser)
{
	size_t count;
	const struct option_definition *table = option_table(&count);
	size_t at = 0;
	char *letter = parser->letters;

	/* Tells a missing argument from an unknown option. */
	*letter++ = ':';
	for (size_t i = 0; i < count && at < OPTIONS_MAX - 1; i++) {
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

static const struct option_definition *find_option(const struct parser *parser, int answer)
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
	const struct parser *parser = context;
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

static int refuse_unknown_long(struct parser *parser, const char *argument)
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
		return refuse(parser, "--%s could be one of several options: write it in full",
			      name);

	const struct option_definition *other = option_by_name(name);
	if (other)
		return refuse(parser, "--%s is an option of '%s %s', not of '%s'", name,
			      parser->options->program, command_with(other), parser->command->name);
	option_table(&count);
	const char *near = suggest(name, count, option_name_at, parser);
	if (near)
		return refuse(parser, "unknown option --%s; did you mean --%s?", name, near);
	return refuse(parser, "unknown option --%s", name);
}

static int refuse_unknown_letter(struct parser *parser, int letter)
{
	size_t count;
	const struct option_definition *table = option_table(&count);

	for (size_t i = 0; i < count; i++)
		if (table[i].letter == letter)
			return refuse(parser, "-%c (--%s) is an option of '%s %s', not of '%s'",
				      letter, table[i].name, parser->options->program,
				      command_with(&table[i]), parser->command->name);
	return refuse(parser, "unknown option -%c", letter);
}

/* getopt_long answered '?': unknown, ambiguous, or an argument where none is taken. */
static int refuse_option(struct parser *parser, char **argv)
{
	if (optopt > 255) {
		const struct option_definition *option = find_option(parser, optopt);
		return refuse(parser, "--%s takes no value", option ? option->name : "");
	}
	if (optopt)
		return refuse_unknown_letter(parser, optopt);
	return refuse_unknown_long(parser, argv[optind - 1] + 2);
}

static int parse_options(struct parser *parser, int argc, char **argv)
{
	int answer;

	/* 0 makes glibc start anew, also after an earlier command line. */
	optind = 0;
	opterr = 0;
	while ((answer = getopt_long(argc, argv, parser->letters, parser->long_options, NULL)) !=
	       -1) {
		if (answer == '?')
			return refuse_option(parser, argv);
		const struct option_definition *option =
			find_option(parser, answer == ':' ? optopt : answer);
		if (!option)
			return refuse(parser, "unknown option");
		if (answer == ':')
			return refuse(parser, "--%s needs a value: %s", option->name,
				      option->values ? option->values : option->argument);
		int error = apply(parser, option, optarg);
		if (error)
			return error;
	}
	return 0;
}

/* Words that are no options: completion's shell, and nothing else. */
static int parse_words(struct parser *parser, int argc, char **argv)
{
	if (parser->command->command == COMMAND_COMPLETION) {
		if (optind >= argc)
			return refuse(parser, "completion: expected a shell: bash, zsh or fish");
		parser->options->shell = argv[optind++];
		if (!is_word_of("bash zsh fish", parser->options->shell))
			return refuse(parser, "completion: expected bash, zsh or fish, not '%s'",
				      parser->options->shell);
	}
	if (optind >= argc)
		return 0;

	size_t count;
	const struct command_definition *table = command_table(&count);
	for (size_t i = 0; i < count; i++)
		if (strcmp(table[i].name, argv[optind]) == 0)
			return refuse(parser, "the command goes first: %s %s [OPTION…]",
				      parser->options->program, table[i].name);
	return refuse(parser, "unexpected word '%s'", argv[optind]);
}

/* Options that exclude each other, and defaults that need all of them. */
static int finish(struct parser *parser)
{
	struct options *options = parser->options;

	if (options->input && options->exec_count)
		return refuse(parser, "--input and --exec: one or the other");
	if (options->force && !options->directory)
		return refuse(parser, "--force is for files: it needs --directory");
	if (options->record_file && options->input &&
	    strcmp(options->record_file, options->input) == 0)
		return refuse(parser, "--record: '%s' is being read", options->input);
	if (parser->namespace_value) {
		int error =
			add_filter(parser, option_by_name("namespace"), parser->namespace_value);
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
static int parse_command(struct parser *parser, int *argc, char ***argv)
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
			return refuse(parser, "unknown command '%s'; did you mean '%s'?", word,
				      near);
		return refuse(parser, "unknown command '%s'", word);
	}
	parser->command = command;
	/* getopt_long skips the first word: the command takes the program's place. */
	(*argc)--;
	(*argv)++;
	return 0;
}

int options_parse(int argc, char **argv, struct options *options, int *exit_status)
{
	struct parser parser = {.options = options};
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
	filter_free(options->filter);
	free(options->host_name);
	*options = (struct options){0};
}
