/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/options/command_line.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/suggest.h"
#include "core/base/timestamp.h"
#include "core/source/cluster/cluster_target.h"
#include "tui/options/option_table.h"
#include "tui/options/option_value.h"
#include "tui/options/usage.h"

#define EXIT_USAGE  2
#define EXIT_SYSTEM 3

/* The largest number of options of one command, plus one for the zeroed end of long_options. */
#define OPTIONS_MAX 96

/* For a long option, getopt_long returns its index in option_table plus this number, which is
 * larger than every letter. */
#define LONG_OPTION 256

struct command_line {
	struct option_target target;
	struct option long_options[OPTIONS_MAX];
	char letters[2 * OPTIONS_MAX + 2];
};

/* Fills in the tables of getopt_long with the options of the command. */
static void command_line_fill_tables(struct command_line *line)
{
	size_t at = 0;
	char *letter = line->letters;

	/* Makes getopt_long return ':' for a missing argument and '?' for an unknown option. */
	*letter++ = ':';
	for (size_t i = 0; i < option_count && at < OPTIONS_MAX - 1; i++) {
		if (!command_has_option(line->target.command, &option_table[i]))
			continue;
		line->long_options[at++] = (struct option){
			.name = option_table[i].name,
			.has_arg = option_table[i].argument ? required_argument : no_argument,
			.val = LONG_OPTION + (int)i,
		};
		if (!option_table[i].letter)
			continue;
		*letter++ = option_table[i].letter;
		if (option_table[i].argument)
			*letter++ = ':';
	}
}

/* Finds an option of a command by its letter. If `command` is NULL, searches the options of all
 * commands. Returns NULL if no option has the letter. */
static const struct option_definition *
command_line_by_letter(const struct command_definition *command, int letter)
{
	for (size_t i = 0; i < option_count; i++)
		if (option_table[i].letter && letter == option_table[i].letter &&
		    (!command || command_has_option(command, &option_table[i])))
			return &option_table[i];
	return NULL;
}

/* Finds the option for a return value of getopt_long. Returns NULL if there is no such option. */
static const struct option_definition *command_line_find(const struct command_line *line, int value)
{
	return value >= LONG_OPTION ? &option_table[value - LONG_OPTION]
				    : command_line_by_letter(line->target.command, value);
}

/* Lets suggest() offer only options of this command. */
static const char *command_line_option_name(size_t index, const void *context)
{
	const struct command_line *line = context;
	const struct option_definition *option = &option_table[index];

	return command_has_option(line->target.command, option) ? option->name : NULL;
}

static const char *command_line_command_name(size_t index, const void *context)
{
	(void)context;
	return command_table[index].name;
}

static int command_line_refuse_foreign(const struct command_line *line, const char *spelling,
				       const struct option_definition *option)
{
	const struct option_target *target = &line->target;
	const struct command_definition *command = command_table;

	while (!command_has_option(command, option))
		command++;
	return option_refuse(target, "%s is an option of '%s %s', not of '%s'", spelling,
			     target->options->program, command->name, target->command->name);
}

static int command_line_refuse_long(const struct command_line *line, const char *argument)
{
	char name[64];
	char spelling[72];
	size_t length = strcspn(argument, "=");
	size_t matches = 0;

	snprintf(name, sizeof(name), "%.*s", (int)(length < 60 ? length : 60), argument);
	snprintf(spelling, sizeof(spelling), "--%s", name);
	for (const struct option *option = line->long_options; option->name; option++)
		if (strncmp(option->name, name, length) == 0)
			matches++;
	if (matches > 1 && length > 0)
		return option_refuse(&line->target,
				     "%s could be one of several options: write it in full",
				     spelling);
	const struct option_definition *other = option_by_name(name);
	if (other)
		return command_line_refuse_foreign(line, spelling, other);
	const char *near = suggest(name, option_count, command_line_option_name, line);
	return option_refuse(&line->target, "unknown option %s%s%s%s", spelling,
			     near ? "; did you mean --" : "", near ? near : "", near ? "?" : "");
}

static int command_line_refuse_letter(const struct command_line *line, int letter)
{
	const struct option_definition *other = command_line_by_letter(NULL, letter);
	char spelling[72];

	if (!other)
		return option_refuse(&line->target, "unknown option -%c", letter);
	snprintf(spelling, sizeof(spelling), "-%c (--%s)", letter, other->name);
	return command_line_refuse_foreign(line, spelling, other);
}

/* Handles '?' of getopt_long: an unknown or ambiguous option, or a value for an option that takes
 * no value. */
static int command_line_refuse(const struct command_line *line, char **argv)
{
	if (optopt >= LONG_OPTION)
		return option_refuse(&line->target, "--%s takes no value",
				     command_line_find(line, optopt)->name);
	if (optopt)
		return command_line_refuse_letter(line, optopt);
	return command_line_refuse_long(line, argv[optind - 1] + 2);
}

/*
 * Returns the word, without "--", that getopt_long just accepted for the long option `name`, if the
 * word abbreviates the name. Returns NULL for the full name. polecat refuses abbreviations, because
 * an option that a later version adds could silently change their meaning.
 */
static const char *command_line_abbreviation(char **argv, const char *name)
{
	const char *word = argv[optind - (argv[optind - 1] == optarg ? 2 : 1)] + 2;
	size_t length = strlen(name);

	if (strncmp(word, name, length) == 0 && (word[length] == '\0' || word[length] == '='))
		return NULL;
	return word;
}

static int command_line_apply(const struct command_line *line,
			      const struct option_definition *option, const char *value)
{
	if (option->set)
		return option->set(&(struct option_use){&line->target, option, value});
	if (strcmp(option->name, "version") == 0)
		printf("polecat %s\n", POLECAT_VERSION);
	else
		usage_print(stdout, line->target.options->program, line->target.command);
	return -ECANCELED;
}

static int command_line_parse_options(struct command_line *line, int argc, char **argv)
{
	int value;
	int at = -1;

	/* 0 resets the state of glibc's getopt after an earlier command line. */
	optind = 0;
	opterr = 0;
	while ((value = getopt_long(argc, argv, line->letters, line->long_options, &at)) != -1) {
		if (value == '?')
			return command_line_refuse(line, argv);
		const char *abbreviation =
			at >= 0 ? command_line_abbreviation(argv, line->long_options[at].name)
				: NULL;
		if (abbreviation)
			return command_line_refuse_long(line, abbreviation);
		at = -1;
		const struct option_definition *option =
			command_line_find(line, value == ':' ? optopt : value);
		if (!option)
			return option_refuse(&line->target, "unknown option");
		if (value == ':')
			return option_refuse(&line->target, "--%s needs a value: %s", option->name,
					     option->values ? option->values : option->argument);
		int error = command_line_apply(line, option, optarg);
		if (error)
			return error;
	}
	return 0;
}

/* Parses the word that a command such as `completion` needs. */
static int command_line_parse_word(const struct option_target *target, const char *word)
{
	const struct command_definition *command = target->command;

	if (!word)
		return option_refuse(target, "%s: expected one of: %s", command->name,
				     command->argument);
	if (!option_is_word_of(command->words, word))
		return option_refuse(target, "%s: expected one of: %s; not '%s'", command->name,
				     command->argument, word);
	target->options->word = word;
	return 0;
}

/* Returns whether a word names an object of a cluster: pod/NAME. Another word may be a command, or
 * a path after --policy. */
static bool command_line_is_target(const struct options *options, const char *word)
{
	return options->kube && cluster_target_is_valid(word) && access(word, F_OK) != 0;
}

/*
 * Parses the words that are not options: the word of `completion` or `manual`, and more paths after
 * --policy or --diff, since a shell expands `--policy *.yaml` to several words. With --kube, also
 * the objects to watch.
 */
static int command_line_parse_words(const struct command_line *line, int argc, char **argv)
{
	const struct option_target *target = &line->target;
	const struct option_definition *paths =
		option_by_name(target->command->command == COMMAND_POLICY ? "diff" : "policy");
	int error = 0;

	if (target->command->words)
		error = command_line_parse_word(target, argv[optind++]);
	for (; !error && optind < argc; optind++) {
		struct option_texts *texts = &target->options->targets;
		const char **added;
		if (command_line_is_target(target->options, argv[optind])) {
			added = ARRAY_EXTEND(texts->items, texts->count);
			if (!added)
				return -ENOMEM;
			*added = argv[optind];
		} else if (target->options->policy_paths.count > 0) {
			error = option_add_text(&(struct option_use){target, paths, argv[optind]});
		} else {
			break;
		}
	}
	if (error || optind >= argc)
		return error;

	if (command_by_name(argv[optind]))
		return option_refuse(target, "the command goes first: %s %s [OPTION…]",
				     target->options->program, argv[optind]);
	if (target->options->kube)
		return option_refuse(target, "unexpected word '%s': expected %s", argv[optind],
				     CLUSTER_TARGET_EXPECTED);
	return option_refuse(target, "unexpected word '%s'", argv[optind]);
}

static bool command_line_is_same_file(const char *one, const char *other)
{
	struct stat a;
	struct stat b;

	if (stat(one, &a) || stat(other, &b))
		return strcmp(one, other) == 0;
	return a.st_dev == b.st_dev && a.st_ino == b.st_ino &&
	       (S_ISREG(a.st_mode) || S_ISDIR(a.st_mode));
}

/* Returns the reason why --since or --until cannot be used; NULL: they can be used. */
static const char *command_line_refuse_window(const struct options *options)
{
	const struct option_moment *since = &options->since;
	const struct option_moment *until = &options->until;
	bool has_age = (since->given && since->is_age) || (until->given && until->is_age);

	if (!options->input && since->given)
		return "--since needs a recording (--input): before the start, nothing was seen";
	if (!options->input && until->given && until->is_age)
		return "--until: an age needs a recording (--input). Give a time such as "
		       "2026-01-02T15:04:05Z, or use --timeout";
	if (has_age && strcmp(options->input, "-") == 0)
		return "--since, --until: an age is counted back from the end of a file, and "
		       "standard input is no file. Give a time such as 2026-01-02T15:04:05Z";
	return NULL;
}

/* Returns the reason why options conflict; NULL: they do not. */
static const char *command_line_find_conflict(const struct options *options)
{
	size_t standard_inputs = options->input && strcmp(options->input, "-") == 0;
	bool has_paths = options->policy_paths.count > 0;
	bool prints_json = options->command == COMMAND_TRACE && options->output &&
			   strcmp(options->output, "json") == 0;
	bool diff = options->command == COMMAND_POLICY && options_name_policies(options);

	for (size_t i = 0; i < options->policy_paths.count; i++)
		standard_inputs += strcmp(options->policy_paths.items[i], "-") == 0;
	if (options->input && options->execs.count)
		return "--input and --exec: one or the other";
	if (options->kube && (options->input || options->execs.count))
		return "--kube is a source of records of its own: without --input and --exec";
	if (options->kube && options->process_details)
		return "--process-details is for processes of this machine, not for --kube";
	if (options->dry_run && !options->kube && options->command != COMMAND_DEPLOY &&
	    options->command != COMMAND_UNDEPLOY)
		return "--dry-run is for --kube";
	if (options->command == COMMAND_TOP && options->output && !options->dry_run)
		return "--output is for --dry-run";
	if (options->force && !options->directory && !options->record_file)
		return options->command == COMMAND_POLICY
			       ? "--force is for files: it needs --directory or --record"
			       : "--force is for files: it needs --record";
	if (options->append && !options->record_file)
		return "--append needs --record";
	if (options->aggregate_ns && !options->record_file && !prints_json)
		return "--aggregate is for records: it needs trace -o json or --record";
	if (options->append && options->force && !options->directory)
		return "--append and --force: one or the other";
	if (options->command == COMMAND_CHECK && !has_paths && !options->cluster)
		return "check: --policy PATH is needed: a file, a directory or -; or --cluster";
	if (options->command == COMMAND_RECORD && !options->record_folder)
		return "record: --dir DIR is needed: the folder to record to";
	if (options->cluster && options->identities.disabled[IDENTITY_KUBE])
		return "--cluster and --no-kube: one or the other";
	if (diff && options->directory)
		return "--diff and --directory: one or the other";
	if (diff && options->format && strcmp(options->format, "kubernetes") != 0)
		return "--diff is for --format kubernetes";
	if (standard_inputs > 1)
		return "only one of all inputs can be standard input";
	if (options->heartbeat_ns && standard_inputs > 0)
		return "--heartbeat reads standard input, so it cannot be an input, too";
	if (options->exit_on_new && !options->baseline)
		return "--exit-on-new needs --baseline";
	if (filter_has(options->filter, FILTER_NEEDS_BASELINE) && !options->baseline)
		return "the filter new: needs --baseline";
	return command_line_refuse_window(options);
}

/* Returns whether kubectl started polecat: kubectl runs kubectl-polecat for `kubectl polecat`. */
static bool command_line_is_plugin(const struct options *options)
{
	return strcmp(options->program, "kubectl-polecat") == 0;
}

static int command_line_finish(const struct command_line *line)
{
	const struct option_target *target = &line->target;
	struct options *options = target->options;

	/* `kubectl polecat -i FILE` replays a recording. */
	if (command_line_is_plugin(options) && (options->input || options->execs.count))
		options->kube = false;
	const char *conflict = command_line_find_conflict(options);

	if (conflict)
		return option_refuse(target, "%s", conflict);
	if (options->record_file && options->input &&
	    command_line_is_same_file(options->record_file, options->input))
		return option_refuse(target, "--record: '%s' is being read", options->input);
	if (options->record_folder && options->input &&
	    command_line_is_same_file(options->record_folder, options->input))
		return option_refuse(target, "--dir: '%s' is being read", options->input);
	if (options->namespace_name) {
		const struct option_definition *option = option_by_name("namespace");
		int error = option_add_filter(
			&(struct option_use){target, option, options->namespace_name});
		if (error)
			return error;
	}
	options->kubectl.kubeconfig = options->identities.places[IDENTITY_KUBE];
	options->kubectl.context = options->identities.context;
	return options_set_defaults(options);
}

/* Removes the command from the front of the command line. The default command is `top`. */
static int command_line_parse_command(struct command_line *line, int *argc, char ***argv)
{
	const char *program = line->target.options->program;
	const char *word = *argc > 1 ? (*argv)[1] : NULL;

	if (!word || word[0] == '-') {
		if (word && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)) {
			usage_print(stdout, program, NULL);
			return -ECANCELED;
		}
		line->target.command = command_find(COMMAND_TOP);
		return 0;
	}
	if (strcmp(word, "help") == 0) {
		usage_print(stdout, program, *argc > 2 ? command_by_name((*argv)[2]) : NULL);
		return -ECANCELED;
	}
	line->target.command = command_by_name(word);
	if (!line->target.command && cluster_target_is_valid(word)) {
		line->target.command = command_find(COMMAND_TOP);
		return 0;
	}
	if (!line->target.command) {
		const char *near = suggest(word, command_count, command_line_command_name, NULL);
		return option_refuse(&line->target, "unknown command '%s'%s%s%s", word,
				     near ? "; did you mean '" : "", near ? near : "",
				     near ? "'?" : "");
	}
	/* getopt_long skips the first word, the program. Put the command in its place. */
	(*argc)--;
	(*argv)++;
	return 0;
}

int command_line_parse(int argc, char **argv, struct options *options, int *exit_status)
{
	struct command_line line = {.target.options = options};
	const char *program = argc > 0 && argv[0] ? argv[0] : "polecat";
	const char *slash = strrchr(program, '/');

	*options = (struct options){
		.program = slash ? slash + 1 : program,
		.name_wait_ns = NAME_WAIT_DEFAULT,
	};
	int error = filter_new(&options->filter);
	if (!error)
		error = command_line_parse_command(&line, &argc, &argv);
	if (!error) {
		options->command = line.target.command->command;
		options->kube = command_line_is_plugin(options) &&
				command_has_option(line.target.command, option_by_name("kube"));
		command_line_fill_tables(&line);
		error = command_line_parse_options(&line, argc, argv);
	}
	if (!error)
		error = command_line_parse_words(&line, argc, argv);
	if (!error)
		error = command_line_finish(&line);
	if (!error)
		return 0;

	*exit_status = error == -ECANCELED ? 0 : error == -EINVAL ? EXIT_USAGE : EXIT_SYSTEM;
	if (*exit_status == EXIT_SYSTEM)
		fprintf(stderr, "%s: %s\n", options->program, strerror(-error));
	options_free(options);
	return error;
}
