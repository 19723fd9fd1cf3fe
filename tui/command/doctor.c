/* SPDX-License-Identifier: Apache-2.0 */
/* `polecat doctor`: tries each feature that polecat needs, and reports how to enable missing
 * features. */
#include <errno.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/source/ebpf/cgroup_scan.h"
#include "core/source/ebpf/ebpf.h"
#include "core/source/registry/identity_sources.h"
#include "tui/command/commands.h"
#include "tui/command/doctor_sandbox.h"
#include "tui/options/options.h"

#define LINE_SIZE 1024

enum doctor_verdict {
	DOCTOR_OK = 0,
	DOCTOR_NOTE,
	DOCTOR_MISSING,
};

static void doctor_report(enum doctor_verdict verdict, const char *what, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Prints one line that begins with the verdict. Escapes the text. */
static void doctor_report(enum doctor_verdict verdict, const char *what, const char *format, ...)
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

static void doctor_report_kernel(void)
{
	struct utsname name;

	if (uname(&name) == 0)
		doctor_report(DOCTOR_OK, "kernel", "%s %s %s", name.sysname, name.release,
			      name.machine);
	else
		doctor_report(DOCTOR_NOTE, "kernel", "its version cannot be read: %s",
			      strerror(errno));
}

/* Reports the kernel features of the collector. Returns true if all required features work. Sets
 * *refused if the kernel denied permission for a required feature. */
static bool doctor_report_collector(bool *refused)
{
	struct ebpf_check checks[EBPF_CHECK_MAX];
	size_t count = ebpf_check(checks);
	bool works = true;

	for (size_t i = 0; i < count; i++) {
		const struct ebpf_check *check = &checks[i];
		if (!check->error) {
			doctor_report(DOCTOR_OK, check->name, "%s", check->purpose);
			continue;
		}
		if (check->required) {
			works = false;
			*refused |= check->error == -EPERM || check->error == -EACCES;
		}
		doctor_report(check->required ? DOCTOR_MISSING : DOCTOR_NOTE, check->name, "%s: %s",
			      check->purpose, check->message);
	}
	return works;
}

/* Reads the first line of a kernel file, without the newline. `line` becomes "" on an error. */
static void doctor_read_line(const char *path, char *line, size_t size)
{
	CLEANUP_FCLOSE FILE *file = fopen(path, "re");

	line[0] = '\0';
	if (file && fgets(line, (int)size, file))
		line[strcspn(line, "\n")] = '\0';
}

static void doctor_report_unprivileged(void)
{
	char line[32];

	doctor_read_line("/proc/sys/kernel/unprivileged_bpf_disabled", line, sizeof(line));
	if (!line[0])
		doctor_report(DOCTOR_NOTE, "unprivileged BPF", "its setting cannot be read");
	else
		doctor_report(DOCTOR_OK, "unprivileged BPF",
			      "%s (kernel.unprivileged_bpf_disabled=%s): polecat does not need it",
			      strcmp(line, "0") == 0 ? "allowed" : "not allowed", line);
}

/*
 * Reports RLIMIT_MEMLOCK if the kernel refused a feature. Before Linux 5.11, the memory of BPF maps
 * counts against this limit (kernel/bpf/syscall.c, bpf_map_charge_init). Since Linux 5.11, it
 * counts against the memory cgroup.
 */
static void doctor_report_memlock(bool refused)
{
	struct rlimit limit;

	if (!refused || getrlimit(RLIMIT_MEMLOCK, &limit) || limit.rlim_cur == RLIM_INFINITY)
		return;
	doctor_report(
		DOCTOR_NOTE, "locked memory",
		"limited to %llu KiB; where Linux is older than 5.11 and the capabilities are "
		"there, "
		"raise it: ulimit -l unlimited",
		(unsigned long long)limit.rlim_cur / 1024);
}

static void doctor_report_cgroup(void)
{
	char path[512];
	int fd = -1;

	int error = cgroup_scan_open_mount(NULL, NULL, &fd, path, sizeof(path));
	if (!error) {
		close(fd);
		doctor_report(DOCTOR_OK, "cgroup v2", "mounted at %s", path);
		return;
	}
	doctor_report(DOCTOR_NOTE, "cgroup v2", "%s",
		      error == -ENOENT ? cgroup_scan_explain_missing(NULL) : strerror(-error));
}

static void doctor_report_terminal(void)
{
	const char *term = getenv("TERM");
	struct winsize size;

	if (isatty(STDOUT_FILENO) != 1)
		doctor_report(DOCTOR_NOTE, "terminal",
			      "standard output is not a terminal; the dashboard needs one");
	else if (!term || !term[0])
		doctor_report(DOCTOR_NOTE, "terminal", "TERM is not set; the dashboard needs it");
	else if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_col == 0)
		doctor_report(DOCTOR_NOTE, "terminal", "%s, of unknown size", term);
	else if (size.ws_col < 80 || size.ws_row < 24)
		doctor_report(DOCTOR_NOTE, "terminal", "%s, %ux%u; three panes at once need 80x24",
			      term, (unsigned int)size.ws_col, (unsigned int)size.ws_row);
	else
		doctor_report(DOCTOR_OK, "terminal", "%s, %ux%u", term, (unsigned int)size.ws_col,
			      (unsigned int)size.ws_row);

	const char *encoding = nl_langinfo(CODESET);
	if (strcmp(encoding, "UTF-8") == 0)
		doctor_report(DOCTOR_OK, "locale", "%s", encoding);
	else
		doctor_report(DOCTOR_NOTE, "locale",
			      "%s: lines and names are drawn in ASCII; set LANG=C.UTF-8", encoding);
}

/* Prints one line for a checked source of names, and one line for each warning in
 * check->warnings. */
static void doctor_report_identity(const struct identity_source *kind,
				   const struct identity_check *check)
{
	const char *separator = check->place[0] ? ": " : "";

	if (check->error == -ENOENT && !check->place[0] && kind->option)
		doctor_report(DOCTOR_NOTE, kind->title, "%s (--%s names another place)",
			      check->message, kind->option);
	else
		doctor_report(check->error ? DOCTOR_NOTE : DOCTOR_OK, kind->title, "%s%s%s",
			      check->place, separator, check->message);
	for (size_t i = 0; i < check->warnings.count; i++)
		doctor_report(DOCTOR_NOTE, kind->title, "%s", check->warnings.items[i]);
}

/* Reports each source of names: its socket or API server, its error, and its warnings. */
static void doctor_report_identities(const struct options *options)
{
	const struct identity_config *config = &options->identities;
	bool any = false;

	if (config->host_root)
		doctor_report(DOCTOR_OK, "host root", "%s: the host's files are looked for there",
			      config->host_root);
	for (size_t i = 0; i < IDENTITY_SOURCE_COUNT; i++) {
		const struct identity_source *kind = identity_sources[i];
		const char *variable = kind->environment ? getenv(kind->environment) : NULL;
		struct identity_check check;

		if (config->disabled[i]) {
			doctor_report(DOCTOR_NOTE, kind->title, "left out (--%s)", kind->opt_out);
			continue;
		}
		if (variable && !config->places[i])
			doctor_report(DOCTOR_NOTE, kind->environment,
				      "%s: not a socket of this machine", variable);
		identity_source_check(kind, config, &check);
		doctor_report_identity(kind, &check);
		any = any || !check.error;
		identity_check_clear(&check);
	}
	if (!any)
		doctor_report(DOCTOR_NOTE, "names",
			      "no source of names: containers are shown by the beginning of their "
			      "ids");
}

/* Reports which privileges polecat keeps while it watches. Drops them, so nothing else can be
 * checked afterwards. */
static void doctor_report_sandbox(void)
{
	struct doctor_sandbox_line lines[DOCTOR_SANDBOX_LINES_MAX];
	size_t count = doctor_sandbox_enter(lines);

	for (size_t i = 0; i < count; i++)
		doctor_report(lines[i].works ? DOCTOR_OK : DOCTOR_NOTE, lines[i].what, "%s",
			      lines[i].text);
}

int doctor_main(const struct options *options)
{
	bool refused = false;

	doctor_report_kernel();
	bool works = doctor_report_collector(&refused);
	doctor_report_memlock(refused);
	doctor_report_unprivileged();
	doctor_report_cgroup();
	doctor_report_identities(options);
	doctor_report_terminal();
	doctor_report_sandbox();
	printf("\n%s\n",
	       works ? "polecat can watch this machine."
		     : "polecat cannot watch this machine's kernel until the missing "
		       "requirements are met. Recordings (-i) and streams (--exec) work anyway.");
	return works ? 0 : 3;
}
