/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/command/doctor_sandbox.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/sandbox/capabilities.h"
#include "core/sandbox/sandbox.h"
#include "core/sandbox/secure_environment.h"

/* The needs of a command that watches the kernel. */
#define WATCHING (SANDBOX_RUNS | SANDBOX_WATCHES | SANDBOX_CONNTRACK | SANDBOX_CONNECTS)

struct doctor_sandbox {
	struct doctor_sandbox_line *lines;
	size_t count;
};

__attribute__((format(printf, 4, 5))) static void doctor_sandbox_add(struct doctor_sandbox *list,
								     bool works, const char *what,
								     const char *format, ...)
{
	struct doctor_sandbox_line *line = &list->lines[list->count++];
	va_list arguments;

	line->works = works;
	line->what = what;
	va_start(arguments, format);
	vsnprintf(line->text, sizeof(line->text), format, arguments);
	va_end(arguments);
}

/* Adds a line for each step that keeps capabilities. `permitted`: those of this process. */
static void doctor_sandbox_add_steps(struct doctor_sandbox *list, uint64_t permitted)
{
	const struct sandbox_step *step;

	for (size_t i = 0; (step = sandbox_step(i)); i++) {
		char kept[CAPABILITIES_TEXT_SIZE];
		if (!step->capabilities || (step->needs & ~(unsigned int)WATCHING))
			continue;
		capabilities_format(step->capabilities & permitted, kept);
		doctor_sandbox_add(list, (step->capabilities & ~permitted) == 0,
				   sandbox_thread_name(step->thread), "keeps %.200s: %s", kept,
				   step->purpose);
	}
}

size_t doctor_sandbox_enter(struct doctor_sandbox_line lines[DOCTOR_SANDBOX_LINES_MAX])
{
	const struct sandbox_folders writable = {.paths = {"/dev/null"}, .count = 1};
	struct doctor_sandbox list = {.lines = lines};
	struct sandbox_status status;
	char left[CAPABILITIES_TEXT_SIZE];

	doctor_sandbox_add_steps(&list, capabilities_permitted());
	sandbox_plan(WATCHING, &writable);
	int error = sandbox_enter(SANDBOX_MAIN, 0);
	(void)sandbox_seal();
	sandbox_read(&status);
	capabilities_format(status.capabilities, left);
	doctor_sandbox_add(&list, !error && !status.capabilities, "main thread",
			   "keeps %.200s, and so do the sources of names", left);
	doctor_sandbox_add(&list, status.no_new_privileges, "no_new_privs",
			   status.no_new_privileges
				   ? "set: no thread gets privileges from a program"
				   : "not set: the kernel refuses it");
	if (status.filtered)
		doctor_sandbox_add(&list, true, "seccomp",
				   "system calls that no step needs are refused");
	else
		doctor_sandbox_add(&list, false, "seccomp",
				   "system calls are not filtered: %s; it needs a kernel with "
				   "CONFIG_SECCOMP_FILTER",
				   strerror(-status.seal_error));
	if (status.writes_limited)
		doctor_sandbox_add(&list, true, "Landlock",
				   "version %d: writes only where it was asked to",
				   status.landlock);
	else
		doctor_sandbox_add(
			&list, false, "Landlock",
			"this kernel has none: only the rights to files limit writes; it "
			"needs Linux 5.13, and landlock among lsm=");
	doctor_sandbox_add(&list, !status.dumpable, "memory",
			   status.dumpable
				   ? "other processes of this user can read it"
				   : "no core dumps, and no other process of this user reads "
				     "it");
	if (secure_environment_is_needed())
		doctor_sandbox_add(
			&list, true, "environment",
			"ignored except for words such as TERM and LANG, because of file "
			"capabilities");
	return list.count;
}
