/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* asprintf */
#include "tui/options/option_value.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/filter/filter_keys.h"
#include "core/policy/draft/name.h"
#include "tui/columns/column_printer.h"
#include "tui/options/duration.h"
#include "tui/options/pointer.h"
#include "tui/options/user_settings.h"

/* The least value of option_set_size. */
#define SIZE_MIN_BYTES 1000000u

/* Prints where the help is. Returns -EINVAL. */
static int option_end_refusal(const struct option_target *target)
{
	const char *program = target->options->program;

	if (target->command)
		fprintf(stderr, "'%s %s --help' lists the options.\n", program,
			target->command->name);
	else
		fprintf(stderr, "'%s --help' lists the commands.\n", program);
	return -EINVAL;
}

int option_refuse(const struct option_target *target, const char *format, ...)
{
	char message[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	options_report(target->options, 0, "%s", message);
	return option_end_refusal(target);
}

static int option_refuse_value(const struct option_use *use, const char *expected)
{
	return option_refuse(use->target, "--%s: expected %s, not '%s'", use->option->name,
			     expected, use->value);
}

/* Refuses a value, and lists the values that the option takes: "auto, always or never". */
static int option_refuse_word(const struct option_use *use)
{
	char expected[128] = "";
	size_t length = 0;

	for (const char *word = use->option->values; *word && length < sizeof(expected);) {
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
	return option_refuse_value(use, expected);
}

static int option_refuse_filter(const struct option_use *use, const struct filter_error *error)
{
	size_t offset = error->column - 1;

	options_report(use->target->options, 0, "--%s: column %zu: %s", use->option->name,
		       pointer_column(use->value, offset), error->message);
	pointer_print(stderr, use->value, offset);
	return option_end_refusal(use->target);
}

static void *option_member(const struct option_use *use)
{
	return (char *)use->target->options + use->option->member;
}

static int option_parse_count(const char *text, uint64_t max, uint64_t *out)
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

bool option_is_word_of(const char *words, const char *word)
{
	size_t length = strlen(word);

	while (*words) {
		size_t end = strcspn(words, " ");
		if (end == length && memcmp(words, word, end) == 0)
			return true;
		words += end + (words[end] == ' ');
	}
	return false;
}

int option_set_flag(const struct option_use *use)
{
	*(bool *)option_member(use) = true;
	return 0;
}

static int option_refuse_empty(const struct option_use *use)
{
	return option_refuse(use->target, "--%s: expected %s, not an empty word", use->option->name,
			     use->option->argument);
}

int option_set_text(const struct option_use *use)
{
	if (!use->value[0])
		return option_refuse_empty(use);
	*(const char **)option_member(use) = use->value;
	return 0;
}

int option_add_text(const struct option_use *use)
{
	struct option_texts *texts = option_member(use);

	if (!use->value[0])
		return option_refuse_empty(use);
	const char **added = ARRAY_EXTEND(texts->items, texts->count);
	if (!added)
		return -ENOMEM;
	*added = use->value;
	return 0;
}

int option_clear_text(const struct option_use *use)
{
	*(const char **)option_member(use) = NULL;
	return 0;
}

int option_set_word(const struct option_use *use)
{
	if (!option_is_word_of(use->option->values, use->value))
		return option_refuse_word(use);
	return option_set_text(use);
}

int option_set_socket(const struct option_use *use)
{
	if (!options_is_socket(use->value))
		return option_refuse_value(use, "unix:///PATH or /PATH");
	return option_set_text(use);
}

int option_set_count(const struct option_use *use)
{
	char expected[64];

	if (option_parse_count(use->value, use->option->max, option_member(use)) == 0)
		return 0;
	snprintf(expected, sizeof(expected), "a number from 1 to %llu",
		 (unsigned long long)use->option->max);
	return option_refuse_value(use, expected);
}

int option_set_input(const struct option_use *use)
{
	if (use->target->options->input)
		return option_refuse(use->target, "--input: one recording at a time");
	return option_set_text(use);
}

int option_set_time(const struct option_use *use)
{
	uint64_t *ns = option_member(use);

	*ns = 0;
	if (strcmp(use->value, "0") == 0 || duration_parse(use->value, ns) == 0)
		return 0;
	return option_refuse_value(use,
				   "a time such as 30s, 1h30m or 500ms, a number of seconds, or 0");
}

int option_set_period(const struct option_use *use)
{
	uint64_t ns = 0;

	if (duration_parse(use->value, &ns) || ns == 0)
		return option_refuse_value(use, "a time such as 7d, 12h or 30m");
	*(uint64_t *)option_member(use) = ns;
	return 0;
}

/* Parses a number of bytes with a unit: k, M, G and T are powers of 1000, Ki, Mi, Gi and Ti powers
 * of 1024. Returns 0 or -EINVAL. */
static int option_parse_size(const char *text, uint64_t *out)
{
	static const char units[] = "kMGT";
	char *end = NULL;
	uint64_t size;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	size = strtoull(text, &end, 10);
	if (errno)
		return -EINVAL;
	const char *unit = *end == 'K' ? units : *end ? strchr(units, *end) : NULL;
	if (*end && !unit)
		return -EINVAL;
	if (unit) {
		bool binary = end[1] == 'i';
		for (ptrdiff_t i = 0; i <= unit - units; i++) {
			if (__builtin_mul_overflow(size, binary ? 1024u : 1000u, &size))
				return -EINVAL;
		}
		end += 1 + binary;
	}
	if (*end)
		return -EINVAL;
	*out = size;
	return 0;
}

int option_set_size(const struct option_use *use)
{
	uint64_t size = 0;

	if (option_parse_size(use->value, &size) || size < SIZE_MIN_BYTES || size > INT64_MAX)
		return option_refuse_value(use, "a size such as 1G, 500M or 2Gi, at least 1M");
	*(uint64_t *)option_member(use) = size;
	return 0;
}

int option_set_moment(const struct option_use *use)
{
	struct option_moment moment = {.given = true};

	moment.is_age = duration_parse(use->value, &moment.ns) == 0;
	if (!moment.is_age && timestamp_parse(use->value, strlen(use->value), &moment.ns))
		return option_refuse_value(
			use, "a time such as 2026-01-02T15:04:05Z, or an age such as 2h or 90s");
	*(struct option_moment *)option_member(use) = moment;
	return 0;
}

int option_set_output(const struct option_use *use)
{
	char error[COLUMN_PRINTER_ERROR_SIZE];

	use->target->options->output = use->value;
	if (strcmp(use->value, "json") == 0)
		return 0;
	int result = column_printer_new(use->value, NULL, error);
	if (result == -EINVAL)
		return option_refuse(use->target, "--%s '%s': %s", use->option->name, use->value,
				     error);
	return result;
}

/* Stores an option for the command line of agents. */
static int option_keep_filter(const struct option_use *use)
{
	struct option_texts *words = &use->target->options->filter_words;

	for (int i = 0; i < 2; i++) {
		const char **added = ARRAY_EXTEND(words->items, words->count);
		if (!added)
			return -ENOMEM;
		*added = i == 0 ? use->option->name : use->value;
	}
	return 0;
}

int option_set_agent_labels(const struct option_use *use)
{
	int result = option_set_text(use);
	const char *refused = result ? NULL : agent_options_refuse(&use->target->options->agents);

	return refused ? option_refuse_value(use, "key=value, split by commas") : result;
}

int option_add_filter(const struct option_use *use)
{
	struct filter_error error = {0};
	int result = filter_add(use->target->options->filter, use->option->filter,
				use->value ? use->value : "", &error);

	if (result == -EINVAL)
		return option_refuse(use->target, "--%s '%s': %s", use->option->name, use->value,
				     error.message);
	return result ? result : option_keep_filter(use);
}

/* Refuses a filter on values that the destinations of drafts and checks do not have. Such a filter
 * would pass nothing. */
static int option_check_destinations(const struct option_use *use, const struct filter *filter)
{
	char keys[128] = "";
	size_t length = 0;

	if (filter_has(filter, FILTER_NEEDS_BASELINE))
		return option_refuse(use->target,
				     "--%s '%s': drafts and checks have no baseline; trace has one",
				     use->option->name, use->value);
	if (!filter_has(filter, FILTER_OF_CONNECTION))
		return 0;
	for (size_t i = 0; i < filter_key_count && length < sizeof(keys); i++) {
		if (filter_keys[i].of_connection)
			length += (size_t)snprintf(keys + length, sizeof(keys) - length, " %s",
						   filter_keys[i].name);
	}
	return option_refuse(use->target,
			     "--%s '%s': drafts and checks are made from destinations, which sum "
			     "up connections and have none of%s",
			     use->option->name, use->value, keys);
}

static bool option_filters_destinations(const struct option_use *use)
{
	enum command command = use->target->command->command;

	return command == COMMAND_POLICY || command == COMMAND_CHECK;
}

/* Joins the texts of several -f with spaces. A flow must match all of them, so a text that is a
 * list of alternatives gets parentheses. */
static int option_join_filter_text(struct options *options, const char *value,
				   const struct filter *filter)
{
	bool groups = filter_is_alternative(filter);
	char *text = NULL;

	if (asprintf(&text, "%s%s%s%s%s", options->filter_text ? options->filter_text : "",
		     options->filter_text ? " " : "", groups ? "(" : "", value,
		     groups ? ")" : "") < 0)
		return -ENOMEM;
	free(options->filter_text);
	options->filter_text = text;
	return 0;
}

/* Parses the text of an option. @NAME needs the settings. Returns 0, -ENOMEM, or -EINVAL after a
 * message. */
static int option_parse_filter(const struct option_use *use, struct filter *filter)
{
	struct filter_error error = {0};
	struct filter_names names = {0};
	char why[SETTINGS_WHY_SIZE];
	int result = 0;

	if (strchr(use->value, '@'))
		result = user_settings_read_filters(&names, why);
	if (result)
		return option_refuse(use->target, "--%s: %s", use->option->name, why);
	result = filter_parse_with_names(filter, use->value, &names, &error);
	filter_names_clear(&names);
	return result == -EINVAL ? option_refuse_filter(use, &error) : result;
}

int option_add_filter_text(const struct option_use *use)
{
	struct options *options = use->target->options;
	struct filter *scratch = NULL;
	int result = filter_new(&scratch);

	if (!result)
		result = option_parse_filter(use, scratch);
	if (!result && option_filters_destinations(use))
		result = option_check_destinations(use, scratch);
	/* The dashboard parses the text as its filter line. */
	if (!result && use->target->command->command != COMMAND_TOP) {
		result = option_parse_filter(use, options->filter);
		/* An agent does not know the names of peers. */
		if (!result && filter_tests_only_workloads(scratch) && !strchr(use->value, '@'))
			result = option_keep_filter(use);
	}
	if (!result)
		result = option_join_filter_text(options, use->value, scratch);
	filter_free(scratch);
	return result;
}

int option_set_failed(const struct option_use *use)
{
	use->target->options->failed = true;
	/* `check --failed` also judges attempts that still hang, which the filter would hide. */
	return use->target->options->command == COMMAND_CHECK ? 0 : option_add_filter(use);
}

/* Makes a filter for each --exclude. A flow that matches any of these filters is left out. */
int option_add_exclude(const struct option_use *use)
{
	struct options *options = use->target->options;
	struct filter *filter = NULL;

	int result = filter_new(&filter);
	if (result == 0)
		result = option_parse_filter(use, filter);
	if (result == 0 && filter_is_empty(filter))
		result = option_refuse_value(use, "words as for --filter");
	if (result == 0)
		result = option_check_destinations(use, filter);
	if (result == 0) {
		struct filter **added = ARRAY_EXTEND(options->excludes, options->exclude_count);
		if (added) {
			*added = filter;
			return 0;
		}
		result = -ENOMEM;
	}
	filter_free(filter);
	return result;
}

/* Parses keys of labels and prefixes of keys ("track*"), split by commas. Refuses a lone "*", which
 * would ignore all labels. */
int option_set_ignored_labels(const struct option_use *use)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./";

	for (const char *at = use->value;;) {
		size_t length = strspn(at, allowed);
		if (length == 0)
			break;
		at += length + (at[length] == '*');
		if (*at == '\0') {
			use->target->options->ignored_labels = use->value;
			return 0;
		}
		if (*at != ',')
			break;
		at++;
	}
	return option_refuse_value(use, "keys of labels, split by commas; * only ends a key");
}

/* Parses "24", "24,64" or ",64". */
int option_set_widen(const struct option_use *use)
{
	const char *comma = strchr(use->value, ',');
	char ipv4[8] = "";
	size_t length = comma ? (size_t)(comma - use->value) : strlen(use->value);
	uint64_t prefix4 = 0;
	uint64_t prefix6 = 0;

	if (length < sizeof(ipv4))
		memcpy(ipv4, use->value, length);
	if (length >= sizeof(ipv4) || (!comma && length == 0) ||
	    (length > 0 && option_parse_count(ipv4, 32, &prefix4)) ||
	    (comma && option_parse_count(comma + 1, 128, &prefix6)))
		return option_refuse_value(
			use, "prefix lengths such as 24, 24,64 or ,64 (1 to 32 for IPv4, "
			     "1 to 128 for IPv6)");
	use->target->options->widen_ipv4 = (uint8_t)prefix4;
	use->target->options->widen_ipv6 = (uint8_t)prefix6;
	return 0;
}

int option_set_policy_name(const struct option_use *use)
{
	if (!name_template_is_valid(use->value))
		return option_refuse_value(use, "lower-case letters, digits, - and ., with {name}, "
						"{namespace}, {workload} and {kind}");
	use->target->options->policy_name = use->value;
	return 0;
}
