/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/segments/segment_read.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/source/segments/segment_folder.h"
#include "core/source/segments/segment_set.h"

static const struct segment_window segment_read_all = {0};

bool segment_read_is_folder(const char *path)
{
	struct segment_set set = {0};

	if (!segment_folder_is(path) || segment_set_open(path, &segment_read_all, &set))
		return false;
	segment_set_close(&set);
	return true;
}

/* Returns 0 or the error of a segment, with a message that names it. */
static int segment_read_one(const struct segment_input *input,
			    void (*handle)(void *data, struct record *record), void *data,
			    char message[STREAM_READ_MESSAGE_SIZE])
{
	char reason[STREAM_READ_MESSAGE_SIZE];
	char name[SEGMENT_NAME_SIZE];
	int error = stream_read_open_file(input->fd, handle, data, reason);

	if (input->growing && error == -ENODATA)
		return 0;
	if (error == -EBADMSG)
		error = -ENODATA;
	if (!error && !input->growing && (!input->name.closed || input->name.cut)) {
		snprintf(reason, sizeof(reason), "its end is missing");
		error = -ENODATA;
	}
	segment_name_format(&input->name, name);
	if (error)
		snprintf(message, STREAM_READ_MESSAGE_SIZE, "segment %s: %.380s", name, reason);
	return error;
}

int segment_read_folder(const char *path, void (*handle)(void *data, struct record *record),
			void *data, char message[STREAM_READ_MESSAGE_SIZE])
{
	struct segment_set set = {0};
	int result = segment_set_open(path, &segment_read_all, &set);

	message[0] = '\0';
	if (result)
		snprintf(message, STREAM_READ_MESSAGE_SIZE, "%s", strerror(-result));
	for (size_t i = 0; i < set.count && (result == 0 || result == -ENODATA); i++) {
		char later[STREAM_READ_MESSAGE_SIZE];
		int error = segment_read_one(&set.items[i], handle, data, result ? later : message);
		if (error)
			result = error;
	}
	segment_set_close(&set);
	return result;
}
