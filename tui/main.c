/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/caller.h"
#include "core/base/memory.h"
#include "core/sandbox/capabilities.h"
#include "core/sandbox/sandbox.h"
#include "core/sandbox/spawner.h"
#include "tui/cluster/dry_run.h"
#include "tui/command/commands.h"
#include "tui/dashboard/dashboard.h"
#include "tui/options/command_line.h"
#include "tui/options/options.h"
#include "tui/session/session.h"

/* The rights of root to the files of others, which a replay needs until its files are open. */
#define FILE_CAPABILITIES (CAPABILITY_BIT(CAP_DAC_OVERRIDE) | CAPABILITY_BIT(CAP_DAC_READ_SEARCH))

/* Checks that the folder of -d can be written in with the rights that remain after the start, so
 * that a long run does not end with nothing. Returns 0, or the exit status after a report. */
static int check_directory(const struct options *options)
{
	if (!options->directory || options->command != COMMAND_POLICY || geteuid() != 0)
		return 0;
	int error = capabilities_use(0);
	if (!error)
		error = caller_check_folder(options->directory);
	(void)capabilities_use(~UINT64_C(0));
	/* The command reports other errors. */
	return error == -EACCES
		       ? options_report(options, 3, "--directory %s: %s", options->directory,
					caller_explain(error, options->directory))
		       : 0;
}

/*
 * Drops the privileges that a command does not need from its start on, and starts the process that
 * starts programs. Returns 0, or the exit status after a report on stderr.
 */
static int prepare_privileges(const struct options *options)
{
	bool text = options->command == COMMAND_COMPLETION || options->command == COMMAND_MANUAL ||
		    options->command == COMMAND_AGENT;
	bool live = !text && options_watch_kernel(options);
	bool starts_programs =
		!text && (!options->input || options->cluster || options->command == COMMAND_TOP);
	int error = caller_prepare();

	if (!error && starts_programs)
		error = spawner_start(sandbox_environment());
	if (!error && !live)
		error = capabilities_limit(!text && geteuid() == 0 ? FILE_CAPABILITIES : 0);
	return error ? options_report(options, 3, "cannot drop privileges: %s", strerror(-error))
		     : check_directory(options);
}

/* Flushes stdout, which buffers help and completions, and reports a failed write. Returns the exit
 * status. */
static int close_stdout(const char *program, int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "%s: standard output cannot be written\n", program);
	return status ? status : 4;
}

/* Reports allocations that failed, because the command may have gone on without what it could not
 * store. Returns the exit status. */
static int report_failures(const struct options *options, int status)
{
	uint64_t failures = memory_failures();

	if (failures == 0)
		return status;
	options_report(options, 0,
		       "out of memory: %" PRIu64 " allocation%s failed, so the result "
		       "may be incomplete",
		       failures, failures == 1 ? "" : "s");
	return status == 0 && !options->allow_loss ? SESSION_INCOMPLETE : status;
}

/*
 * Opens /dev/null for each standard stream that is closed (`>&-`). Otherwise the next file that
 * polecat opens would get the stream's file descriptor, and text for the stream would go into that
 * file. Opens standard output for reading only, so that printing to it fails.
 */
static void hold_standard_streams(void)
{
	static const int modes[] = {O_RDONLY, O_RDONLY, O_WRONLY};

	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) < 0)
			_exit(3);
}

int main(int argc, char **argv)
{
	static int (*const commands[])(const struct options *) = {
		[COMMAND_TOP] = dashboard_main,         [COMMAND_TRACE] = trace_main,
		[COMMAND_POLICY] = policy_main,         [COMMAND_CHECK] = check_main,
		[COMMAND_RECORD] = record_main,         [COMMAND_DOCTOR] = doctor_main,
		[COMMAND_COMPLETION] = completion_main, [COMMAND_MANUAL] = manual_main,
		[COMMAND_AGENT] = agent_main,           [COMMAND_DEPLOY] = deploy_main,
		[COMMAND_UNDEPLOY] = undeploy_main,
	};
	struct options options;
	int status = 0;

	hold_standard_streams();
	/* If the parent ignores it, polecat inherits that, and the kernel discards the exit
	 * status of polecat's children. */
	signal(SIGCHLD, SIG_DFL);
	sandbox_begin();
	/* text_width and the choice of line characters depend on the encoding of the locale. */
	setlocale(LC_CTYPE, "");
	if (command_line_parse(argc, argv, &options, &status))
		return close_stdout("polecat", status);
	status = prepare_privileges(&options);
	if (!status && options.dry_run && options.kube)
		status = dry_run_main(&options);
	else if (!status)
		status = commands[options.command](&options);
	status = close_stdout(options.program, status);
	status = report_failures(&options, status);
	spawner_end();
	options_free(&options);
	return status;
}
