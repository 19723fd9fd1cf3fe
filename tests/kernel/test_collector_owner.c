/* SPDX-License-Identifier: Apache-2.0 */
/* The owner of a connection (process, user, cgroup and network namespace) does not depend on the
 * context in which the kernel reports an event. */
#define _GNU_SOURCE /* unshare */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/source/ebpf/cgroup_scan.h"
#include "tests/support/collector_fixture.h"
#include "tests/support/netns.h"
#include "tests/support/process.h"
#include "tests/support/sockets.h"

#define CONTAINER_ID "4f797c539e6c745de61a93ca3ff892358ecbcaccd8414d5db545c38428142970"
#define POD_UID      "26822839-8c92-4c60-a921-ffc5991fa00f"
#define NOBODY       65534

/* A cgroup v2 directory that a test creates and the teardown removes. */
struct test_cgroup {
	char path[PATH_MAX];
	uint64_t id;
};

static struct test_cgroup cgroups[3]; /* parents before their children */
static size_t cgroup_count;

static int group_setup(void **state)
{
	(void)state;
	static const struct ebpf_options options = {.mute = true};

	return collector_fixture_start_with(&options);
}

static int teardown(void **state)
{
	collector_fixture_leave(state);
	while (cgroup_count > 0)
		rmdir(cgroups[--cgroup_count].path);
	return 0;
}

static struct flow wait_flow(uint8_t event, uint8_t direction, uint16_t dport)
{
	return collector_wait(&collector, &(struct flow_match){.event = event,
							       .netns = netns.inode,
							       .direction = direction,
							       .dport = dport});
}

static void assert_owner(const struct flow *flow, pid_t pid, const char *comm)
{
	assert_true(flow->has & FLOW_HAS_PID);
	assert_int_equal(flow->pid, pid);
	assert_string_equal(flow->comm, comm);
}

/* The argument of a child process that connects to the port or accepts from the listener. */
struct service {
	int listener;
	uint16_t port;
	uid_t uid;
	const char *name;
	struct process_line line;
	const struct test_cgroup *cgroup;
};

static void connect_and_close(void *data)
{
	struct service *service = data;

	prctl(PR_SET_NAME, service->name ? service->name : "client");
	if (service->uid)
		assert_int_equal(setresuid(service->uid, service->uid, service->uid), 0);
	close(tcp_connect("127.0.0.1", service->port));
}

static void accept_and_close(void *data)
{
	struct service *service = data;

	prctl(PR_SET_NAME, "worker");
	int fd = tcp_accept(service->listener);
	assert_int_equal(tcp_read_to_end(fd), 0);
	close(fd);
}

static void test_forked_client(void **state)
{
	struct service service = {.name = "my client"};

	(void)state;
	service.listener = tcp_listen("127.0.0.1", &service.port);
	pid_t pid = process_run(connect_and_close, &service);
	close(tcp_accept(service.listener));
	close(service.listener);
	struct flow closed = wait_flow(FLOW_CLOSED, FLOW_EGRESS, service.port);
	struct flow attempt = wait_flow(FLOW_ATTEMPT, FLOW_EGRESS, service.port);
	struct flow established = wait_flow(FLOW_ESTABLISHED, FLOW_EGRESS, service.port);
	struct flow accepted = wait_flow(FLOW_ACCEPTED, FLOW_INGRESS, service.port);
	assert_owner(&attempt, pid, "my client");
	assert_owner(&established, pid, "my client");
	assert_owner(&closed, pid, "my client");
	assert_owner(&accepted, getpid(), "test_collector_");
}

/* A worker that accepts the connection owns it. Until accept() returns, or if the collector cannot
 * see that, the process that listens is the owner, and the flow's `owner` shows this. */
static void test_a_worker_accepts(void **state)
{
	struct service service = {0};

	(void)state;
	service.listener = tcp_listen("127.0.0.1", &service.port);
	pid_t worker = process_start(accept_and_close, &service);
	pid_t client = process_run(connect_and_close, &service);
	process_wait(worker);
	close(service.listener);
	struct flow accepted = wait_flow(FLOW_ACCEPTED, FLOW_INGRESS, service.port);
	struct flow server_closed = wait_flow(FLOW_CLOSED, FLOW_INGRESS, service.port);
	struct flow client_closed = wait_flow(FLOW_CLOSED, FLOW_EGRESS, service.port);
	assert_owner(&accepted, getpid(), "test_collector_");
	assert_int_equal(accepted.owner, FLOW_OWNER_LISTENER);
	assert_owner(&client_closed, client, "client");
	if (!collector_has(&collector, COLLECTOR_HOOK_ACCEPT)) {
		assert_owner(&server_closed, getpid(), "test_collector_");
		assert_int_equal(server_closed.owner, FLOW_OWNER_LISTENER);
		return;
	}
	struct flow open = wait_flow(FLOW_OPEN, FLOW_INGRESS, service.port);
	assert_owner(&open, worker, "worker");
	assert_int_equal(open.owner, FLOW_OWNER_SELF);
	assert_int_equal(open.id, accepted.id);
	assert_owner(&server_closed, worker, "worker");
	assert_int_equal(server_closed.owner, FLOW_OWNER_SELF);
}

struct shared_socket {
	struct process_line line;
	int fd;
};

static void close_after_the_parent(void *data)
{
	struct shared_socket *shared = data;

	process_listen(&shared->line, 1);
	close(shared->fd);
}

/* The owner of a shared socket stays the same if a child process closes the socket last. */
static void test_closed_by_another_process(void **state)
{
	uint16_t port = 0;
	int listener = tcp_listen("127.0.0.1", &port);
	struct tcp_pair pair = tcp_pair(listener, "127.0.0.1");
	struct shared_socket shared = {.fd = pair.client};

	(void)state;
	process_line_open(&shared.line);
	pid_t child = process_start(close_after_the_parent, &shared);
	close(pair.client);
	process_notify(&shared.line, 0);
	process_wait(child);
	process_line_close(&shared.line);
	close(pair.server);
	close(listener);
	struct flow closed = wait_flow(FLOW_CLOSED, FLOW_EGRESS, port);
	assert_owner(&closed, getpid(), "test_collector_");
}

static void *rename_and_connect(void *data)
{
	const struct service *service = data;

	pthread_setname_np(pthread_self(), "pool-thread-7");
	close(tcp_connect("127.0.0.1", service->port));
	return NULL;
}

/* A thread with a name of its own connects. The record has the name and pid of the process. */
static void test_a_thread_connects(void **state)
{
	struct service service = {0};
	pthread_t thread;

	(void)state;
	service.listener = tcp_listen("127.0.0.1", &service.port);
	assert_int_equal(pthread_create(&thread, NULL, rename_and_connect, &service), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	close(service.listener);
	struct flow attempt = wait_flow(FLOW_ATTEMPT, FLOW_EGRESS, service.port);
	assert_owner(&attempt, getpid(), "test_collector_");
}

static void test_user(void **state)
{
	struct service service = {.uid = NOBODY};

	(void)state;
	service.listener = tcp_listen("127.0.0.1", &service.port);
	pid_t pid = process_run(connect_and_close, &service);
	close(tcp_accept(service.listener));
	close(service.listener);
	struct flow closed = wait_flow(FLOW_CLOSED, FLOW_EGRESS, service.port);
	struct flow accepted = wait_flow(FLOW_ACCEPTED, FLOW_INGRESS, service.port);
	assert_owner(&closed, pid, "client");
	assert_int_equal(closed.uid, NOBODY);
	assert_int_equal(accepted.uid, 0);
}

/* A process has pid 1 in its own pid namespace and another pid in the initial one. */
static void fork_in_pid_namespace(void *data)
{
	struct service *service = data;
	char text[16];

	assert_int_equal(unshare(CLONE_NEWPID), 0);
	pid_t inner = fork();
	if (inner == 0) {
		assert_int_equal(getpid(), 1);
		connect_and_close(data);
		_exit(0);
	}
	snprintf(text, sizeof(text), "%d", (int)inner);
	assert_int_equal(write(service->line.ends[1], text, sizeof(text)), sizeof(text));
	process_wait(inner);
}

static void test_pid_namespace(void **state)
{
	struct service service = {0};
	char text[16];

	(void)state;
	service.listener = tcp_listen("127.0.0.1", &service.port);
	process_line_open(&service.line);
	process_run(fork_in_pid_namespace, &service);
	assert_int_equal(read(service.line.ends[0], text, sizeof(text)), sizeof(text));
	process_line_close(&service.line);
	close(service.listener);
	struct flow attempt = wait_flow(FLOW_ATTEMPT, FLOW_EGRESS, service.port);
	assert_owner(&attempt, (pid_t)atoi(text), "client");
}

/* A server in another network namespace, connected by a veth pair. The kernel receives the ACK that
 * ends a handshake in the context of the client's process, which must not become the owner of the
 * server's connection. */
static void serve_in_another_namespace(void *data)
{
	struct service *service = data;
	struct netns inner;

	prctl(PR_SET_NAME, "far server");
	netns_enter(&inner);
	assert_int_equal(send(service->line.ends[1], &inner.inode, sizeof(inner.inode), 0),
			 sizeof(inner.inode));
	process_listen(&service->line, 1);
	netns_ip("address add 192.0.2.2/24 dev outside");
	netns_ip("link set outside up");
	service->port = 4100;
	int listener = tcp_listen("192.0.2.2", &service->port);
	process_notify(&service->line, 1);
	int fd = tcp_accept(listener);
	assert_int_equal(tcp_read_to_end(fd), 10);
	close(fd);
	process_listen(&service->line, 1);
}

static void test_two_namespaces(void **state)
{
	struct service service = {0};
	uint32_t far = 0;

	(void)state;
	process_line_open(&service.line);
	pid_t server = process_start(serve_in_another_namespace, &service);
	assert_int_equal(recv(service.line.ends[0], &far, sizeof(far), MSG_WAITALL), sizeof(far));
	assert_true(far != netns.inode);
	netns_ip("link add inside type veth peer name outside netns %d", (int)server);
	netns_ip("address add 192.0.2.1/24 dev inside");
	netns_ip("link set inside up");
	process_notify(&service.line, 0);
	process_listen(&service.line, 0);
	int fd = tcp_connect("192.0.2.2", 4100);
	assert_int_equal(send(fd, "0123456789", 10, MSG_NOSIGNAL), 10);
	close(fd);

	struct flow_match far_end = {.netns = far, .dport = 4100, .event = FLOW_CLOSED};
	struct flow server_closed = collector_wait(&collector, &far_end);
	far_end.event = FLOW_ACCEPTED;
	struct flow accepted = collector_wait(&collector, &far_end);
	struct flow client_closed = wait_flow(FLOW_CLOSED, FLOW_EGRESS, 4100);
	process_notify(&service.line, 0);
	process_wait(server);
	process_line_close(&service.line);
	assert_owner(&accepted, server, "far server");
	assert_owner(&server_closed, server, "far server");
	assert_owner(&client_closed, getpid(), "test_collector_");
	assert_int_equal(accepted.direction, FLOW_INGRESS);
	assert_int_equal(server_closed.rx_bytes, 10);
	assert_int_equal(client_closed.tx_bytes, 10);
	assert_int_equal(collector_count(&collector,
					 &(struct flow_match){.netns = netns.inode, .dport = 4100}),
			 3);
	assert_int_equal(
		collector_count(&collector, &(struct flow_match){.netns = far, .dport = 4100}), 2);
}

/* --- cgroups --- */

static void format_path(char out[PATH_MAX], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void format_path(char out[PATH_MAX], const char *format, ...)
{
	va_list list;

	va_start(list, format);
	assert_true(vsnprintf(out, PATH_MAX, format, list) < PATH_MAX);
	va_end(list);
}

/* Creates a cgroup below `parent`. If parent is NULL, creates it below the root, with this
 * process's pid in its name. */
static const struct test_cgroup *make_cgroup(const struct test_cgroup *parent, const char *name)
{
	struct test_cgroup *cgroup = &cgroups[cgroup_count];
	char mount[PATH_MAX];
	struct stat status;
	int fd = -1;

	assert_int_equal(cgroup_scan_open_mount(NULL, NULL, &fd, mount, sizeof(mount)), 0);
	close(fd);
	if (parent)
		format_path(cgroup->path, "%s/%s", parent->path, name);
	else
		format_path(cgroup->path, "%s/polecat-test-%d-%s", mount, (int)getpid(), name);
	if (mkdir(cgroup->path, 0755))
		fail_msg("cannot make the cgroup %s: %s", cgroup->path, strerror(errno));
	cgroup_count++;
	assert_int_equal(stat(cgroup->path, &status), 0);
	cgroup->id = status.st_ino;
	return cgroup;
}

static void connect_in_cgroup(void *data)
{
	const struct service *service = data;

	process_enter_cgroup(service->cgroup->path);
	close(tcp_connect("127.0.0.1", service->port));
}

static void serve_in_cgroup(void *data)
{
	struct service *service = data;

	process_enter_cgroup(service->cgroup->path);
	service->port = 4101;
	int listener = tcp_listen("127.0.0.1", &service->port);
	process_notify(&service->line, 1);
	close(tcp_accept(listener));
}

/* Egress flows have the cgroup of the connecting process, and ingress flows have the cgroup of the
 * listening process. */
static void test_cgroup(void **state)
{
	const struct test_cgroup *here = make_cgroup(NULL, "client");
	const struct test_cgroup *there = make_cgroup(NULL, "server");
	struct service client = {.cgroup = here, .port = 4101};
	struct service server = {.cgroup = there};

	(void)state;
	process_line_open(&server.line);
	pid_t server_pid = process_start(serve_in_cgroup, &server);
	process_listen(&server.line, 0);
	process_run(connect_in_cgroup, &client);
	process_wait(server_pid);
	process_line_close(&server.line);

	assert_int_equal(wait_flow(FLOW_CLOSED, FLOW_EGRESS, 4101).cgroup_id, here->id);
	assert_int_equal(wait_flow(FLOW_CLOSED, FLOW_INGRESS, 4101).cgroup_id, there->id);
	assert_int_equal(wait_flow(FLOW_ATTEMPT, FLOW_EGRESS, 4101).cgroup_id, here->id);
	assert_int_equal(wait_flow(FLOW_ACCEPTED, FLOW_INGRESS, 4101).cgroup_id, there->id);
}

static void accept_in_cgroup(void *data)
{
	const struct service *service = data;

	process_enter_cgroup(service->cgroup->path);
	close(tcp_accept(service->listener));
}

/* A container accepts on a listener that the host has made. */
static void test_a_listener_of_the_host(void **state)
{
	struct service service = {.cgroup = make_cgroup(NULL, "inside")};

	(void)state;
	service.listener = tcp_listen("127.0.0.1", &service.port);
	pid_t worker = process_start(accept_in_cgroup, &service);
	int fd = tcp_connect("127.0.0.1", service.port);
	process_wait(worker);
	close(fd);
	close(service.listener);
	struct flow accepted = wait_flow(FLOW_ACCEPTED, FLOW_INGRESS, service.port);
	struct flow closed = wait_flow(FLOW_CLOSED, FLOW_INGRESS, service.port);
	assert_true(accepted.cgroup_id != service.cgroup->id);
	if (!collector_has(&collector, COLLECTOR_HOOK_ACCEPT)) {
		assert_int_equal(closed.cgroup_id, accepted.cgroup_id);
		assert_int_equal(closed.owner, FLOW_OWNER_LISTENER);
		return;
	}
	assert_int_equal(closed.cgroup_id, service.cgroup->id);
	assert_int_equal(closed.pid, (uint32_t)worker);
}

/*
 * A muted cgroup has no events. The other ends of its connections, in another cgroup, have events.
 */
static void test_muted_cgroup(void **state)
{
	const struct test_cgroup *quiet = make_cgroup(NULL, "quiet");
	struct service service = {.cgroup = quiet};

	(void)state;
	service.listener = tcp_listen("127.0.0.1", &service.port);
	ebpf_source_mute(collector.source, quiet->id);
	process_run(connect_in_cgroup, &service);
	wait_flow(FLOW_ACCEPTED, FLOW_INGRESS, service.port);
	int loud = tcp_connect("127.0.0.1", service.port);
	wait_flow(FLOW_ESTABLISHED, FLOW_EGRESS, service.port);
	close(loud);
	close(service.listener);
	const struct flow_match attempts = {.event = FLOW_ATTEMPT,
					    .direction = FLOW_EGRESS,
					    .dport = service.port,
					    .netns = netns.inode};
	assert_int_equal(collector_count(&collector, &attempts), 1);
}

/* Returns the index in collector.records of the cgroup's first flow, or SIZE_MAX. */
static size_t first_flow_of(uint64_t cgroup_id)
{
	for (size_t i = 0; i < collector.count; i++) {
		if (collector.records[i].kind == RECORD_FLOW &&
		    collector.records[i].flow.cgroup_id == cgroup_id)
			return i;
	}
	return SIZE_MAX;
}

/* A container created after the start is reported before its first connection. */
static void test_a_new_container(void **state)
{
	/* systemd requires that the name of a slice begins with the name of its parent slice. */
	char slice[NAME_MAX];
	snprintf(slice, sizeof(slice),
		 "polecat-test-%d-kubepods-pod26822839_8c92_4c60_a921_ffc5991fa00f.slice",
		 (int)getpid());
	const struct test_cgroup *parent = make_cgroup(NULL, "kubepods.slice");
	const struct test_cgroup *pod = make_cgroup(parent, slice);
	const struct test_cgroup *container =
		make_cgroup(pod, "cri-containerd-" CONTAINER_ID ".scope");
	struct service service = {.cgroup = container};

	(void)state;
	service.listener = tcp_listen("127.0.0.1", &service.port);
	process_run(connect_in_cgroup, &service);
	close(service.listener);

	wait_flow(FLOW_ATTEMPT, FLOW_EGRESS, service.port);
	size_t at = collector_wait_container(&collector, container->id);
	const struct container_record *record = collector.records[at].container;
	assert_true(at < first_flow_of(container->id));
	assert_string_equal(record->id, CONTAINER_ID);
	assert_string_equal(record->runtime, "containerd");
	assert_string_equal(record->pod_uid, "26822839-8c92-4c60-a921-ffc5991fa00f");
}

/* A container created before the start is reported at the start. */
static void test_an_old_container(void **state)
{
	struct collector late;
	char id[sizeof(CONTAINER_ID)];

	(void)state;
	/* Use an id that is unique to this run. A crashed run may have left a cgroup of
	 * CONTAINER_ID. Then the new cgroup would be the container's second one, which is not
	 * reported before a flow names it. */
	snprintf(id, sizeof(id), "%064x", (unsigned int)getpid());
	const struct test_cgroup *parent = make_cgroup(NULL, "old");
	const struct test_cgroup *container = make_cgroup(parent, id);
	collector_start(&late, NULL);
	size_t at = collector_wait_container(&late, container->id);
	assert_string_equal(late.records[at].container->id, id);
	assert_null(late.records[at].container->runtime);
	assert_null(late.records[at].container->pod_uid);
	collector_free(&late);
}

/* --- before the start --- */

static void serve_two_rounds(void *data)
{
	struct service *service = data;

	prctl(PR_SET_NAME, "old server");
	int listener = tcp_listen("127.0.0.1", &service->port);
	process_notify(&service->line, 1);
	for (size_t i = 0; i < 2; i++)
		close(tcp_accept(listener));
	process_listen(&service->line, 1);
}

/*
 * If a process listened before the collector started, it owns the connections that it accepts
 * later.
 */
static void test_a_listener_from_before(void **state)
{
	struct service service = {.port = 4102};
	struct collector late;

	(void)state;
	process_line_open(&service.line);
	pid_t server = process_start(serve_two_rounds, &service);
	process_listen(&service.line, 0);
	collector_start(&late, NULL);
	collector_forget(&late, netns.inode);
	for (size_t i = 0; i < 2; i++)
		close(tcp_connect("127.0.0.1", 4102));
	struct flow_match match = {.event = FLOW_CLOSED,
				   .direction = FLOW_INGRESS,
				   .netns = netns.inode,
				   .dport = 4102};
	collector_wait_count(&late, &match, 2);
	match.event = FLOW_ACCEPTED;
	for (size_t i = 0; i < 2; i++)
		assert_owner(collector_find(&late, &match, i), server, "old server");
	match.event = FLOW_CLOSED;
	for (size_t i = 0; i < 2; i++)
		assert_owner(collector_find(&late, &match, i), server, "old server");
	process_notify(&service.line, 0);
	process_wait(server);
	process_line_close(&service.line);
	collector_free(&late);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, collector_fixture_enter, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_forked_client),
		TEST(test_a_worker_accepts),
		TEST(test_closed_by_another_process),
		TEST(test_a_thread_connects),
		TEST(test_user),
		TEST(test_pid_namespace),
		TEST(test_two_namespaces),
		TEST(test_cgroup),
		TEST(test_a_listener_of_the_host),
		TEST(test_muted_cgroup),
		TEST(test_a_new_container),
		TEST(test_an_old_container),
		TEST(test_a_listener_from_before),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (geteuid() != 0) {
		puts("1..0 # SKIP the collector needs root");
		return 0;
	}
	return cmocka_run_group_tests_name("collector: owner", tests, group_setup,
					   collector_fixture_stop);
}
