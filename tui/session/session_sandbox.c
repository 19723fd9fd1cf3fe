/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses what a session keeps of its privileges (core/sandbox/sandbox.h). */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/sandbox/sandbox.h"
#include "tui/options/options.h"
#include "tui/options/settings.h"
#include "tui/session/session_internal.h"

/* Folders of options that may not exist yet, as copies with an end of their own. */
struct session_folders {
	struct sandbox_folders list;
	char record[PATH_MAX];
	char directory[PATH_MAX];
	char settings[PATH_MAX];
};

static void session_sandbox_add(struct session_folders *folders, const char *path)
{
	if (path && *path && folders->list.count < SANDBOX_WRITABLE_MAX)
		folders->list.paths[folders->list.count++] = path;
}

/* Adds the folder of a file, whose name `text` holds. */
static void session_sandbox_add_folder_of(struct session_folders *folders, char text[PATH_MAX])
{
	char *slash = strrchr(text, '/');

	if (!slash)
		snprintf(text, PATH_MAX, ".");
	else if (slash == text)
		slash[1] = '\0';
	else
		*slash = '\0';
	session_sandbox_add(folders, text);
}

/* Adds the folder that --directory names, or that it will be made in. */
static void session_sandbox_add_directory(struct session_folders *folders, const char *path)
{
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		length--;
	snprintf(folders->directory, sizeof(folders->directory), "%.*s", (int)length, path);
	if (access(folders->directory, F_OK) == 0)
		session_sandbox_add(folders, folders->directory);
	else
		session_sandbox_add_folder_of(folders, folders->directory);
}

/* Adds the folders in which people save drafts, and those of the editor and the settings. The
 * dashboard asks for the names of files only while it runs. */
static void session_sandbox_add_of_dashboard(struct session_folders *folders)
{
	const char *temporary = getenv("TMPDIR");

	session_sandbox_add(folders, ".");
	session_sandbox_add(folders, getenv("HOME"));
	session_sandbox_add(folders, temporary && *temporary ? temporary : "/tmp");
	session_sandbox_add(folders, "/dev/tty");
	/* The terminal is opened again for writing. */
	session_sandbox_add(folders, "/proc/self/fd/1");
	if (settings_path("config.yaml", folders->settings) == 0)
		session_sandbox_add_folder_of(folders, folders->settings);
}

void session_sandbox_plan(const struct session *session)
{
	const struct options *options = session->options;
	const struct identity_config *names = &options->identities;
	struct session_folders folders = {0};
	unsigned int needs = 0;

	session_sandbox_add(&folders, "/dev/null");
	if (options->record_file) {
		snprintf(folders.record, sizeof(folders.record), "%s", options->record_file);
		session_sandbox_add_folder_of(&folders, folders.record);
	}
	session_sandbox_add(&folders, options->record_folder);
	if (options->directory)
		session_sandbox_add_directory(&folders, options->directory);
	if (options->command == COMMAND_TOP)
		session_sandbox_add_of_dashboard(&folders);
	if (options_watch_kernel(options)) {
		needs |= SANDBOX_WATCHES;
		if (session_may_mute(session))
			needs |= SANDBOX_MUTES;
	}
	if (options_watch_kernel(options) || options->kube) {
		for (size_t i = 0; i < IDENTITY_SOURCE_COUNT; i++)
			needs |= i != IDENTITY_LOG_LINKS && !names->disabled[i] ? SANDBOX_CONNECTS
										: 0;
	}
	sandbox_plan(needs, &folders.list);
}

void session_sandbox_seal(struct session *session)
{
	struct source_health health = {.state = SOURCE_READY};

	/* While the kernel's source starts, it makes system calls that no later step needs. */
	if (session->kernel)
		source_health(session->sources[0].source, &health);
	if (session->sealed || health.state == SOURCE_STARTING)
		return;
	session->sealed = true;
	/* Without the filter, the other limits apply, and doctor says so. */
	(void)sandbox_seal();
}

int session_sandbox_enter(struct session *session)
{
	int error = sandbox_enter(SANDBOX_MAIN, 0);

	if (error)
		return options_report(session->options, 3, "cannot drop privileges: %s",
				      strerror(-error));
	session_sandbox_seal(session);
	return 0;
}
