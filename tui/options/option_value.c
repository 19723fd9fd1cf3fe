/* SPDX-License-Identifier: Apache-2.0 */
/* What stands behind an option: checked, and put into struct options or its filter. */
#define _GNU_SOURCE /* asprintf */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/policy/draft/draft.h"
#include "tui/columns/columns.h"
#include "tui/options/duration.h"
#include "tui/options/option_parser.h"

static int refuse_value(struct option_parser *parser, const struct option_definition *option,
			const char *value, const char *expected)
{
	return option_parser_refuse(parser, "--%s: expected %s, not '%s'", option->name, expected,
				    value);
}

/* The same where there are few values: "auto, always or never". */
static int refuse_values(struct option_parser *parser, const struct option_definition *option,
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

bool option_parser_is_word_of(const char *words, const char *value)
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

static int add_word(const char ***words, size_t *count, const char *word)
{
	const char **grown = reallocarray(*words, *count + 1, sizeof(**words));
	if (!grown)
		return -ENOMEM;
	*words = grown;
	grown[(*count)++] = word;
	return 0;
}

int option_parser_add_policy(struct option_parser *parser, const char *option, const char *path)
{
	struct options *options = parser->options;

	if (!path[0])
		return option_parser_refuse(parser, "--%s: expected PATH, not an empty word",
					    option);
	return add_word(&options->policy_paths, &options->policy_path_count, path);
}

int option_parser_add_filter(struct option_parser *parser, const struct option_definition *option,
			     const char *value)
{
	struct filter_error error = {0};
	int result =
		filter_add(parser->options->filter, option->filter, value ? value : "", &error);

	if (result == -EINVAL)
		return option_parser_refuse(parser, "--%s '%s': %s", option->name, value,
					    error.message);
	return result;
}

/* Both together: all terms of both must match. */
static int join_filter_text(struct options *options, const char *value)
{
	char *text = NULL;

	if (asprintf(&text, "%s%s%s", options->filter_text ? options->filter_text : "",
		     options->filter_text ? " " : "", value) < 0)
		return -ENOMEM;
	free(options->filter_text);
	options->filter_text = text;
	return 0;
}

static int add_filter_text(struct option_parser *parser, const struct option_definition *option,
			   const char *value)
{
	struct options *options = parser->options;
	struct filter_error error = {0};
	struct filter *scratch = NULL;
	int result = filter_new(&scratch);

	if (!result)
		result = filter_parse(parser->command->command == COMMAND_TOP ? scratch
									      : options->filter,
				      value, &error);
	filter_free(scratch);
	if (result == -EINVAL)
		return option_parser_refuse(parser, "--%s '%s': character %zu: %s", option->name,
					    value, error.column, error.message);
	return result ? result : join_filter_text(options, value);
}

static int set_output(struct option_parser *parser, const struct option_definition *option,
		      const char *value)
{
	char error[COLUMNS_ERROR_SIZE];

	parser->options->output = value;
	if (strcmp(value, "json") == 0)
		return 0;
	int result = columns_new(value, NULL, error);
	if (result == -EINVAL)
		return option_parser_refuse(parser, "--%s '%s': %s", option->name, value, error);
	return result;
}

static int set_timeout(struct option_parser *parser, const struct option_definition *option,
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

/* As the timeout, but 0 is a time here. */
static int set_name_wait(struct option_parser *parser, const struct option_definition *option,
			 const char *value)
{
	parser->name_wait_given = true;
	parser->options->name_wait_ns = 0;
	if (strcmp(value, "0") == 0)
		return 0;
	if (duration_parse(value, &parser->options->name_wait_ns))
		return refuse_value(parser, option, value, "a time such as 500ms or 2s, or 0");
	return 0;
}

static int set_socket(struct option_parser *parser, const struct option_definition *option,
		      const char *value, const char **out)
{
	if (!options_is_socket(value))
		return refuse_value(parser, option, value, "unix:///PATH or /PATH");
	*out = value;
	return 0;
}

/* A name that can stand in an output's column, and is one. */
static int set_node_name(struct option_parser *parser, const struct option_definition *option,
			 const char *value)
{
	if (!value[0])
		return refuse_value(parser, option, value, "a name");
	parser->options->node_name = value;
	return 0;
}

static int set_text(struct option_parser *parser, const struct option_definition *option,
		    const char *value, const char **out)
{
	if (!value[0])
		return option_parser_refuse(parser, "--%s: expected %s, not an empty word",
					    option->name, option->argument);
	*out = value;
	return 0;
}

static int set_count(struct option_parser *parser, const struct option_definition *option,
		     const char *value, uint64_t max, uint64_t *out)
{
	char expected[64];

	snprintf(expected, sizeof(expected), "a number from 1 to %llu", (unsigned long long)max);
	return parse_count(value, max, out) ? refuse_value(parser, option, value, expected) : 0;
}

/* A filter of its own for each --exclude: what any of them matches is left out. */
static int add_exclude(struct option_parser *parser, const struct option_definition *option,
		       const char *value)
{
	struct options *options = parser->options;
	struct filter_error error = {0};
	struct filter *filter = NULL;

	int result = filter_new(&filter);
	if (result == 0)
		result = filter_parse(filter, value, &error);
	if (result == -EINVAL)
		option_parser_refuse(parser, "--%s '%s': character %zu: %s", option->name, value,
				     error.column, error.message);
	else if (result == 0 && filter_is_empty(filter))
		result = refuse_value(parser, option, value, "words as for --filter");
	if (result == 0) {
		struct filter **grown = reallocarray(options->excludes, options->exclude_count + 1,
						     sizeof(struct filter *));
		if (grown) {
			options->excludes = grown;
			grown[options->exclude_count++] = filter;
			return 0;
		}
		result = -ENOMEM;
	}
	filter_free(filter);
	return result;
}

/* "24", "24,64", ",64". */
static int set_widen(struct option_parser *parser, const struct option_definition *option,
		     const char *value)
{
	const char *comma = strchr(value, ',');
	char ipv4[8] = "";
	size_t length = comma ? (size_t)(comma - value) : strlen(value);
	uint64_t prefix4 = 0;
	uint64_t prefix6 = 0;

	if (length < sizeof(ipv4))
		memcpy(ipv4, value, length);
	if (length >= sizeof(ipv4) || (!comma && length == 0) ||
	    (length > 0 && parse_count(ipv4, 32, &prefix4)) ||
	    (comma && parse_count(comma + 1, 128, &prefix6)))
		return refuse_value(parser, option, value,
				    "prefix lengths such as 24, 24,64 or ,64 (1 to 32 for IPv4, "
				    "1 to 128 for IPv6)");
	parser->options->widen_ipv4 = (uint8_t)prefix4;
	parser->options->widen_ipv6 = (uint8_t)prefix6;
	return 0;
}

static int set_policy_name(struct option_parser *parser, const struct option_definition *option,
			   const char *value)
{
	if (!draft_name_is_valid(value))
		return refuse_value(parser, option, value,
				    "lower-case letters, digits, - and ., with {name} and "
				    "{namespace} for a policy's own");
	parser->options->policy_name = value;
	return 0;
}

int option_parser_apply(struct option_parser *parser, const struct option_definition *option,
			const char *value)
{
	struct options *options = parser->options;
	uint64_t count = 0;

	if (option->id != OPTION_OUTPUT && option->values && !option->filter &&
	    !option_parser_is_word_of(option->values, value))
		return refuse_values(parser, option, value);

	switch (option->id) {
	case OPTION_INPUT:
		if (options->input)
			return option_parser_refuse(parser, "--input: one recording at a time");
		return set_text(parser, option, value, &options->input);
	case OPTION_EXEC:
		if (!value[0])
			return refuse_value(parser, option, value, "a command");
		return add_word(&options->execs, &options->exec_count, value);
	case OPTION_RECORD:
		return set_text(parser, option, value, &options->record_file);
	case OPTION_NODE_NAME:
		return set_node_name(parser, option, value);
	case OPTION_CRI:
		return set_socket(parser, option, value, &options->cri);
	case OPTION_DOCKER:
		return set_socket(parser, option, value, &options->docker);
	case OPTION_KUBECONFIG:
		return set_text(parser, option, value, &options->kubeconfig);
	case OPTION_CONTEXT:
		return set_text(parser, option, value, &options->context);
	case OPTION_HOST_ROOT:
		return set_text(parser, option, value, &options->host_root);
	case OPTION_NO_CRI:
		options->no_cri = true;
		return 0;
	case OPTION_NO_DOCKER:
		options->no_docker = true;
		return 0;
	case OPTION_NO_KUBE:
		options->no_kube = true;
		return 0;
	case OPTION_NAME_WAIT:
		return set_name_wait(parser, option, value);
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
	case OPTION_FORMAT:
		options->format = value;
		return 0;
	case OPTION_EXCLUDE:
		return add_exclude(parser, option, value);
	case OPTION_MIN_CONNECTIONS:
		return set_count(parser, option, value, INT64_MAX, &options->min_connections);
	case OPTION_WIDEN:
		return set_widen(parser, option, value);
	case OPTION_PORTS:
		if (set_count(parser, option, value, 65535, &count))
			return -EINVAL;
		options->max_ports = (uint32_t)count;
		return 0;
	case OPTION_POLICY_NAME:
		return set_policy_name(parser, option, value);
	case OPTION_DIFF:
	case OPTION_POLICY:
		return option_parser_add_policy(parser, option->name, value);
	case OPTION_CHECK_OUTPUT:
		options->output = value;
		return 0;
	case OPTION_CLUSTER:
		options->cluster = true;
		return 0;
	case OPTION_DEPENDS:
		options->depends = true;
		return 0;
	case OPTION_FAILED:
		options->failed = true;
		/* A check asks for what never succeeded: what still hangs belongs to that. */
		return options->command == COMMAND_CHECK
			       ? 0
			       : option_parser_add_filter(parser, option, value);
	case OPTION_POD:
	case OPTION_SELECTOR:
	case OPTION_CONTAINER:
	case OPTION_NODE:
	case OPTION_COMM:
	case OPTION_PID:
	case OPTION_PORT:
	case OPTION_DIRECTION:
	case OPTION_PROTOCOL:
		return option_parser_add_filter(parser, option, value);
	case OPTION_HELP:
		usage_print(stdout, options->program, parser->command);
		return -ECANCELED;
	case OPTION_VERSION:
		printf("polecat %s\n", POLECAT_VERSION);
		return -ECANCELED;
	}
	return -EINVAL;
}
