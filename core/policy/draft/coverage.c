/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/coverage.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/array.h"

static void coverage_append(char text[COVERAGE_TEXT_SIZE], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void coverage_append(char text[COVERAGE_TEXT_SIZE], const char *format, ...)
{
	size_t length = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + length, COVERAGE_TEXT_SIZE - length, format, arguments);
	va_end(arguments);
}

bool coverage_is_complete(const struct draft_coverage *coverage)
{
	return coverage->covered == coverage->connections && coverage->left_out == 0 &&
	       coverage->failed == 0 && coverage->unanswered == 0;
}

/* Returns the number of successful connections for which no rule can be made. Leaves out the
 * connections that the coverage counts separately (unknown Services, quota). */
static uint64_t coverage_others(const struct draft_coverage *coverage)
{
	uint64_t named = coverage->covered + coverage->left_out_connections + coverage->unkept +
			 coverage->unknown_services;

	return coverage->connections > named ? coverage->connections - named : 0;
}

void coverage_format_short(const struct draft_coverage *coverage, const char *dot,
			   char text[COVERAGE_TEXT_SIZE])
{
	const struct {
		uint64_t count;
		const char *words;
	} parts[] = {
		{coverage->left_out_connections, "left out by you"},
		{coverage->unknown_services, "to unknown Services"},
		{coverage_others(coverage), "that no rule can allow"},
		{coverage->unkept, "not kept"},
		{coverage->unanswered, "never answered"},
		{coverage->failed, "failed"},
	};

	snprintf(text, COVERAGE_TEXT_SIZE, "%" PRIu64 " of %" PRIu64 " allowed", coverage->covered,
		 coverage->connections + coverage->failed + coverage->unanswered);
	for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
		if (parts[i].count > 0)
			coverage_append(text, " %s %" PRIu64 " %s", dot, parts[i].count,
					parts[i].words);
	}
	/* No connection to these destinations succeeded, so the numbers above do not include
	 * them. */
	if (coverage->left_out > 0 && coverage->left_out_connections == 0)
		coverage_append(text, " %s %" PRIu64 " destination%s left out by you", dot,
				coverage->left_out, coverage->left_out == 1 ? "" : "s");
}

void coverage_format(const struct draft_coverage *coverage, char text[COVERAGE_TEXT_SIZE])
{
	uint64_t others = coverage_others(coverage);

	snprintf(text, COVERAGE_TEXT_SIZE, "%" PRIu64 " of %" PRIu64 " allowed", coverage->covered,
		 coverage->connections);
	if (coverage->left_out > 0)
		coverage_append(text,
				"; %" PRIu64 " destination%s left out by you (%" PRIu64
				" connection%s)",
				coverage->left_out, coverage->left_out == 1 ? "" : "s",
				coverage->left_out_connections,
				coverage->left_out_connections == 1 ? "" : "s");
	if (coverage->unknown_services > 0)
		coverage_append(text,
				"; %" PRIu64 " left out: in the Service range, Service unknown",
				coverage->unknown_services);
	if (others > 0)
		coverage_append(text, "; %" PRIu64 " that no rule can allow", others);
	if (coverage->unkept > 0)
		coverage_append(text, "; %" PRIu64 " not kept", coverage->unkept);
	if (coverage->unanswered > 0)
		coverage_append(text, "; %" PRIu64 " never answered", coverage->unanswered);
	if (coverage->failed > 0)
		coverage_append(text, "; %" PRIu64 " failed", coverage->failed);
}
