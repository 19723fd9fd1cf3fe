/* SPDX-License-Identifier: Apache-2.0 */
/* Flows wait for the names of their containers. They stay in order, a container makes them wait
 * only once, and the time is bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/buffer.h"
#include "core/base/clock.h"
#include "core/record/json/record_json.h"
#include "core/state/conn_words.h"
#include "tui/columns/conn_view.h"
#include "tui/options/options.h"
#include "tui/session/session.h"
#include "tui/session/session_internal.h"

#define ID        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define NS_PER_MS 1000000ull

/* Records of a container: the first from the kernel, the second with names. */
#define CONTAINER "{\"v\":1,\"kind\":\"container\",\"id\":\"" ID "\",\"cgroup_id\":7}\n"
#define NAME                                           \
	"{\"v\":1,\"kind\":\"container\",\"id\":\"" ID \
	"\",\"name\":\"main\",\"namespace\":\"shop\",\"pod\":\"cart\"}\n"
#define FLOW(event, id, cgroup)                                                                \
	"{\"v\":1,\"kind\":\"flow\",\"event\":\"" event                                        \
	"\",\"ts\":\"2026-01-02T03:04:05Z\",\"id\":\"000000000000000" id                       \
	"\",\"direction\":\"egress\",\"protocol\":\"TCP\",\"family\":4,\"src\":\"192.0.2.1\"," \
	"\"dst\":\"198.51.100.1\",\"dport\":443,\"comm\":\"curl\",\"cgroup_id\":" cgroup "}\n"

#define CLOCK                                                                              \
	"{\"v\":1,\"kind\":\"clock\",\"ts\":\"2026-01-02T03:04:05Z\",\"set\":\"forward\"," \
	"\"step_ns\":1000000000}\n"

struct watch {
	struct session *session;
	char seen[512]; /* "id:event:pod/container " … */
	size_t flows;
	size_t named; /* flows with the right pod and container */
};

static void on_flow(void *data, const struct record *record, const struct conn *conn)
{
	struct watch *watch = data;
	struct flow_names names;
	size_t length = strlen(watch->seen);

	conn_view_subject_names(session_state(watch->session), conn, &names);
	snprintf(watch->seen + length, sizeof(watch->seen) - length, "%u:%s:%s/%s ",
		 (unsigned int)record->flow.id, conn_event_word(conn), names.pod ? names.pod : "",
		 names.container ? names.container : "");
}

static const struct session_handlers waiting = {.flow = on_flow, .wait_for_names = true};

/* Runs a session over two parts of a stream, a quarter of a second apart. The session treats the
 * records as records of this machine's kernel. `expected` says if a source of names is running. */
static void run(struct options *options, const struct session_handlers *handlers, bool expected,
		const char *first, const char *second, struct watch *watch)
{
	char folder[] = "/tmp/polecat-wait-XXXXXX";
	char paths[2][64];
	char command[256];
	const char *texts[] = {first, second};
	const char *execs[] = {command};

	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < 2; i++) {
		snprintf(paths[i], sizeof(paths[i]), "%s/%zu", folder, i);
		FILE *file = fopen(paths[i], "w");
		assert_non_null(file);
		fputs(texts[i], file);
		fclose(file);
	}
	snprintf(command, sizeof(command), "cat %s; sleep 0.25; cat %s", paths[0], paths[1]);
	options->program = "polecat";
	options->node_name = "n1";
	options->execs = (struct option_texts){execs, 1};
	*watch = (struct watch){0};
	assert_int_equal(session_open(options, handlers, watch, &watch->session), 0);
	watch->session->kernel = true;
	watch->session->names_expected = expected;
	assert_int_equal(session_run(watch->session), 0);
	for (size_t i = 0; i < 2; i++)
		unlink(paths[i]);
	rmdir(folder);
}

/* The handler gets a connection's values at the time of the flow, but the names at the time of the
 * call. */
static void test_late_name(void **state)
{
	struct options options = {.name_wait_ns = 20000 * NS_PER_MS};
	struct watch watch;

	(void)state;
	run(&options, &waiting, true,
	    CONTAINER FLOW("attempt", "1", "7") FLOW("established", "1", "7"),
	    FLOW("attempt", "2", "7") NAME FLOW("closed", "1", "7"), &watch);
	assert_string_equal(watch.seen, "1:attempt:cart/main 1:established:cart/main "
					"2:attempt:cart/main 1:closed:cart/main ");
	assert_int_equal(watch.session->unnamed, 0);
	session_close(watch.session);
}

static void on_record(void *data, const struct record *record)
{
	struct watch *watch = data;
	size_t length = strlen(watch->seen);

	if (record->kind == RECORD_CLOCK)
		snprintf(watch->seen + length, sizeof(watch->seen) - length, "clock ");
}

/* A clock record keeps its place: after all earlier flows, even if these wait for names, and
 * before all later flows. */
static void test_clock(void **state)
{
	static const struct session_handlers handlers = {
		.record = on_record, .flow = on_flow, .wait_for_names = true};
	struct options options = {.name_wait_ns = 20000 * NS_PER_MS, .host = true};
	struct watch watch;

	(void)state;
	run(&options, &handlers, true,
	    CLOCK CONTAINER FLOW("attempt", "3", "1") FLOW("attempt", "1", "7")
		    CLOCK FLOW("attempt", "2", "1") CLOCK,
	    NAME CLOCK FLOW("attempt", "4", "1"), &watch);
	assert_string_equal(watch.seen, "clock 3:attempt:/ 1:attempt:cart/main clock 2:attempt:/ "
					"clock clock 4:attempt:/ ");
	assert_int_equal(state_counters(session_state(watch.session))->clock_steps, 4);
	session_close(watch.session);
}

/* Flows behind a waiting flow wait, too, so that the order stays the same. Flows of host processes
 * do not wait unless another flow does. */
static void test_order(void **state)
{
	struct options options = {.name_wait_ns = 20000 * NS_PER_MS, .host = true};
	struct watch watch;

	(void)state;
	run(&options, &waiting, true,
	    CONTAINER FLOW("attempt", "3", "1") FLOW("attempt", "1", "7") FLOW("attempt", "2", "1"),
	    NAME, &watch);
	assert_string_equal(watch.seen, "3:attempt:/ 1:attempt:cart/main 2:attempt:/ ");
	session_close(watch.session);
}

/* After --name-wait, further flows of the container do not wait. A name that arrives later is used
 * from then on. */
static void test_giving_up(void **state)
{
	struct options options = {.name_wait_ns = 20 * NS_PER_MS};
	struct watch watch;

	(void)state;
	run(&options, &waiting, true, CONTAINER FLOW("attempt", "1", "7"),
	    FLOW("established", "1", "7") NAME FLOW("closed", "1", "7"), &watch);
	assert_string_equal(watch.seen, "1:attempt:/ 1:established:/ 1:closed:cart/main ");
	assert_int_equal(watch.session->unnamed, 1);
	session_close(watch.session);
}

/* Handlers get flows at once if there is no source of names, with --name-wait 0, or if the handlers
 * lack wait_for_names. */
static void test_no_wait(void **state)
{
	static const char wanted[] = "1:attempt:/ 1:closed:cart/main ";
	static const char first[] = CONTAINER FLOW("attempt", "1", "7");
	static const char second[] = NAME FLOW("closed", "1", "7");
	static const struct session_handlers at_once = {.flow = on_flow};
	struct options options = {.name_wait_ns = 20000 * NS_PER_MS};
	struct options without = {0};
	struct watch watch;

	(void)state;
	run(&options, &waiting, false, first, second, &watch);
	assert_string_equal(watch.seen, wanted);
	session_close(watch.session);
	run(&options, &at_once, true, first, second, &watch);
	assert_string_equal(watch.seen, wanted);
	session_close(watch.session);
	run(&without, &waiting, true, first, second, &watch);
	assert_string_equal(watch.seen, wanted);
	session_close(watch.session);
}

/* A filter by name is applied when the name is known. If the name stays unknown, the flow is
 * left out and counted in `unjudged`. */
static void test_filter(void **state)
{
	struct options options = {.name_wait_ns = 20000 * NS_PER_MS};
	struct watch watch;

	(void)state;
	assert_int_equal(filter_new(&options.filter), 0);
	assert_int_equal(filter_add(options.filter, FILTER_POD, "cart", NULL), 0);
	assert_true(filter_has(options.filter, FILTER_NEEDS_NAMES));
	run(&options, &waiting, true, CONTAINER FLOW("attempt", "1", "7"), NAME, &watch);
	assert_string_equal(watch.seen, "1:attempt:cart/main ");
	session_close(watch.session);
	options.name_wait_ns = 20 * NS_PER_MS;
	run(&options, &waiting, true, CONTAINER FLOW("attempt", "1", "7"), "", &watch);
	assert_string_equal(watch.seen, "");
	assert_int_equal(watch.session->unjudged, 1);
	assert_int_equal(watch.session->unnamed, 0);
	session_close(watch.session);
	filter_free(options.filter);
}

/* At the end of the session, held flows are delivered without a name. */
static void test_end(void **state)
{
	struct options options = {.name_wait_ns = 20000 * NS_PER_MS};
	struct watch watch;

	(void)state;
	run(&options, &waiting, true, CONTAINER FLOW("attempt", "1", "7"), "", &watch);
	assert_string_equal(watch.seen, "1:attempt:/ ");
	session_close(watch.session);
}

/* --- DNS look-ups --- */

#define LOOKUP(cgroup) \
	"{\"v\":1,\"kind\":\"dns\",\"cgroup_id\":" cgroup ",\"name\":\"www.example\"}\n"

static void on_lookup(void *data, const struct record *record)
{
	struct watch *watch = data;
	size_t length = strlen(watch->seen);

	if (record->kind != RECORD_DNS)
		return;
	const struct dns_record *dns = record->dns;
	snprintf(watch->seen + length, sizeof(watch->seen) - length, "%s/%s/%.2s ",
		 dns->namespace_name ? dns->namespace_name : "", dns->pod ? dns->pod : "",
		 dns->container_id ? dns->container_id : "");
}

/* The record of a DNS look-up gets the pod and the container of its cgroup, as known when the
 * record is handled. */
static void test_lookup(void **state)
{
	static const struct session_handlers handlers = {.record = on_lookup};
	struct options options = {.name_wait_ns = 0};
	struct watch watch;

	(void)state;
	run(&options, &handlers, false, LOOKUP("7") CONTAINER LOOKUP("7") NAME LOOKUP("7"),
	    LOOKUP("8"), &watch);
	assert_string_equal(watch.seen, "// //01 shop/cart/01 // ");
	session_close(watch.session);
}

static struct record read_record(const char *line)
{
	struct record record = {0};
	struct record_json_error error;

	assert_int_equal(record_json_read(line, strlen(line) - 1, &record, &error), 0);
	return record;
}

/* Without --name-wait, a flow waits longer if the only ready source of names is the Kubernetes API,
 * which learns names late. */
static void test_default_wait(void **state)
{
	const char *execs[] = {"true"};
	struct options options = {.name_wait_ns = NAME_WAIT_DEFAULT, .program = "polecat"};
	struct session *session;

	(void)state;
	options.execs = (struct option_texts){execs, 1};
	for (unsigned int late = 0; late < 2; late++) {
		struct record container = read_record(CONTAINER);
		struct record flow = read_record(FLOW("attempt", "1", "7"));
		uint64_t wanted_ns = (late ? 3000 : 1000) * NS_PER_MS;
		assert_int_equal(session_open(&options, &waiting, NULL, &session), 0);
		session->kernel = session->names_expected = true;
		session->names_late = late;
		state_apply(session->state, &container);
		const struct conn *conn = state_apply(session->state, &flow);
		uint64_t now_ns = clock_monotonic_ns();
		assert_true(session_names_hold(session, &flow, conn));
		uint64_t until_ns = held_flows_first(&session->held)->until_ns;
		assert_in_range(until_ns, now_ns + wanted_ns, now_ns + wanted_ns + 500 * NS_PER_MS);
		session_close(session);
	}
}

/* --- a Job of 30 pods with two containers each --- */

#define JOB_PODS       30
#define JOB_CONTAINERS (2 * JOB_PODS)

/* Sources of records about the Job, and the records that each source sends. */
enum job_source {
	JOB_KERNEL,      /* containers with their cgroups, and one flow per container */
	JOB_API_PENDING, /* pods without containers, because no container has started */
	JOB_API_RUNNING, /* pods with their containers */
	JOB_CRI,
};

static const char *job_container(unsigned int number)
{
	return number % 2 ? "side" : "main";
}

static void job_add_pod(struct buffer *out, enum job_source source, unsigned int pod)
{
	buffer_printf(
		out,
		"{\"v\":1,\"kind\":\"pod\",\"namespace\":\"shop\",\"name\":\"job-%u\",\"uid\":"
		"\"00000000-0000-0000-0000-%012u\"",
		pod, pod);
	if (source == JOB_API_RUNNING)
		buffer_printf(out,
			      ",\"containers\":[{\"name\":\"main\",\"id\":\"%064x\"},{\"name\":"
			      "\"side\",\"id\":\"%064x\"}]",
			      2 * pod, 2 * pod + 1);
	buffer_append_text(out, source == JOB_CRI ? "}\n" : ",\"phase\":\"Pending\"}\n");
}

static void job_add_container(struct buffer *out, enum job_source source, unsigned int number)
{
	unsigned int pod = number / 2;

	buffer_printf(out, "{\"v\":1,\"kind\":\"container\",\"id\":\"%064x\"", number);
	if (source == JOB_CRI)
		buffer_printf(
			out,
			",\"name\":\"%s\",\"namespace\":\"shop\",\"pod\":\"job-%u\",\"pod_uid\":"
			"\"00000000-0000-0000-0000-%012u\"}\n",
			job_container(number), pod, pod);
	else
		buffer_printf(out,
			      ",\"cgroup_id\":%u,\"pod_uid\":\"00000000-0000-0000-0000-%012u\"}\n",
			      1000 + number, pod);
}

static void job_add_flow(struct buffer *out, unsigned int number)
{
	buffer_printf(out,
		      "{\"v\":1,\"kind\":\"flow\",\"event\":\"attempt\",\"ts\":"
		      "\"2026-01-02T03:04:05Z\",\"id\":\"%016x\",\"direction\":\"egress\","
		      "\"protocol\":\"TCP\",\"family\":4,\"src\":\"192.0.2.1\",\"dst\":"
		      "\"198.51.100.1\",\"dport\":443,\"comm\":\"curl\",\"cgroup_id\":%u}\n",
		      number + 1, 1000 + number);
}

static void job_add(struct buffer *out, enum job_source source)
{
	for (unsigned int pod = 0; pod < JOB_PODS && source != JOB_KERNEL; pod++)
		job_add_pod(out, source, pod);
	for (unsigned int i = 0; i < JOB_CONTAINERS; i++) {
		if (source == JOB_KERNEL || source == JOB_CRI)
			job_add_container(out, source, i);
		if (source == JOB_KERNEL)
			job_add_flow(out, i);
	}
}

static void on_job_flow(void *data, const struct record *record, const struct conn *conn)
{
	struct watch *watch = data;
	struct flow_names names;
	unsigned int number = (unsigned int)record->flow.id - 1;
	char pod[16];

	snprintf(pod, sizeof(pod), "job-%u", number / 2);
	conn_view_subject_names(session_state(watch->session), conn, &names);
	watch->flows++;
	watch->named += names.pod && strcmp(names.pod, pod) == 0 && names.container &&
			strcmp(names.container, job_container(number)) == 0;
}

struct job_case {
	const char *name;
	enum job_source first[2]; /* send at once, in this order; `second` sends later */
	size_t first_count;
	enum job_source second;
};

static const struct job_case job_cases[] = {
	{"CRI alone", {JOB_KERNEL}, 1, JOB_CRI},
	{"API and CRI", {JOB_API_PENDING, JOB_KERNEL}, 2, JOB_CRI},
	{"API alone", {JOB_API_PENDING, JOB_KERNEL}, 2, JOB_API_RUNNING},
	{"API alone, late", {JOB_KERNEL}, 1, JOB_API_RUNNING},
	{"API alone, early", {JOB_API_RUNNING, JOB_KERNEL}, 2, JOB_API_PENDING},
};

static void check_job(const struct job_case *c, struct options options, size_t flows)
{
	static const struct session_handlers counting = {.flow = on_job_flow,
							 .wait_for_names = true};
	struct buffer first = {0};
	struct buffer second = {0};
	struct watch watch;

	for (size_t i = 0; i < c->first_count; i++)
		job_add(&first, c->first[i]);
	job_add(&second, c->second);
	assert_int_equal(first.error + second.error, 0);
	run(&options, &counting, true, first.data, second.data, &watch);
	if (watch.flows != flows || watch.named != flows || watch.session->unnamed != 0)
		fail_msg("%s: %zu of %zu have their names", c->name, watch.named, watch.flows);
	session_close(watch.session);
	buffer_free(&first);
	buffer_free(&second);
}

/* Each flow waits for the name of its container, even if the name of its pod is known earlier. */
static void test_job(void **state)
{
	struct options options = {.name_wait_ns = 20000 * NS_PER_MS};

	(void)state;
	for (size_t i = 0; i < sizeof(job_cases) / sizeof(job_cases[0]); i++)
		check_job(&job_cases[i], options, JOB_CONTAINERS);
}

/* A filter by container also passes flows that arrive before the container's name. */
static void test_filter_by_container(void **state)
{
	struct options options = {.name_wait_ns = 20000 * NS_PER_MS};

	(void)state;
	assert_int_equal(filter_new(&options.filter), 0);
	assert_int_equal(filter_add(options.filter, FILTER_CONTAINER, "side", NULL), 0);
	for (size_t i = 0; i < sizeof(job_cases) / sizeof(job_cases[0]); i++)
		check_job(&job_cases[i], options, JOB_PODS);
	filter_free(options.filter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_late_name),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_giving_up),
		cmocka_unit_test(test_no_wait),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_default_wait),
		cmocka_unit_test(test_job),
		cmocka_unit_test(test_filter_by_container),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
