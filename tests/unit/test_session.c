/* SPDX-License-Identifier: Apache-2.0 */
/* The session with recordings, pipes and commands: how it ends, the calls of its handlers, its
 * messages. */
#define _GNU_SOURCE /* pipe2 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "tui/options/options.h"
#include "tui/session/session.h"
#include "tui/session/session_internal.h"
#include "tui/session/session_nodes.h"

#define HELLO "{\"v\":1,\"kind\":\"hello\",\"node\":\"n1\"}\n"
/* A flow of the process `pid`. `id` is a hex digit. */
#define FLOW(event, id, pid) FLOW_AND(event, id, pid, "")
#define FLOW_AND(event, id, pid, more)                                                      \
	"{\"v\":1,\"kind\":\"flow\",\"event\":\"" event "\",\"ts\":\"2026-01-02T03:04:0" id \
	".000000000Z\",\"id\":\"000000000000000" id "\",\"node\":\"n1\","                   \
	"\"direction\":\"egress\",\"protocol\":\"TCP\",\"family\":4,\"src\":\"192.0.2.1\"," \
	"\"dst\":\"198.51.100.1\",\"dport\":443,\"state\":\"SYN_SENT\",\"pid\":" pid        \
	",\"comm\":\"curl\"" more "}\n"

#define SAFETY_NS (20ull * 1000000000)

/* Counts the calls of a session's handlers. */
struct watch {
	struct session *session;
	unsigned int records;
	unsigned int flows;
	unsigned int idles;
	unsigned int frames;
	unsigned int changes;
	bool all_ended;
	uint64_t last_pid;
	int last_signal;
	unsigned int inputs;
	int input_fd;
	unsigned int stop_after_frames;
};

static void on_record(void *data, const struct record *record)
{
	struct watch *watch = data;
	if (record->kind == RECORD_FLOW)
		assert_int_equal(watch->flows <= watch->records, true);
	watch->records++;
}

static void on_flow(void *data, const struct record *record, const struct conn *conn)
{
	struct watch *watch = data;
	/* The state has already folded the record. */
	assert_int_equal(conn->flow.id, record->flow.id);
	watch->flows++;
	watch->last_pid = record->flow.pid;
}

static void on_idle(void *data)
{
	struct watch *watch = data;
	watch->idles++;
}

static void on_frame(void *data)
{
	struct watch *watch = data;
	watch->frames++;
	if (watch->stop_after_frames && watch->frames == watch->stop_after_frames)
		session_stop(watch->session, 0);
	else
		session_request_frame(watch->session, 1);
}

static void on_signal(void *data, int signal_number)
{
	struct watch *watch = data;
	watch->last_signal = signal_number;
	session_stop(watch->session, 0);
}

static void on_input(void *data, bool ended)
{
	struct watch *watch = data;
	char byte;

	assert_int_equal(read(watch->input_fd, &byte, 1), ended ? 0 : 1);
	watch->inputs++;
	session_stop(watch->session, 0);
}

static void on_change(void *data, struct source *source)
{
	struct watch *watch = data;
	watch->changes++;
	if (!source)
		watch->all_ended = true;
}

static const struct session_handlers everything = {
	.record = on_record,
	.flow = on_flow,
	.idle = on_idle,
	.frame = on_frame,
	.source_changed = on_change,
};

/* A folder of the test, with a recording in it. */
struct place {
	char directory[64];
	char file[96];
	char other[96];
};

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));
	assert_non_null(place);
	strcpy(place->directory, "/tmp/polecat-session-XXXXXX");
	assert_non_null(mkdtemp(place->directory));
	snprintf(place->file, sizeof(place->file), "%s/in.jsonl", place->directory);
	snprintf(place->other, sizeof(place->other), "%s/out.jsonl", place->directory);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	unlink(place->file);
	unlink(place->other);
	rmdir(place->directory);
	free(place);
	return 0;
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fputs(text, file) >= 0, true);
	assert_int_equal(fclose(file), 0);
}

static void read_file(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	size_t length = fread(text, 1, size - 1, file);
	text[length] = '\0';
	fclose(file);
}

static struct options usual_options(const struct place *place)
{
	return (struct options){
		.command = COMMAND_TRACE,
		.program = "polecat",
		.input = place->file,
		.node_name = "here",
		.timeout_ns = SAFETY_NS,
	};
}

/* If true, `run` treats the records of a recording as records of this machine's kernel. */
static bool as_kernel;

/* Runs a whole session. Returns its exit status. Messages go to a file, because the test's own
 * output must stay TAP. */
static int run(const struct options *options, const struct session_handlers *handlers,
	       struct watch *watch, char *said, size_t said_size)
{
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);

	assert_non_null(file);
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	int status = session_open(options, handlers, watch, &watch->session);
	if (status == 0) {
		watch->session->kernel |= as_kernel;
		status = session_run(watch->session);
	}
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	if (said) {
		rewind(file);
		size_t length = fread(said, 1, said_size - 1, file);
		said[length] = '\0';
	}
	fclose(file);
	return status;
}

static void test_recording(void **state)
{
	struct options options = usual_options(*state);
	struct watch watch = {0};

	write_file(options.input, HELLO FLOW("attempt", "1", "7") FLOW("established", "1", "7")
					  FLOW("attempt", "2", "8"));
	assert_int_equal(run(&options, &everything, &watch, NULL, 0), 0);
	assert_int_equal(watch.records, 4);
	assert_int_equal(watch.flows, 3);
	assert_true(watch.idles >= 1);
	assert_true(watch.all_ended);
	assert_true(session_is_replay(watch.session));
	/* The time of a replay is the time of its last flow, 2026-01-02T03:04:02Z. */
	assert_int_equal(session_now(watch.session), 1767323042ull * 1000000000);
	assert_int_equal(state_conn_count(session_state(watch.session)), 2);
	session_close(watch.session);
}

static void test_many_records(void **state)
{
	struct options options = usual_options(*state);
	struct watch watch = {0};
	FILE *file = fopen(options.input, "we");

	assert_non_null(file);
	for (int i = 0; i < 20000; i++)
		fputs(FLOW("attempt", "1", "7"), file);
	fputs(FLOW("established", "2", "99"), file);
	fclose(file);
	assert_int_equal(run(&options, &everything, &watch, NULL, 0), 0);
	assert_int_equal(watch.flows, 20001);
	assert_int_equal(watch.last_pid, 99);
	session_close(watch.session);
}

static void test_filter(void **state)
{
	struct options options = usual_options(*state);
	struct watch watch = {0};

	assert_int_equal(filter_new(&options.filter), 0);
	assert_int_equal(filter_add(options.filter, FILTER_PID, "8", NULL), 0);
	write_file(options.input, HELLO FLOW("attempt", "1", "7") FLOW("attempt", "2", "8")
					  FLOW("attempt", "3", "7"));
	assert_int_equal(run(&options, &everything, &watch, NULL, 0), 0);
	assert_int_equal(watch.records, 4);
	assert_int_equal(watch.flows, 1);
	assert_int_equal(watch.last_pid, 8);
	/* The state folds hidden flows, too. */
	assert_int_equal(state_conn_count(session_state(watch.session)), 3);
	session_close(watch.session);
	filter_free(options.filter);
}

static void test_max_events(void **state)
{
	struct options options = usual_options(*state);
	struct watch watch = {0};

	options.max_events = 2;
	write_file(options.input, HELLO FLOW("attempt", "1", "7") FLOW("attempt", "2", "8")
					  FLOW("attempt", "3", "9"));
	assert_int_equal(run(&options, &everything, &watch, NULL, 0), 0);
	assert_int_equal(watch.flows, 2);
	assert_int_equal(watch.last_pid, 8);
	session_close(watch.session);

	/* --max-events also counts flows if the command has no handler for flows. */
	const struct session_handlers none = {0};
	watch = (struct watch){0};
	options.max_events = 1;
	assert_int_equal(run(&options, &none, &watch, NULL, 0), 0);
	assert_int_equal(state_conn_count(session_state(watch.session)), 1);
	session_close(watch.session);
}

/* A new destination in the last event of --max-events gives the status of a new destination. */
static void test_new_and_last(void **state)
{
	struct place *place = *state;
	struct options options = usual_options(place);
	struct watch watch = {0};
	char said[1024];

	write_file(place->other, HELLO);
	write_file(place->file, HELLO FLOW("attempt", "1", "7") FLOW("attempt", "2", "8"));
	options.baseline = place->other;
	options.exit_on_new = true;
	options.max_events = 1;
	assert_int_equal(run(&options, &everything, &watch, said, sizeof(said)), 1);
	assert_non_null(strstr(said, "new: "));
	assert_int_equal(watch.flows, 1);
	session_close(watch.session);
}

/* Losses of the baseline's recording, and destinations beyond a quota, have messages of their own.
 */
static void test_baseline_gaps(void **state)
{
	struct place *place = *state;
	struct options options = usual_options(place);
	struct watch watch = {0};
	char said[1024];

	options.baseline = place->other;
	write_file(place->file, HELLO);
	write_file(place->other,
		   HELLO "{\"v\":1,\"kind\":\"lost\",\"where\":\"kernel\",\"count\":3}\n");
	assert_int_equal(run(&options, &everything, &watch, said, sizeof(said)), 0);
	assert_non_null(strstr(said, ": 3 events are missing in it"));
	assert_null(strstr(said, "quota"));
	session_close(watch.session);

	/* One more destination than a subject may have. */
	FILE *file = fopen(place->other, "we");
	assert_non_null(file);
	for (unsigned int i = 0; i <= 16384; i++)
		fprintf(file,
			"{\"v\":1,\"kind\":\"flow\",\"event\":\"attempt\",\"ts\":\"2026-01-02T03:"
			"04:00Z\","
			"\"id\":\"%016x\",\"direction\":\"egress\",\"protocol\":\"TCP\",\"family\":"
			"4,"
			"\"dst\":\"198.51.100.1\",\"dport\":%u,\"pid\":7,\"comm\":\"curl\"}\n",
			i + 1, i + 1);
	fclose(file);
	watch = (struct watch){0};
	assert_int_equal(run(&options, &everything, &watch, said, sizeof(said)), 0);
	assert_null(strstr(said, "missing in it"));
	assert_non_null(strstr(said, ": 1 flow record found no room"));
	session_close(watch.session);
}

/* Makes a pipe that stays open, so that only the tested event ends the session. Returns its writing
 * end. */
static int open_endless(const struct place *place)
{
	assert_int_equal(mkfifo(place->file, 0600), 0);
	int fd = open(place->file, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	static const char text[] = HELLO FLOW("attempt", "1", "7");
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	return fd;
}

static void test_timeout(void **state)
{
	struct options options = usual_options(*state);
	struct watch watch = {0};
	int fd = open_endless(*state);

	options.timeout_ns = 50000000;
	assert_int_equal(run(&options, &everything, &watch, NULL, 0), 0);
	assert_int_equal(watch.flows, 1);
	assert_false(watch.all_ended);
	session_close(watch.session);
	close(fd);
}

static void on_flow_raise(void *data, const struct record *record, const struct conn *conn)
{
	on_flow(data, record, conn);
	kill(getpid(), ((struct watch *)data)->last_signal);
}

static void test_signals_end_it(void **state)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	int fd = open_endless(*state);

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		static const char text[] = FLOW("attempt", "1", "7");
		struct options options = usual_options(*state);
		struct session_handlers handlers = everything;
		struct watch watch = {.last_signal = signals[i]};
		sigset_t before;
		sigset_t after;

		if (i > 0)
			assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
		handlers.flow = on_flow_raise;
		pthread_sigmask(SIG_SETMASK, NULL, &before);
		assert_int_equal(run(&options, &handlers, &watch, NULL, 0), 0);
		assert_int_equal(watch.flows, 1);
		session_close(watch.session);
		/* The signal mask is restored: after the session, a second signal has its default
		 * action. */
		pthread_sigmask(SIG_SETMASK, NULL, &after);
		assert_int_equal(sigismember(&after, signals[i]), sigismember(&before, signals[i]));
	}
	close(fd);
}

static void test_other_signals(void **state)
{
	struct options options = usual_options(*state);
	struct session_handlers handlers = everything;
	struct watch watch = {.last_signal = SIGWINCH};
	int fd = open_endless(*state);

	handlers.flow = on_flow_raise;
	handlers.signal = on_signal;
	assert_int_equal(run(&options, &handlers, &watch, NULL, 0), 0);
	assert_int_equal(watch.last_signal, SIGWINCH);
	session_close(watch.session);
	close(fd);
}

static void test_stay_open(void **state)
{
	struct options options = usual_options(*state);
	struct session_handlers handlers = everything;
	struct watch watch = {.stop_after_frames = 3};

	write_file(options.input, HELLO FLOW("attempt", "1", "7"));
	handlers.stay_open = true;
	assert_int_equal(session_open(&options, &handlers, &watch, &watch.session), 0);
	/* The shortest delay applies, in any order of the requests. */
	session_request_frame(watch.session, 600000);
	session_request_frame(watch.session, 20);
	session_request_frame(watch.session, 600000);
	assert_int_equal(session_run(watch.session), 0);
	assert_int_equal(watch.frames, 3);
	assert_int_equal(watch.flows, 1);
	assert_true(watch.all_ended);
	session_close(watch.session);
}

static void test_input(void **state)
{
	struct options options = usual_options(*state);
	struct session_handlers handlers = everything;
	struct watch watch = {0};
	int fds[2];
	int fd = open_endless(*state);

	assert_int_equal(pipe(fds), 0);
	watch.input_fd = fds[0];
	handlers.input = on_input;
	assert_int_equal(session_open(&options, &handlers, &watch, &watch.session), 0);
	assert_int_equal(session_watch_input(watch.session, fds[0]), 0);
	assert_int_equal(write(fds[1], "q", 1), 1);
	assert_int_equal(session_run(watch.session), 0);
	assert_int_equal(watch.inputs, 1);
	assert_int_equal(session_watch_input(watch.session, -1), 0);
	session_close(watch.session);

	/* The other end is gone. */
	close(fds[1]);
	assert_int_equal(session_open(&options, &handlers, &watch, &watch.session), 0);
	assert_int_equal(session_watch_input(watch.session, fds[0]), 0);
	assert_int_equal(session_run(watch.session), 0);
	assert_int_equal(watch.inputs, 2);
	session_close(watch.session);
	close(fds[0]);
	close(fd);
}

static void test_bad_recordings(void **state)
{
	static const struct {
		const char *text;
		const char *said;
		unsigned int flows;
	} cases[] = {
		{"", "no records", 0},
		{"nonsense\n", ":1:", 0},
		{HELLO FLOW("attempt", "1", "7") "{\"v\":1,\"kind\":\"flow\"\n", ":3:", 1},
		{"{\"v\":2,\"kind\":\"hello\"}\n", "version", 0},
	};
	struct options options = usual_options(*state);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct watch watch = {0};
		char said[1024];
		write_file(options.input, cases[i].text);
		int status = run(&options, &everything, &watch, said, sizeof(said));
		if (status != 4 || !strstr(said, cases[i].said) || watch.flows != cases[i].flows)
			fail_msg("case %zu: status %d, %u flows, said: %s", i, status, watch.flows,
				 said);
		session_close(watch.session);
	}
	struct watch watch = {0};
	char said[1024];
	unlink(options.input);
	assert_int_equal(run(&options, &everything, &watch, said, sizeof(said)), 4);
	assert_non_null(strstr(said, "in.jsonl: No such file or directory"));
	assert_null(watch.session);
}

static void test_commands(void **state)
{
	struct place *place = *state;
	struct options options = usual_options(place);
	char command[256];
	char failing[256];
	const char *execs[] = {command, failing};
	struct watch watch = {0};
	char said[1024];
	uint64_t before = (uint64_t)time(NULL) * 1000000000;

	write_file(place->file, HELLO FLOW("attempt", "1", "7"));
	snprintf(command, sizeof(command), "cat %s", place->file);
	snprintf(failing, sizeof(failing), "cat %s; exit 7", place->file);
	options.input = NULL;
	options.execs = (struct option_texts){execs, 1};
	assert_int_equal(run(&options, &everything, &watch, said, sizeof(said)), 0);
	assert_int_equal(watch.flows, 1);
	assert_string_equal(said, "");
	assert_false(session_is_replay(watch.session));
	assert_true(session_now(watch.session) >= before);
	session_close(watch.session);

	/* A command that fails does not lose the records of the other command. */
	watch = (struct watch){0};
	options.execs.count = 2;
	assert_int_equal(run(&options, &everything, &watch, said, sizeof(said)), 5);
	assert_int_equal(watch.flows, 2);
	assert_non_null(strstr(said, "status 7"));
	session_close(watch.session);
}

static void test_record(void **state)
{
	struct place *place = *state;
	struct options options = usual_options(place);
	struct watch watch = {0};
	static const char text[] = HELLO FLOW("attempt", "1", "7") FLOW("attempt", "2", "8");
#define EXTERNAL ",\"peer\":{\"kind\":\"external\"}"
	static const char recorded[] = HELLO FLOW_AND("attempt", "1", "7", EXTERNAL)
		FLOW_AND("attempt", "2", "8", EXTERNAL);
	char copy[2048];
	char said[1024];

	/* The recording contains all flows with their peers, including flows that the filter
	 * hides. */
	assert_int_equal(filter_new(&options.filter), 0);
	assert_int_equal(filter_add(options.filter, FILTER_PID, "8", NULL), 0);
	options.record_file = place->other;
	options.force = true;
	write_file(place->file, text);
	assert_int_equal(run(&options, &everything, &watch, NULL, 0), 0);
	assert_int_equal(watch.flows, 1);
	session_close(watch.session);
	read_file(place->other, copy, sizeof(copy));
	assert_string_equal(copy, recorded);

	watch = (struct watch){0};
	options.record_file = "/dev/full";
	assert_int_equal(run(&options, &everything, &watch, said, sizeof(said)), 4);
	assert_non_null(strstr(said, "--record /dev/full: No space left on device"));
	session_close(watch.session);

	watch = (struct watch){0};
	options.record_file = "/nonexistent/file";
	assert_int_equal(run(&options, &everything, &watch, said, sizeof(said)), 4);
	assert_non_null(strstr(said, "--record /nonexistent/file: No such file"));
	filter_free(options.filter);
}

/* If the reader of the output does not read, the program waits. After a signal to end, it waits for
 * only one more second. */
static void test_reader_that_does_not_read(void **state)
{
	struct options options = usual_options(*state);
	struct watch watch = {0};
	int fds[2];
	static const char block[4096];

	write_file(options.input, HELLO);
	assert_int_equal(session_open(&options, &everything, &watch, &watch.session), 0);
	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(session_wait_writable(watch.session, fds[1]), 0);
	while (write(fds[1], block, sizeof(block)) > 0)
		;
	kill(getpid(), SIGTERM);
	assert_int_equal(session_wait_writable(watch.session, fds[1]), -EINTR);
	/* If the reading end is closed, the function returns 0, and write(2) would report the
	 * error. */
	close(fds[0]);
	assert_int_equal(session_wait_writable(watch.session, fds[1]), 0);
	close(fds[1]);
	session_close(watch.session);
}

/* Processes outside containers are shown, unless containers ran before the first flow. Containers
 * that start later do not matter. A replay decides as the live run did. */
static void test_host_rule(void **state)
{
	/* Stopped containers and pods of other nodes have no cgroup on this machine. */
	static const char container[] =
		"{\"v\":1,\"kind\":\"container\",\"id\":\"abcdef\",\"cgroup_id\":7}\n";
	static const char elsewhere[] =
		"{\"v\":1,\"kind\":\"container\",\"id\":\"abcde0\"}\n"
		"{\"v\":1,\"kind\":\"pod\",\"namespace\":\"shop\",\"name\":\"cart\"}\n";
	static const char late[] = "a container has started";
	static const struct {
		const char *before;
		const char *between;
		bool kernel;
		bool host;
		bool hides;
		bool reports;
	} cases[] = {
		{elsewhere, container, false, false, false, false},
		{elsewhere, container, true, false, false, true},
		{elsewhere, container, true, true, false, false},
		{container, "", false, false, true, false},
		{container, "", true, false, true, false},
		{container, container, true, false, true, false},
		{container, "", true, true, false, false},
	};
	struct options options = usual_options(*state);
	char text[2048];
	char said[1024];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct watch watch = {0};
		snprintf(text, sizeof(text), "%s%s%s%s%s", HELLO, cases[i].before,
			 FLOW("attempt", "1", "7"), cases[i].between, FLOW("attempt", "2", "8"));
		write_file(options.input, text);
		options.host = cases[i].host;
		as_kernel = cases[i].kernel;
		assert_int_equal(run(&options, &everything, &watch, said, sizeof(said)), 0);
		as_kernel = false;
		assert_int_equal(watch.flows, cases[i].hides ? 0 : 2);
		assert_int_equal(session_hides_host(watch.session), cases[i].hides);
		assert_int_equal(session_left_out_host(watch.session), cases[i].hides);
		assert_int_equal(strstr(said, late) != NULL, cases[i].reports);
		session_close(watch.session);
	}
}

/*
 * The records of a stream belong to its node. Another stream cannot change the pods of that node.
 */
static void test_nodes_of_streams(void **state)
{
#define STREAM(node, more) "{\"v\":1,\"kind\":\"hello\",\"node\":\"" node "\"}\n" more
#define STREAM_POD(node, label)                                                               \
	"{\"v\":1,\"kind\":\"pod\",\"namespace\":\"shop\",\"name\":\"cart\",\"node\":\"" node \
	"\",\"labels\":{\"app\":\"" label "\"}}\n"
	struct place *place = *state;
	struct options options = usual_options(place);
	struct watch watch = {0};
	char first[256];
	char second[256];
	char said[1024];
	const char *execs[] = {first, second};

	write_file(place->file, STREAM("n1", STREAM_POD("n1", "cart") FLOW("attempt", "1", "7")));
	write_file(place->other,
		   STREAM("node2", STREAM_POD("n1", "evil") STREAM_POD("node2", "evil")
					   FLOW("attempt", "1", "7")));
	snprintf(first, sizeof(first), "cat %s; sleep 1", place->file);
	snprintf(second, sizeof(second), "sleep 0.5; cat %s", place->other);
	options.input = NULL;
	options.execs = (struct option_texts){execs, 2};
	assert_int_equal(run(&options, &everything, &watch, said, sizeof(said)), 0);
	assert_int_equal(watch.flows, 1);
	const struct pod_record *pod =
		workloads_pod(state_workloads(session_state(watch.session)), "shop", "cart");
	assert_non_null(pod);
	assert_string_equal(pod->node, "n1");
	assert_string_equal(labels_get(&pod->labels, "app"), "cart");
	assert_non_null(strstr(said, "3 records of a stream describe another node and"));
	session_close(watch.session);
}

/*
 * Two nodes whose clocks differ by 40 seconds. The attempts of the one that is behind are not old,
 * and one that is silent has its age.
 */
static void test_clocks_of_streams(void **state)
{
	struct place *place = *state;
	struct options options = usual_options(place);
	struct watch watch = {0};
	char said[1024];
	const char *execs[] = {
		"date -u -d '20 seconds ago' +'{\"v\":1,\"kind\":\"hello\",\"node\":\"slow\"}%n"
		"{\"v\":1,\"kind\":\"flow\",\"event\":\"attempt\",\"ts\":\"%FT%T.%NZ\",\"id\":"
		"\"1\","
		"\"direction\":\"egress\",\"src\":\"192.0.2.1\",\"dst\":\"192.0.2.2\",\"dport\":1}'"
		"; sleep 0.3",
		"date -u -d '20 seconds' +'{\"v\":1,\"kind\":\"hello\",\"node\":\"fast\"}%n"
		"{\"v\":1,\"kind\":\"flow\",\"event\":\"attempt\",\"ts\":\"%FT%T.%NZ\",\"id\":"
		"\"1\","
		"\"direction\":\"egress\",\"src\":\"192.0.2.1\",\"dst\":\"192.0.2.2\",\"dport\":1}'"
		"; sleep 0.3; echo '{\"v\":1,\"kind\":\"lost\",\"where\":\"kernel\",\"count\":7}'",
		"sleep 0.3",
	};

	options.input = NULL;
	options.execs = (struct option_texts){execs, 3};
	assert_int_equal(run(&options, &everything, &watch, said, sizeof(said)), 0);
	assert_int_equal(watch.flows, 2);
	struct session *session = watch.session;
	bool found[3] = {false};
	struct session_node nodes[3];
	assert_int_equal(session_list_nodes(session, nodes, 1), 3);
	assert_int_equal(session_list_nodes(session, nodes, 3), 3);
	for (size_t i = 0; i < 3; i++) {
		const struct session_node node = nodes[i];
		assert_non_null(node.source);
		if (!node.name) {
			assert_false(node.heard);
			found[2] = true;
			continue;
		}
		bool fast = strcmp(node.name, "fast") == 0;
		int64_t ahead_ns =
			fast ? 20 * (int64_t)NS_PER_SECOND : -20 * (int64_t)NS_PER_SECOND;
		found[fast] = true;
		assert_int_equal(node.flows, 1);
		assert_int_equal(node.lost, fast ? 7 : 0);
		assert_true(node.measured);
		/* A busy machine delays the record. */
		assert_in_range(ahead_ns - node.ahead_ns, 0, 15 * NS_PER_SECOND);
		assert_in_range(node.idle_ns, 0, 60 * NS_PER_SECOND);
	}
	assert_true(found[0] && found[1] && found[2]);
	session_close(session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_recording, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many_records, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_filter, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_max_events, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_new_and_last, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_baseline_gaps, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_timeout, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_signals_end_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_signals, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stay_open, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_input, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bad_recordings, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_commands, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_record, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reader_that_does_not_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_host_rule, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nodes_of_streams, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_clocks_of_streams, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
