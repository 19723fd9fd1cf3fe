/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/coverage.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

void coverage_format(const struct draft_coverage *coverage, char text[COVERAGE_TEXT_SIZE])
{
	uint64_t named = coverage->covered + coverage->left_out_connections + coverage->unkept +
			 coverage->unknown_services;
	uint64_t others = coverage->connections > named ? coverage->connections - named : 0;

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
