/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/text.h"
#include "core/source/ebpf/cgroup_path.h"

/* Two container ids, two pod UIDs in both spellings, and the UID of a static pod, a hash. */
#define ID1   "7ae32b4eb0ad06b43ee1ca0dbe02ac76a26c7ca7c69dd5b2b0d4e2f1a6b8c9d0"
#define ID2   "0f3deade416514b65143bdb917f86c290bf21b176d70d8ad8c4992469fdb28e6"
#define UID   "26822839-8c92-4c60-a921-ffc5991fa00f"
#define UID_  "26822839_8c92_4c60_a921_ffc5991fa00f"
#define UID2  "7e44ee88-1e65-4a16-8cdf-9a90c819180e"
#define UID2_ "7e44ee88_1e65_4a16_8cdf_9a90c819180e"
#define HASH  "5ca2b4a1c0f2e1d3b4a59687deadbeef"

#define TASK     "34dc0b5e626f2c5c4c5170e34b10e765"
#define BUILD_ID "xi1mxnj1o5gh6pkbgu1o9tfke"
#define GARDEN   "6f265890-5165-7fab-6b52-18d1a5c0b7e2"
#define USER     "/user.slice/user-1000.slice/user@1000.service"

#define POD(runtime, id, uid) CGROUP_POD_CONTAINER, runtime, id, uid, "", ""
#define PLAIN(runtime, id)    CGROUP_CONTAINER, runtime, id, "", "", ""
#define SERVICE(unit)         CGROUP_SERVICE, NULL, "", "", unit, ""
#define OTHER                 CGROUP_OTHER, NULL, "", "", "", ""
/* A container of a pod on a node that is itself the container ID2. */
#define IN_NODE(runtime, id, uid) CGROUP_POD_CONTAINER, runtime, id, uid, "", ID2

static const struct {
	const char *path;
	enum cgroup_kind kind;
	const char *runtime; /* NULL: unknown */
	const char *id;
	const char *uid;
	const char *unit;
	const char *outer;
} layouts[] = {
	/* The kubelet's systemd driver: burstable, best effort and guaranteed pods; each runtime; a
	 * static pod. */
	{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_
	 ".slice/cri-containerd-" ID1 ".scope",
	 POD("containerd", ID1, UID)},
	{"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UID_
	 ".slice/cri-containerd-" ID1 ".scope",
	 POD("containerd", ID1, UID)},
	{"/kubepods.slice/kubepods-pod" UID_ ".slice/cri-containerd-" ID1 ".scope",
	 POD("containerd", ID1, UID)},
	{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" HASH
	 ".slice/cri-containerd-" ID1 ".scope",
	 POD("containerd", ID1, HASH)},
	{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_ ".slice/crio-" ID1
	 ".scope",
	 POD("cri-o", ID1, UID)},
	{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_ ".slice/crio-" ID1
	 ".scope/container",
	 POD("cri-o", ID1, UID)},
	{"/kubepods.slice/kubepods-pod" UID_ ".slice/crio-" ID1 ".scope", POD("cri-o", ID1, UID)},
	{"/kubepods.slice/kubepods-pod" UID_ ".slice/docker-" ID1 ".scope",
	 POD("docker", ID1, UID)},
	{"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UID_
	 ".slice/docker-" ID1 ".scope",
	 POD("docker", ID1, UID)},
	{"/kubepods.slice/kubepods-podmy_own_uid.slice/cri-containerd-" ID1 ".scope",
	 POD("containerd", ID1, "my-own-uid")},

	/* The kubelet's cgroupfs driver. The paths do not name the runtime. */
	{"/kubepods/burstable/pod" UID "/" ID1, POD(NULL, ID1, UID)},
	{"/kubepods/besteffort/pod" UID "/" ID1, POD(NULL, ID1, UID)},
	{"/kubepods/pod" UID "/" ID1, POD(NULL, ID1, UID)},
	{"/kubepods/burstable/pod" HASH "/" ID1, POD(NULL, ID1, HASH)},
	{"/kubepods/burstable/pod" UID "/crio-" ID1, POD("cri-o", ID1, UID)},
	{"/kubepods/kubepods/besteffort/pod" UID "/" ID1, POD(NULL, ID1, UID)},
	{"/podruntime/docker/kubepods/besteffort/pod" UID "/" ID1, POD(NULL, ID1, UID)},
	{"kubepods/burstable/pod" UID "/" ID1, POD(NULL, ID1, UID)},
	{"//kubepods//burstable/pod" UID "/" ID1 "/", POD(NULL, ID1, UID)},
	{"/kubepods/besteffort/pod" UID "/kata_" ID1, POD(NULL, ID1, UID)},

	/* A kubelet with its own cgroup root. In the cases with colons, the kubelet uses systemd
	 * and the runtime does not. The runtime then makes a directory with the name that the
	 * kubelet gives it, "slice:prefix:name". */
	{"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/"
	 "kubelet-kubepods-besteffort-pod" UID_ ".slice/cri-containerd-" ID1 ".scope",
	 POD("containerd", ID1, UID)},
	{"/a.slice/a-b.slice/a-b-kubepods.slice/a-b-kubepods-pod" UID_ ".slice/crio-" ID1 ".scope",
	 POD("cri-o", ID1, UID)},
	{"/kubelet/kubepods/burstable/pod" UID "/" ID1, POD(NULL, ID1, UID)},
	{"/kubepods-besteffort-pod" UID_ ".slice:cri-containerd:" ID1, POD("containerd", ID1, UID)},
	{"/system.slice/containerd.service/kubepods-burstable-pod" UID_
	 ".slice:cri-containerd:" ID1,
	 POD("containerd", ID1, UID)},
	{"/system.slice/containerd.service/kubepods-pod" UID_ ".slice:cri-containerd:" ID1
	 " (deleted)",
	 POD("containerd", ID1, UID)},
	{"/kata_overhead/kubepods-burstable-pod" UID_ ".slice:cri-containerd:" ID1,
	 POD("containerd", ID1, UID)},
	{"/kubelet-kubepods-pod" UID_ ".slice:crio:" ID1, POD("cri-o", ID1, UID)},
	{"/system.slice:docker:" ID1, PLAIN("docker", ID1)},

	/* A deleted container, a relative path from a cgroup namespace, a path without its
	 * beginning. */
	{"/kubepods/burstable/pod" UID "/" ID1 " (deleted)", POD(NULL, ID1, UID)},
	{"/../../kubepods-burstable.slice/kubepods-burstable-pod" UID_ ".slice/cri-containerd-" ID1
	 ".scope",
	 POD("containerd", ID1, UID)},
	{"rstable-pod" UID_ ".slice/cri-containerd-" ID1 ".scope", PLAIN("containerd", ID1)},

	/* Nested: kind, k3d, minikube, k3s; systemd inside a container; Docker and BuildKit in a
	 * pod. */
	{"/docker/" ID2 "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/"
	 "kubelet-kubepods-burstable-pod" UID_ ".slice/cri-containerd-" ID1 ".scope",
	 IN_NODE("containerd", ID1, UID)},
	{"/system.slice/docker-" ID2
	 ".scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" UID_
	 ".slice/cri-containerd-" ID1 ".scope",
	 IN_NODE("containerd", ID1, UID)},
	{"/docker/" ID2 "/kubelet/kubepods/besteffort/pod" UID "/" ID1, IN_NODE(NULL, ID1, UID)},
	{"/docker/" ID2 "/kubepods/burstable/pod" UID "/" ID1, IN_NODE(NULL, ID1, UID)},
	{"/system.slice/docker-" ID2 ".scope/kubepods.slice/kubepods-burstable.slice/"
	 "kubepods-burstable-pod" UID_ ".slice/docker-" ID1 ".scope",
	 IN_NODE("docker", ID1, UID)},
	{"/machine.slice/libpod-" ID2 ".scope/container/kubelet.slice/kubelet-kubepods.slice/"
	 "kubelet-kubepods-pod" UID_ ".slice/cri-containerd-" ID1 ".scope",
	 IN_NODE("containerd", ID1, UID)},
	{"/system.slice/docker-" ID2 ".scope/init.scope", PLAIN("docker", ID2)},
	{"/system.slice/docker-" ID2 ".scope/system.slice/containerd.service",
	 PLAIN("docker", ID2)},
	{"/docker/" ID2 "/system.slice/kubelet.service", PLAIN("docker", ID2)},
	{"/docker/" ID2 "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" UID_ ".slice",
	 PLAIN("docker", ID2)},
	{"/docker/" ID2 "/init", PLAIN("docker", ID2)},
	{"/docker/" ID2 "/docker/" ID1, PLAIN("docker", ID2)},
	{"/kubepods/burstable/pod" UID "/" ID2 "/docker/" ID1, POD(NULL, ID2, UID)},
	{"/kubepods.slice/kubepods-pod" UID_ ".slice/cri-containerd-" ID2
	 ".scope/buildkit/" BUILD_ID,
	 POD("containerd", ID2, UID)},
	{"/kubepods/pod" UID2 "/" ID2 "/kubepods/burstable/pod" UID "/" ID1, POD(NULL, ID2, UID2)},
	{"/kubepods.slice/kubepods-pod" UID2_ ".slice/crio-" ID2 ".scope/system.slice/sshd.service",
	 POD("cri-o", ID2, UID2)},

	/* A process can create cgroups with such names below its own container, in a user's slice,
	 * below a service or in a system container. They identify no other pod. */
	{"/kubepods/pod" UID "/" ID1 "/" ID2, POD(NULL, ID1, UID)},
	{"/kubepods/pod" UID "/" ID1 "/kubepods/pod" UID2 "/" ID2, POD(NULL, ID1, UID)},
	{"/kubepods.slice/kubepods-pod" UID_ ".slice/crio-" ID1 ".scope/container/docker-" ID2
	 ".scope",
	 POD("cri-o", ID1, UID)},
	{"/docker/" ID2 "/kubepods/x/pod" UID "/" ID1, PLAIN("docker", ID2)},
	{"/docker/" ID2 "/x/kubepods/pod" UID "/" ID1, PLAIN("docker", ID2)},
	{"/docker/" ID2 "/kubepods/pod" UID "/x/" ID1, PLAIN("docker", ID2)},
	{"/docker/" ID2 "/kubepods/pod" UID "/" ID1 "/kubepods/pod" UID2 "/" ID2,
	 IN_NODE(NULL, ID1, UID)},
	{USER "/kubepods/pod" UID "/" ID1, SERVICE("user@1000.service")},
	{USER "/kubepods.slice/kubepods-pod" UID_ ".slice/crio-" ID1 ".scope", OTHER},
	{"/user.slice/kubepods-pod" UID_ ".slice:cri-containerd:" ID1, OTHER},
	{"/system.slice/web.service/kubepods/pod" UID "/" ID1, PLAIN(NULL, ID1)},
	{"/system.slice/web.service/kubepods-pod" UID_ ".slice:cri-containerd:" ID1,
	 PLAIN("containerd", ID1)},
	{"/lxc/101/ns/kubepods/pod" UID "/" ID1, PLAIN(NULL, ID1)},
	{"/kubepods/pod" UID "/x/" ID1, PLAIN(NULL, ID1)},
	{"/x.slice/kubepods-pod" UID_ ".slice/crio-" ID1 ".scope", PLAIN("cri-o", ID1)},

	/* Docker, containerd and Podman without Kubernetes. */
	{"/docker/" ID1, PLAIN("docker", ID1)},
	{"/system.slice/docker-" ID1 ".scope", PLAIN("docker", ID1)},
	{USER "/user.slice/docker-" ID1 ".scope", OTHER},
	{"/my-parent/" ID1, PLAIN(NULL, ID1)},
	{"/actions_job/" ID1, PLAIN(NULL, ID1)},
	{"/" ID1, PLAIN(NULL, ID1)},
	{"/moby/" ID1, PLAIN("docker", ID1)},
	{"/k8s.io/" ID1, PLAIN("containerd", ID1)},
	{"/default/" ID1, PLAIN(NULL, ID1)},
	{"/system.slice/nerdctl-" ID1 ".scope", PLAIN("containerd", ID1)},
	{"/system.slice/runc-" ID1 ".scope", PLAIN(NULL, ID1)},
	{"/system.slice/system-getty.slice/cri-containerd-" ID1 ".scope", PLAIN("containerd", ID1)},
	{"/machine.slice/libpod-" ID1 ".scope", PLAIN("podman", ID1)},
	{"/machine.slice/libpod-" ID1 ".scope/container", PLAIN("podman", ID1)},
	{"/machine.slice/machine-libpod_pod_" ID2 ".slice/libpod-" ID1 ".scope",
	 PLAIN("podman", ID1)},
	{USER "/user.slice/libpod-" ID1 ".scope/container", OTHER},
	{USER "/user.slice/user-libpod_pod_" ID2 ".slice/libpod-" ID1 ".scope/container", OTHER},
	{"/libpod_parent/libpod-" ID1, PLAIN("podman", ID1)},
	{"/libpod_parent/" ID2 "/libpod-" ID1, PLAIN("podman", ID1)},
	{"/system.slice/web.service/libpod-payload-" ID1, PLAIN("podman", ID1)},
	{USER "/app.slice/web.service/libpod-payload-" ID1 "/container", SERVICE("web.service")},
	{"/lxc.payload.box/docker/" ID1, PLAIN("docker", ID1)},
	{"/lxc/101/ns/system.slice/docker-" ID1 ".scope", PLAIN("docker", ID1)},

	/* ECS on EC2 and on Fargate, BuildKit, Garden, Nomad's Docker. */
	{"/ecs/" UID "/" ID1, PLAIN(NULL, ID1)},
	{"/ecs/" TASK "/" ID1, PLAIN(NULL, ID1)},
	{"/ecstasks.slice/ecstasks-" TASK ".slice/docker-" ID1 ".scope", PLAIN("docker", ID1)},
	{"/ecs/" TASK "/" TASK "-1234567890", PLAIN(NULL, TASK "-1234567890")},
	{"/ecs/" TASK "-123456789", PLAIN(NULL, TASK "-123456789")},
	{"/docker/buildkit/" BUILD_ID, PLAIN("buildkit", BUILD_ID)},
	{"/buildkit/" BUILD_ID, PLAIN("buildkit", BUILD_ID)},
	{"/system.slice/buildkit-" BUILD_ID ".scope", PLAIN("buildkit", BUILD_ID)},
	{"/system.slice:buildkit:" BUILD_ID, PLAIN("buildkit", BUILD_ID)},
	{"/system.slice/garden.service/garden/" GARDEN, PLAIN(NULL, GARDEN)},
	{"/nomad/" ID1, PLAIN(NULL, ID1)},

	/* Services of systemd, and paths that resemble one. */
	{"/system.slice/nginx.service", SERVICE("nginx.service")},
	{"/system.slice/nginx.service/workers", SERVICE("nginx.service")},
	{"/system.slice/system-getty.slice/getty@tty1.service", SERVICE("getty@tty1.service")},
	{"/system.slice/a\\x2db.service", SERVICE("a\\x2db.service")},
	{"/system.slice/web.service/runtime", SERVICE("web.service")},
	{"/system.slice/containerd.service", SERVICE("containerd.service")},
	{"/machine.slice/systemd-nspawn@box.service/payload/system.slice/sshd.service",
	 SERVICE("sshd.service")},
	{USER "/init.scope", SERVICE("user@1000.service")},
	{USER "/app.slice/dbus.service", SERVICE("dbus.service")},
	{USER "/app.slice/app-gnome-firefox-1234.scope", OTHER},
	{"/user.slice/user-1000.slice/session-3.scope", OTHER},
	{"/init.scope", OTHER},
	{"/system.slice/.service", OTHER},

	/* Not containers: monitors, pods and QoS classes, LXC, virtual machines, ids of a wrong
	 * form. */
	{"/", OTHER},
	{"", OTHER},
	{"/kubepods.slice/kubepods-burstable.slice", OTHER},
	{"/kubepods/burstable/pod" UID, OTHER},
	{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_ ".slice", OTHER},
	{"/kubepods.slice/kubepods-pod" UID_ ".slice/crio-conmon-" ID1 ".scope", OTHER},
	{"/kubepods/burstable/pod" UID "/crio-conmon-" ID1, OTHER},
	{"/machine.slice/libpod-conmon-" ID1 ".scope", OTHER},
	{"/libpod_parent/libpod-conmon-" ID1, OTHER},
	{"/libpod_parent/conmon", OTHER},
	{"/libpod_parent/" ID2, OTHER},
	{"/machine.slice/machine-libpod_pod_" ID2 ".slice", OTHER},
	{"/lxc.payload.box", OTHER},
	{"/lxc/box", OTHER},
	{"/machine.slice/machine-qemu\\x2d1\\x2dvm.scope", OTHER},
	{"/process/" TASK, OTHER},
	{"/docker/" TASK, OTHER},
	{"/docker/" ID1 "a", OTHER},
	{"/docker/7AE32B4EB0AD06B43EE1CA0DBE02AC76A26C7CA7C69DD5B2B0D4E2F1A6B8C9D0", OTHER},
	{"/docker/buildkit/" BUILD_ID "x", OTHER},
	{"/build/" BUILD_ID, OTHER},
	{"/garden/-", OTHER},
	{"/some-" ID1, OTHER},
	{"/pod" UID "/x", OTHER},
	{"/kubepods.slice/kubepods-pod.slice/x", OTHER},
	{"a:b", OTHER},
	{":::", OTHER},
	{" (deleted)", OTHER},
};

static void check_layout(size_t at, const char *path, size_t length)
{
	struct cgroup_path parsed;

	memset(&parsed, 0xa5, sizeof(parsed));
	enum cgroup_kind kind = cgroup_path_parse(path, length, &parsed);
	if (kind != layouts[at].kind || parsed.kind != kind ||
	    text_compare(parsed.runtime, layouts[at].runtime) != 0 ||
	    strcmp(parsed.container_id, layouts[at].id) != 0 ||
	    strcmp(parsed.pod_uid, layouts[at].uid) != 0 ||
	    strcmp(parsed.unit, layouts[at].unit) != 0 ||
	    strcmp(parsed.outer_id, layouts[at].outer) != 0)
		fail_msg("'%s': kind %d runtime '%s' id '%s' uid '%s' unit '%s' outer '%s'",
			 layouts[at].path, (int)kind, parsed.runtime ? parsed.runtime : "",
			 parsed.container_id, parsed.pod_uid, parsed.unit, parsed.outer_id);
}

static void test_layouts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		check_layout(i, layouts[i].path, strlen(layouts[i].path));
}

static void test_a_nul_ends_the_path(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		check_layout(i, layouts[i].path, strlen(layouts[i].path) + 1);
}

/* Puts the path at the end of a page before an unreadable page, so that reading one byte more
 * crashes. */
static void test_nothing_is_read_past_the_end(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages =
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct cgroup_path parsed;

	(void)state;
	assert_ptr_not_equal(pages, MAP_FAILED);
	assert_int_equal(mprotect(pages + page, page, PROT_NONE), 0);
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		size_t full = strlen(layouts[i].path);
		for (size_t length = 0; length <= full; length++) {
			char *at = pages + page - length;
			memcpy(at, layouts[i].path, length);
			cgroup_path_parse(at, length, &parsed);
		}
	}
	assert_int_equal(munmap(pages, 2 * page), 0);
}

/* A text that is too long for its buffer is ignored, not cut. */
static void test_long_names(void **state)
{
	struct cgroup_path parsed;
	char path[8192];

	(void)state;
	memset(path, 'a', sizeof(path));
	assert_int_equal(cgroup_path_parse(path, sizeof(path), &parsed), CGROUP_OTHER);
	memset(path, '/', sizeof(path));
	assert_int_equal(cgroup_path_parse(path, sizeof(path), &parsed), CGROUP_OTHER);
	memset(path, '-', sizeof(path));
	assert_int_equal(cgroup_path_parse(path, sizeof(path), &parsed), CGROUP_OTHER);

	memset(path, 'a', sizeof(path));
	memcpy(path + 300, ".service", 8);
	assert_int_equal(cgroup_path_parse(path, 308, &parsed), CGROUP_OTHER);
	assert_int_equal(cgroup_path_parse(path + 308 - 255, 255, &parsed), CGROUP_SERVICE);
	assert_int_equal(strlen(parsed.unit), 255);

	strcpy(path, "/kubepods/pod");
	memset(path + strlen(path), 'a', 64);
	strcpy(path + strlen("/kubepods/pod") + 64, "/" ID1);
	assert_int_equal(cgroup_path_parse(path, strlen(path), &parsed), CGROUP_CONTAINER);
	assert_string_equal(parsed.pod_uid, "");
	strcpy(path + strlen("/kubepods/pod") + 63, "/" ID1);
	assert_int_equal(cgroup_path_parse(path, strlen(path), &parsed), CGROUP_POD_CONTAINER);
	assert_int_equal(strlen(parsed.pod_uid), 63);
}

static void test_hostile_uids_are_rejected(void **state)
{
	static const char *const paths[] = {
		"/kubepods/pod/" ID1,
		"/kubepods/pod\033[2J/" ID1,
		"/kubepods/podä/" ID1,
		"/kubepods.slice/kubepods-poda\nb.slice/cri-containerd-" ID1 ".scope",
		"/kubepods.slice/kubepods-pod.slice/cri-containerd-" ID1 ".scope",
		"/kubepods.slice/kubepods-podx-y.slice/cri-containerd-" ID1 ".scope",
		"/burst/podabc/" ID1,
		"/x-pod" UID_ ".slice/cri-containerd-" ID1 ".scope",
	};
	struct cgroup_path parsed;

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		assert_int_equal(cgroup_path_parse(paths[i], strlen(paths[i]), &parsed),
				 CGROUP_CONTAINER);
		assert_string_equal(parsed.container_id, ID1);
		assert_string_equal(parsed.pod_uid, "");
	}
}

static int make_container(const char *path, uint64_t cgroup_id, struct container_record **out)
{
	struct cgroup_path parsed;

	cgroup_path_parse(path, SIZE_MAX, &parsed);
	return cgroup_container_record(&parsed, cgroup_id, out);
}

static void test_container_record(void **state)
{
	struct container_record *container = NULL;

	(void)state;
	assert_int_equal(make_container("/kubepods/pod" UID "/crio-" ID1, 4711, &container), 0);
	assert_string_equal(container->id, ID1);
	assert_string_equal(container->runtime, "cri-o");
	assert_string_equal(container->pod_uid, UID);
	assert_int_equal(container->cgroup_id, 4711);
	assert_null(container->name);
	assert_null(container->namespace_name);
	assert_null(container->pod);
	assert_int_equal(container->labels.count, 0);
	container_record_free(container);

	assert_int_equal(make_container("/default/" ID2, 1, &container), 0);
	assert_string_equal(container->id, ID2);
	assert_null(container->runtime);
	assert_null(container->pod_uid);
	container_record_free(container);

	container = NULL;
	assert_int_equal(make_container("/system.slice/nginx.service", 1, &container), -ENOENT);
	assert_int_equal(make_container("/", 1, &container), -ENOENT);
	assert_null(container);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_a_nul_ends_the_path),
		cmocka_unit_test(test_nothing_is_read_past_the_end),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_hostile_uids_are_rejected),
		cmocka_unit_test(test_container_record),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("cgroup_path", tests, NULL, NULL);
}
