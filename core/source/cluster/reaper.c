/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/cluster/reaper.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/clock.h"
#include "core/source/child.h"

#define FINISH_SECONDS 15

/* The word on standard input of an orderly end. */
#define DONE "done\n"

/*
 * Waits for the end of the input, and runs "$@" until it succeeds. Its output goes nowhere, because
 * polecat may be gone, and a write to its pipe would end kubectl. After a crash, a `kubectl create`
 * that polecat had started may still run, so the pods are deleted a second time.
 */
static const char reaper_script[] = "trap '' HUP INT PIPE\n"
				    "word=$(cat)\n"
				    "wait=1\n"
				    "until error=$(\"$@\" 2>&1 >/dev/null); do\n"
				    "	printf '%s\\n' \"$error\" >&2\n"
				    "	sleep $wait\n"
				    "	wait=$((wait * 2))\n"
				    "	[ $wait -le 64 ] || exit 1\n"
				    "done\n"
				    "[ -n \"$word\" ] || { sleep 5; \"$@\" >/dev/null 2>&1; }\n";

int reaper_start(const struct kubectl *kubectl, const char *namespace_name, const char *selector,
		 struct child **out)
{
	const char *deletion[] = {"delete",       "pods",   "--ignore-not-found",
				  "--selector",   selector, namespace_name ? "--namespace" : NULL,
				  namespace_name, NULL};
	const char *argv[KUBECTL_ARGUMENTS_MAX + 20] = {"/bin/sh", "-c", reaper_script,
							"polecat-reaper"};
	CLEANUP_BUFFER struct buffer texts = {0};
	const struct child_options options = {.arguments = argv, .has_input = true};
	int error = kubectl_command(kubectl, deletion, &texts, argv + 4);

	return error ? error : child_open(&options, out);
}

void reaper_begin(struct child *reaper)
{
	ssize_t written = write(child_input(reaper), DONE, strlen(DONE));

	(void)written; /* the end of the input suffices */
	child_close_input(reaper);
}

int reaper_finish(struct child *reaper, char message[KUBECTL_MESSAGE_SIZE])
{
	uint64_t deadline_ns = clock_monotonic_ns() + FINISH_SECONDS * NS_PER_SECOND;
	int status = 0;

	if (!reaper)
		return 0;
	child_close_input(reaper);
	int error = child_wait(reaper, -1, deadline_ns, &status);
	if (!error && status != 0)
		error = -EIO;
	if (error)
		snprintf(message, KUBECTL_MESSAGE_SIZE, "%s", child_last_line(reaper));
	child_abandon(reaper);
	return error;
}
