/* SPDX-License-Identifier: Apache-2.0 */
/* --since and --until in a session: the flows that pass, ages, and the time of the session. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/source/stream/stream_latest.h"
#include "core/state/lookup_table.h"
#include "tui/options/options.h"
#include "tui/session/session.h"

#define AT(second) ((1767323040ull + (second)) * NS_PER_SECOND) /* 2026-01-02T03:04:00Z */

/* A pod, a look-up, and flows. The connections 1 and 4 are open at second 10. The pod's address
 * comes only before that, and the other pod only after all flows. */
static const char recording[] =
	"{'v':1,'kind':'hello','node':'n1'}\n"
	"{'v':1,'kind':'pod','namespace':'shop','name':'db','node':'n1','ips':['192.0.2.9']}\n"
	"{'v':1,'kind':'lost','where':'kernel','count':3}\n"
	"{'v':1,'kind':'flow','event':'established','ts':'2026-01-02T03:04:01Z','id':'a1',$}\n"
	"{'v':1,'kind':'flow','event':'attempt','ts':'2026-01-02T03:04:02Z','id':'a2',$}\n"
	"{'v':1,'kind':'dns','ts':'2026-01-02T03:04:02Z','node':'n1','pod':'cart','namespace':"
	"'shop','name':'gone.example','rcode':'NXDOMAIN'}\n"
	"{'v':1,'kind':'flow','event':'failed','ts':'2026-01-02T03:04:03Z','id':'a2',$}\n"
	"{'v':1,'kind':'flow','event':'attempt','ts':'2026-01-02T03:04:04Z','id':'a4',$}\n"
	"{'v':1,'kind':'flow','event':'established','ts':'2026-01-02T03:04:10Z','id':'a5',$}\n"
	"{'v':1,'kind':'flow','event':'closed','ts':'2026-01-02T03:04:15Z','id':'a1',$}\n"
	"{'v':1,'kind':'lost','where':'kernel','count':5}\n"
	"{'v':1,'kind':'flow','event':'established','ts':'2026-01-02T03:04:20Z','id':'a6',$}\n"
	"{'v':1,'kind':'flow','event':'established','ts':'2026-01-02T03:04:30Z','id':'a7',$}\n"
	"{'v':1,'kind':'lost','where':'kernel','count':7}\n"
	"{'v':1,'kind':'pod','namespace':'shop','name':'late','node':'n1'}\n";
static const char members[] =
	"'node':'n1','direction':'egress','protocol':'TCP','family':4,'src':'192.0.2.1','dst':"
	"'192.0.2.9','dport':443,'comm':'curl'";

struct seen {
	struct session *session;
	char text[512]; /* "EVENT ID SECOND, ..." */
};

static char file_name[] = "/tmp/polecat-window-XXXXXX";

static int set_up(void **state)
{
	FILE *file = fdopen(mkstemp(file_name), "w");

	(void)state;
	if (!file)
		return -1;
	for (const char *at = recording; *at; at++) {
		for (const char *member = members; *at == '$' && *member; member++)
			fputc(*member == '\'' ? '"' : *member, file);
		if (*at != '$')
			fputc(*at == '\'' ? '"' : *at, file);
	}
	return fclose(file);
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(file_name);
}

static void on_flow(void *data, const struct record *record, const struct conn *conn)
{
	static const char *const words[] = {
		[FLOW_ATTEMPT] = "attempt", [FLOW_ESTABLISHED] = "established",
		[FLOW_FAILED] = "failed",   [FLOW_CLOSED] = "closed",
		[FLOW_OPEN] = "open",
	};
	struct seen *seen = data;
	size_t length = strlen(seen->text);

	(void)conn;
	snprintf(seen->text + length, sizeof(seen->text) - length, "%s%s %s %u", length ? ", " : "",
		 words[record->flow.event], record->flow.names->id,
		 (unsigned int)((record->flow.ts_ns - AT(0)) / NS_PER_SECOND));
}

static const struct option_moment no_moment;

static struct option_moment second(unsigned int second)
{
	return (struct option_moment){.given = true, .ns = AT(second)};
}

static struct option_moment age(unsigned int seconds)
{
	return (struct option_moment){.given = true, .is_age = true, .ns = seconds * NS_PER_SECOND};
}

static void run(struct seen *seen, struct option_moment since, struct option_moment until,
		bool streams)
{
	const struct session_handlers handlers = {.flow = streams ? on_flow : NULL};
	static struct options options;

	options = (struct options){
		.command = COMMAND_TRACE,
		.program = "polecat",
		.input = file_name,
		.node_name = "here",
		.since = since,
		.until = until,
	};
	seen->text[0] = '\0';
	assert_int_equal(session_open(&options, &handlers, seen, &seen->session), 0);
	assert_int_equal(session_run(seen->session), 0);
}

static void test_flows(void **state)
{
	static const char everything[] =
		"established a1 1, attempt a2 2, failed a2 3, attempt a4 4, established a5 10, "
		"closed a1 15, established a6 20, established a7 30";
	const struct {
		struct option_moment since;
		struct option_moment until;
		const char *flows;
		unsigned int now;  /* second of session_now */
		unsigned int lost; /* events whose loss concerns the window */
		unsigned int lookups;
	} cases[] = {
		{no_moment, no_moment, everything, 30, 15, 1},
		{second(10), no_moment,
		 "open a1 10, open a4 10, established a5 10, closed a1 15, established a6 20, "
		 "established a7 30",
		 30, 12, 0},
		{age(20), no_moment,
		 "open a1 10, open a4 10, established a5 10, closed a1 15, established a6 20, "
		 "established a7 30",
		 30, 12, 0},
		{second(12), second(20), "open a1 12, open a4 12, open a5 12, closed a1 15", 20, 5,
		 0},
		{age(18), age(5),
		 "open a1 12, open a4 12, open a5 12, closed a1 15, established a6 20", 25, 5, 0},
		{no_moment, second(3), "established a1 1, attempt a2 2", 3, 3, 1},
		/* Connections that last longer than the window are open in it. */
		{second(16), second(17), "open a4 16, open a5 16", 17, 0, 0},
		{second(31), no_moment, "", 0, 0, 0},
		/* The earliest time that the option takes leaves out everything. */
		{no_moment, {.given = true, .ns = 0}, "", 0, 3, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct seen seen;
		run(&seen, cases[i].since, cases[i].until, true);
		const struct state *seen_state = session_state(seen.session);
		assert_string_equal(seen.text, cases[i].flows);
		assert_int_equal(session_now(seen.session), cases[i].now ? AT(cases[i].now) : 0);
		assert_int_equal(state_counters(seen_state)->lost[LOST_KERNEL], cases[i].lost);
		assert_int_equal(state_lookups(seen_state)->totals.answers, cases[i].lookups);
		/* Names before and after the window stay known. */
		assert_non_null(workloads_pod(state_workloads(seen_state), "shop", "db"));
		assert_non_null(workloads_pod(state_workloads(seen_state), "shop", "late"));
		session_close(seen.session);
	}
}

/* Without a handler of flows, the open connections are added at the end, with the same counts. */
static void test_counts(void **state)
{
	struct seen seen;

	(void)state;
	for (int streams = 0; streams <= 1; streams++) {
		run(&seen, second(10), second(20), streams);
		const struct state_counters *counters = state_counters(session_state(seen.session));
		assert_int_equal(counters->connections, 3);
		assert_int_equal(counters->open_now, 1);
		assert_int_equal(counters->closed, 1);
		assert_int_equal(counters->hanging_now, 1);
		assert_int_equal(counters->first_wall_ns, AT(10));
		assert_int_equal(counters->last_wall_ns, AT(15));
		assert_int_equal(state_window(session_state(seen.session))->until_ns, AT(20));
		session_close(seen.session);
	}
}

static void test_latest(void **state)
{
	struct stream_latest latest = {.unix_ns = 5};

	(void)state;
	assert_int_equal(stream_find_latest(file_name, &latest), 0);
	assert_int_equal(latest.unix_ns, AT(30));
	assert_int_equal(latest.steady_ns, AT(30));
	latest.unix_ns = 5;
	assert_int_equal(stream_find_latest("/dev/null", &latest), -ENOTSUP);
	assert_int_equal(stream_find_latest("/dev/null/file", &latest), -ENOTDIR);
	assert_int_equal(stream_find_latest("tests/unit/test_session_window.c", &latest), -EBADMSG);
	assert_int_equal(latest.unix_ns, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flows),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_latest),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
