/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/export.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "core/policy/draft/draft_print.h"
#include "core/policy/draft/drafter.h"
#include "tui/options/options.h"
#include "tui/policies/draft_choice.h"

int export_write(const char *path, const char *text, size_t length, bool replace)
{
	struct stat status;

	if (!*path)
		return -ENOENT;
	if (lstat(path, &status) == 0 && S_ISDIR(status.st_mode))
		return -EISDIR;
	return file_write(path, text, length, replace ? FILE_WRITE_REPLACE : FILE_WRITE_NEW);
}

bool export_is_folder(const char *path)
{
	return *path && path[strlen(path) - 1] == '/';
}

static int export_all_write_one(const struct draft_set *set, size_t index, const char *folder,
				bool replace, struct export_summary *summary)
{
	const struct netpol *policy = &set->policies.items[index];
	enum policy_file_result result = POLICY_FILE_WRITTEN;
	CLEANUP_FREE char *text = NULL;
	size_t length = 0;

	policy_file_name(policy->namespace_name, policy->name, summary->file);
	int error = draft_print(set, index, &text, &length);
	if (!error)
		error = policy_file_write(folder, summary->file, text, length, replace, &result);
	if (error)
		return error;
	summary->counts[result]++;
	summary->file[0] = '\0';
	return 0;
}

int export_all(const struct context *context, const char *folder, bool replace,
	       struct export_summary *summary)
{
	struct string_list gaps = {0};
	struct draft_options options = draft_choice_of(context->options, context->policies);
	struct draft_set *set = NULL;
	size_t length = strlen(folder);

	options.gaps = &gaps;
	options.exclude = exclusions_exclude;
	options.exclude_data = context->exclusions;
	*summary = (struct export_summary){0};
	while (length > 1 && folder[length - 1] == '/')
		length--;
	CLEANUP_FREE char *path = strndup(folder, length);
	session_find_gaps(context->session, &gaps);
	int error = path ? drafter_draft(context->state, &options, &set) : -ENOMEM;
	string_list_clear(&gaps);
	if (error)
		return error;
	if (set->policies.count == 0)
		error = -ENODATA;
	else
		error = policy_directory_make(path);
	for (size_t i = 0; i < set->policies.count && !error; i++)
		error = export_all_write_one(set, i, path, replace, summary);
	draft_set_free(set);
	return error;
}
