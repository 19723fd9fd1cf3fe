/* SPDX-License-Identifier: Apache-2.0 */
/* `polecat doctor`: what works here, found by trying, and what to do about the rest. */
#include <errno.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/source/cgroup_scan.h"
#include "core/source/ebpf.h"
#include "tui/commands.h"
#include "tui/options.h"

#define LINE_SIZE 1024

enum verdict {
	VERDICT_OK = 0,
	VERDICT_NOTE,
	VERDICT_MISSING,
};

/* One line: the verdict first, so that the eye and grep find it; the text may hold what others
 * chose. */
__attribute__((format(printf, 3, 4))) static void say(enum verdict verdict, const char *what,
						      const char *format, ...)
{
	static const char *const words[] = {"ok", "note", "missing"};
	char text[LINE_SIZE];
	char escaped[LINE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	text_escape(text, escaped, sizeof(escaped));
	printf("%-8s %-18s %s\n", words[verdict], what, escaped);
}

static void say_kernel(void)
{
	struct utsname name;

	if (uname(&name) == 0)
		say(VERDICT_OK, "kernel", "%s %s %s", name.sysname, name.release, name.machine);
	else
		say(VERDICT_NOTE, "kernel", "its version cannot be read: %s", strerror(errno));
}

/* What the collector needs. True when all of it works. */
static bool say_collector(bool *refused)
{
	struct ebpf_check checks[EBPF_CHECK_MAX];
	size_t count = ebpf_check(checks, EBPF_CHECK_MAX);
	bool works = true;

	for (size_t i = 0; i < count; i++) {
		const struct ebpf_check *check = &checks[i];
		if (!check->error) {
			say(VERDICT_OK, check->name, "%s", check->purpose);
			continue;
		}
		if (check->required) {
			works = false;
			*refused |= check->error == -EPERM || check->error == -EACCES;
		}
		say(check->required ? VERDICT_MISSING : VERDICT_NOTE, check->name, "%s: %s",
		    check->purpose, check->message);
	}
	return works;
}

/* The first line of a file that the kernel writes, without its newline; "": cannot be read. */
static void read_line(const char *path, char *line, size_t size)
{
	CLEANUP_FCLOSE FILE *file = fopen(path, "re");

	line[0] = '\0';
	if (file && fgets(line, (int)size, file))
		line[strcspn(line, "\n")] = '\0';
}

static void say_unprivileged(void)
{
	char line[32];

	read_line("/proc/sys/kernel/unprivileged_bpf_disabled", line, sizeof(line));
	if (!line[0])
		say(VERDICT_NOTE, "unprivileged BPF", "its setting cannot be read");
	else
		say(VERDICT_OK, "unprivileged BPF",
		    "%s (kernel.unprivileged_bpf_disabled=%s): polecat does not need it",
		    strcmp(line, "0") == 0 ? "allowed" : "not allowed", line);
}

/*
 * Since Linux 5.11 the memory of maps counts in the memory cgroup, and before in RLIMIT_MEMLOCK
 * (kernel/bpf/syscall.c, bpf_map_charge_init, is gone since): it matters only where something was
 * refused.
 */
static void say_memlock(bool refused)
{
	struct rlimit limit;

	if (!refused || getrlimit(RLIMIT_MEMLOCK, &limit) || limit.rlim_cur == RLIM_INFINITY)
		return;
	say(VERDICT_NOTE, "locked memory",
	    "limited to %llu KiB; where Linux is older than 5.11 and the capabilities are there, "
	    "raise it: ulimit -l unlimited",
	    (unsigned long long)limit.rlim_cur / 1024);
}

static void say_cgroup(void)
{
	char path[512];
	int fd = -1;

	int error = cgroup_scan_open_mount(NULL, NULL, &fd, path, sizeof(path));
	if (!error) {
		close(fd);
		say(VERDICT_OK, "cgroup v2", "mounted at %s", path);
		return;
	}
	say(VERDICT_NOTE, "cgroup v2",
	    "%s; containers that run already are not known by name: mount -t cgroup2 none DIR",
	    error == -ENOENT ? "not mounted where it can be seen" : strerror(-error));
}

static void say_terminal(void)
{
	const char *term = getenv("TERM");
	struct winsize size;

	if (isatty(STDOUT_FILENO) != 1)
		say(VERDICT_NOTE, "terminal", "standard output is none; the dashboard needs one");
	else if (!term || !term[0])
		say(VERDICT_NOTE, "terminal", "TERM is not set; the dashboard needs it");
	else if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_col == 0)
		say(VERDICT_NOTE, "terminal", "%s, of unknown size", term);
	else if (size.ws_col < 80 || size.ws_row < 24)
		say(VERDICT_NOTE, "terminal", "%s, %ux%u; three panes at once need 80x24", term,
		    (unsigned int)size.ws_col, (unsigned int)size.ws_row);
	else
		say(VERDICT_OK, "terminal", "%s, %ux%u", term, (unsigned int)size.ws_col,
		    (unsigned int)size.ws_row);

	const char *encoding = nl_langinfo(CODESET);
	if (strcmp(encoding, "UTF-8") == 0)
		say(VERDICT_OK, "locale", "%s", encoding);
	else
		say(VERDICT_NOTE, "locale",
		    "%s: lines and names are drawn in ASCII; set LANG=C.UTF-8", encoding);
}

/* True when something listens on the unix socket. */
static int connect_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	return connect(fd, (struct sockaddr *)&address, sizeof(address)) ? -errno : 0;
}

/* Where runtimes listen, each in its usual places. */
static void say_runtimes(void)
{
	static const struct {
		const char *name;
		const char *path;
	} runtimes[] = {
		{"containerd", "/run/containerd/containerd.sock"},
		{"containerd (k3s)", "/run/k3s/containerd/containerd.sock"},
		{"CRI-O", "/run/crio/crio.sock"},
		{"cri-dockerd", "/run/cri-dockerd.sock"},
		{"Docker", "/run/docker.sock"},
		{"Podman", "/run/podman/podman.sock"},
	};
	bool any = false;

	for (size_t i = 0; i < sizeof(runtimes) / sizeof(runtimes[0]); i++) {
		struct stat status;
		if (stat(runtimes[i].path, &status) || !S_ISSOCK(status.st_mode))
			continue;
		int error = connect_socket(runtimes[i].path);
		any = true;
		say(VERDICT_NOTE, runtimes[i].name,
		    "%s: %s; pods' names from it come in a later version", runtimes[i].path,
		    error ? strerror(-error) : "answers");
	}
	if (!any)
		say(VERDICT_NOTE, "container runtime",
		    "none in its usual place; containers are known by their cgroups alone");
}

int doctor_main(const struct options *options)
{
	bool refused = false;

	(void)options;
	say_kernel();
	bool works = say_collector(&refused);
	say_memlock(refused);
	say_unprivileged();
	say_cgroup();
	say_runtimes();
	say_terminal();
	printf("\n%s\n",
	       works ? "polecat can watch this machine."
		     : "polecat cannot watch this machine's kernel until what is missing is "
		       "there. Recordings (-i) and streams (--exec) work all the same.");
	return works ? 0 : 3;
}
