/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/unkept.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/base/text.h"
#include "core/state/quota.h"

#define PLACE_SIZE 512

static const char *unkept_plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

/* Writes "pods beyond the first 50000 of namespace shop". */
static void unkept_describe(const struct subject *others, char text[PLACE_SIZE])
{
	static const struct {
		const char *subjects;
		const char *place;
	} words[] = {
		[SUBJECT_POD] = {"pods", "namespace"},
		[SUBJECT_CONTAINER] = {"containers", "node"},
		[SUBJECT_PROCESS] = {"programs", "one cgroup of node"},
		[SUBJECT_UNRESOLVED] = {"unresolved cgroups", "node"},
	};
	const char *name = others->kind == SUBJECT_POD ? others->namespace_name : others->node;
	char escaped[PLACE_SIZE / 2];

	text_escape_ascii(name ? name : "?", escaped, sizeof(escaped));
	snprintf(text, PLACE_SIZE, "%s beyond the first %zu of %s %s", words[others->kind].subjects,
		 others->tenant->subjects, words[others->kind].place, escaped);
}

static bool unkept_is_empty(const struct subject *others)
{
	return !others || others->conn_count == 0;
}

uint64_t unkept_report(const struct workload *workload, struct lines *lines)
{
	const struct tenant *reported = NULL;
	char text[PLACE_SIZE];
	uint64_t connections = 0;
	uint64_t succeeded = 0;
	size_t most = 0;

	for (size_t i = 0; i < workload->count; i++) {
		const struct subject *subject = workload->members[i].subject;
		if (!subject->overflow || subject->overflow->conn_count == 0)
			continue;
		connections += subject->overflow->conn_count;
		succeeded += subject->overflow->ok_count;
		most = subject->edge_count > most ? subject->edge_count : most;
	}
	if (connections > 0)
		lines_printf(lines,
			     "not kept: %" PRIu64
			     " connection%s to destinations beyond the first %zu of a %s",
			     connections, unkept_plural(connections), most,
			     workload->members[0].group.pod ? "pod" : "subject");
	for (size_t i = 0; i < workload->count; i++) {
		const struct tenant *tenant = workload->members[i].subject->tenant;
		/* Skip programs: each has a name and a policy of its own, so the programs that were
		 * not kept cannot be replicas of this workload. */
		if (tenant == reported || tenant->kind == SUBJECT_PROCESS ||
		    unkept_is_empty(tenant->overflow))
			continue;
		reported = tenant;
		unkept_describe(tenant->overflow, text);
		lines_printf(lines,
			     "not kept: %" PRIu64
			     " connection%s of %s, which may be replicas of this workload",
			     tenant->overflow->conn_count,
			     unkept_plural(tenant->overflow->conn_count), text);
	}
	return succeeded;
}

void unkept_warn(const struct subject *others, struct lines *lines)
{
	char text[PLACE_SIZE];

	if (unkept_is_empty(others))
		return;
	unkept_describe(others, text);
	lines_printf(lines,
		     "not kept: %" PRIu64 " connection%s of %s: no policy is drafted for them",
		     others->conn_count, unkept_plural(others->conn_count), text);
}
