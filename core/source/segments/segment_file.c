/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/segments/segment_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/source/stream/record_file.h"

/* A window of 15 bits, plus 16 for the gzip format (zlib.h, deflateInit2). */
#define GZIP_WINDOW_BITS (15 + 16)
#define MEMORY_LEVEL     8

/* The time and the bytes per event, for a day of 720,000 events, by the level: 1: 1.4 us, 37; 3:
 * 1.6 us, 34; 6: 3.2 us, 27. */
#define LEVEL 3

int segment_file_open(struct segment_file *file, int folder, const struct segment_name *name)
{
	char text[SEGMENT_NAME_SIZE];

	*file = (struct segment_file){.folder = folder, .name = *name, .fd = -1};
	segment_name_format(name, text);
	if (deflateInit2(&file->deflater, LEVEL, Z_DEFLATED, GZIP_WINDOW_BITS, MEMORY_LEVEL,
			 Z_DEFAULT_STRATEGY) != Z_OK) {
		memory_count_failure();
		return -ENOMEM;
	}
	file->fd = openat(folder, text,
			  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);
	if (file->fd < 0) {
		int error = -errno;
		deflateEnd(&file->deflater);
		return error;
	}
	/* Only readers take this lock, for a moment. */
	(void)record_file_lock(file->fd);
	file->is_open = true;
	return 0;
}

static int segment_file_deflate(struct segment_file *file, const char *text, size_t length,
				int flush)
{
	z_stream *deflater = &file->deflater;
	int result;

	/* zlib does not write to its input. */
	deflater->next_in = (Bytef *)(uintptr_t)text;
	deflater->avail_in = (uInt)length;
	do {
		size_t room = deflateBound(deflater, deflater->avail_in) + 64;
		if (buffer_reserve(&file->packed, room))
			return -ENOMEM;
		deflater->next_out = (Bytef *)file->packed.data + file->packed.length;
		deflater->avail_out = (uInt)room;
		result = deflate(deflater, flush);
		file->packed.length += room - deflater->avail_out;
	} while (result == Z_OK && deflater->avail_out == 0);
	return 0;
}

int segment_file_pack(struct segment_file *file, const struct segment_text *text)
{
	int error = segment_file_deflate(file, text->text, text->length, Z_SYNC_FLUSH);

	if (error)
		return error;
	if (text->first_ns && (!file->first_ns || text->first_ns < file->first_ns))
		file->first_ns = text->first_ns;
	if (text->last_ns > file->last_ns)
		file->last_ns = text->last_ns;
	file->name.steps |= text->steps;
	file->total_length += text->length;
	return 0;
}

int segment_file_write(struct segment_file *file)
{
	const char *bytes = file->packed.data;
	size_t left = file->packed.length;
	off_t at = (off_t)file->size;

	while (left > 0) {
		ssize_t count = pwrite(file->fd, bytes, left, at);
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0) {
			int error = count < 0 ? -errno : -EIO;
			/* A part of a text would be read as damage. */
			(void)!ftruncate(file->fd, (off_t)file->size);
			return error;
		}
		bytes += count;
		at += count;
		left -= (size_t)count;
	}
	file->size += file->packed.length;
	buffer_clear(&file->packed);
	return 0;
}

static void segment_file_free(struct segment_file *file)
{
	close(file->fd);
	deflateEnd(&file->deflater);
	buffer_free(&file->packed);
	file->is_open = false;
}

void segment_file_discard(struct segment_file *file)
{
	char text[SEGMENT_NAME_SIZE];

	segment_name_format(&file->name, text);
	(void)unlinkat(file->folder, text, 0);
	segment_file_free(file);
}

static void segment_file_end(struct segment_file *file, struct segment_name *name, uint64_t *size)
{
	char open_text[SEGMENT_NAME_SIZE];
	char closed_text[SEGMENT_NAME_SIZE];
	struct segment_name closed = file->name;

	segment_name_format(&file->name, open_text);
	closed.closed = true;
	if (file->first_ns)
		closed.first_ns = file->first_ns;
	closed.last_ns = file->first_ns ? file->last_ns : closed.first_ns;
	segment_name_format(&closed, closed_text);
	/* With the old name, readers read the whole segment, and report it as cut. */
	if (renameat(file->folder, open_text, file->folder, closed_text))
		closed.closed = false;
	*name = closed;
	*size = file->size;
	segment_file_free(file);
}

void segment_file_cut(struct segment_file *file, struct segment_name *name, uint64_t *size)
{
	file->name.cut = true;
	segment_file_end(file, name, size);
}

void segment_file_close(struct segment_file *file, struct segment_name *name, uint64_t *size)
{
	int error = segment_file_deflate(file, "", 0, Z_FINISH);

	if (!error)
		error = segment_file_write(file);
	file->name.cut |= error != 0;
	if (!error)
		(void)fdatasync(file->fd);
	segment_file_end(file, name, size);
}
