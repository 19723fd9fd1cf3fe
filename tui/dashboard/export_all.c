/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/export_all.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/policy/draft/draft_print.h"
#include "core/policy/draft/drafter.h"
#include "tui/options/options.h"

bool export_is_folder(const char *path)
{
	size_t length = strlen(path);

	return length > 0 && path[length - 1] == '/';
}

/* Without the slashes at its end, but for the first one of "/". */
static int export_all_trim(const char *folder, char path[PATH_MAX])
{
	size_t length = strlen(folder);

	while (length > 1 && folder[length - 1] == '/')
		length--;
	if (length >= PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(path, folder, length);
	path[length] = '\0';
	return 0;
}

static int export_all_write_one(const struct draft_set *set, size_t index, const char *folder,
				bool replace, struct export_summary *summary)
{
	enum policy_file_result result = POLICY_FILE_WRITTEN;
	CLEANUP_FREE char *text = NULL;
	size_t length = 0;

	policy_file_name(set->policies.items[index].namespace_name, set->policies.items[index].name,
			 summary->file);
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
	const struct draft_options options = {
		.filter = context->options->filter,
		.exclude = exclusions_exclude,
		.exclude_data = context->exclusions,
	};
	struct draft_set *set = NULL;
	char path[PATH_MAX];

	*summary = (struct export_summary){0};
	int error = export_all_trim(folder, path);
	if (!error)
		error = drafter_draft(context->state, &options, &set);
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
