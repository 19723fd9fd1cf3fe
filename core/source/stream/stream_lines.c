/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/stream/stream_lines.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "core/base/buffer.h"
#include "core/base/memory.h"

/* The size in bytes of one read(2), and of the output of one call of inflate. */
#define RAW_SIZE STREAM_LINES_ROOM

/* A shared reader keeps no larger memory between two reads, except for a long line. */
#define KEPT_CAPACITY 16384

/* RFC 1952, ID1 and ID2. No record begins with these bytes. */
#define GZIP_MAGIC_1 0x1f
#define GZIP_MAGIC_2 0x8b

/* A window of 15 bits, plus 16 for "gzip only" (zlib.h, inflateInit2). */
#define GZIP_WINDOW_BITS (15 + 16)

enum form {
	FORM_UNKNOWN, /* fewer than two bytes were read */
	FORM_PLAIN,
	FORM_GZIP,
};

/*
 * `raw` has the bytes that read(2) returned. `text` has these bytes inflated or, for plain input,
 * copied. For both forms, next_in and avail_in of the inflater mark the bytes of `raw` that are not
 * in `text` yet. The bytes of `text` before `start` have been returned. The `searched` bytes after
 * `start` contain no newline.
 */
struct stream_lines {
	int fd;
	bool ended; /* read(2) returned 0 */
	enum form form;
	size_t line_max;
	uint64_t number; /* the number of the last line returned */
	bool skipping;   /* inside a line that is too long */

	bool shared;           /* made by stream_lines_new_shared, so it never waits */
	bool may_read;         /* shared: read(2) may be called once more */
	size_t read_size;      /* of the last read(2) */
	unsigned char *raw;    /* RAW_SIZE bytes; shared: the caller's */
	unsigned char kept[1]; /* shared: the content of `raw` between two reads */
	z_stream inflater;
	bool inflating; /* inside a gzip member: the input must not end here */

	struct buffer text;
	size_t start;
	size_t searched;
};

int stream_lines_new_shared(int fd, size_t line_max, unsigned char *room, struct stream_lines **out)
{
	struct stream_lines *lines = memory_checked(calloc(1, sizeof(*lines)));

	if (!lines)
		return -ENOMEM;
	lines->fd = fd;
	lines->line_max = line_max;
	lines->shared = true;
	lines->raw = room;
	*out = lines;
	return 0;
}

int stream_lines_new(int fd, size_t line_max, struct stream_lines **out)
{
	struct stream_lines *lines = NULL;
	unsigned char *raw = memory_checked(malloc(RAW_SIZE));
	int error = raw ? stream_lines_new_shared(fd, line_max, raw, &lines) : -ENOMEM;

	if (error) {
		free(raw);
		return error;
	}
	lines->shared = false;
	*out = lines;
	return 0;
}

void stream_lines_allow_read(struct stream_lines *lines)
{
	lines->may_read = true;
	lines->read_size = 0;
}

size_t stream_lines_read_size(const struct stream_lines *lines)
{
	return lines->read_size;
}

void stream_lines_free(struct stream_lines *lines)
{
	if (!lines)
		return;
	if (lines->form == FORM_GZIP)
		inflateEnd(&lines->inflater);
	if (!lines->shared)
		free(lines->raw);
	buffer_free(&lines->text);
	free(lines);
}

/* Waits until the input is readable. Returns 0, -ECANCELED, or an error of poll(2). */
static int stream_lines_wait_for_input(const struct stream_lines *lines, int stop_fd,
				       struct fd_watch *watch)
{
	for (;;) {
		struct pollfd polled[3] = {
			{.fd = stop_fd, .events = POLLIN},
			{.fd = lines->fd, .events = POLLIN},
			{.fd = watch ? watch->fd : -1, .events = POLLIN},
		};
		if (poll(polled, 3, -1) < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if (polled[0].revents)
			return -ECANCELED;
		if (watch && polled[2].revents)
			watch->readable(watch);
		if (polled[1].revents)
			return 0;
	}
}

/* Ends the use of the shared room until the next read: keeps the byte in it, if there is one, and
 * only the memory that the rest of the text needs. Returns -EAGAIN. */
static int stream_lines_suspend(struct stream_lines *lines)
{
	z_stream *inflater = &lines->inflater;

	/* Only an input of one byte, whose form is unknown, is not in `text` yet. */
	if (inflater->avail_in > 0)
		lines->kept[0] = *inflater->next_in;
	inflater->next_in = lines->kept;
	buffer_consume(&lines->text, lines->start);
	lines->start = 0;
	if (lines->text.capacity > KEPT_CAPACITY && lines->text.length < KEPT_CAPACITY) {
		struct buffer rest = {0};
		if (buffer_append(&rest, lines->text.data, lines->text.length) == 0) {
			buffer_free(&lines->text);
			lines->text = rest;
		}
	}
	return -EAGAIN;
}

/* Reads more raw bytes. Sets `ended` at the end of the input. Returns 0 or -errno. */
static int stream_lines_read_raw(struct stream_lines *lines, int stop_fd, struct fd_watch *watch)
{
	z_stream *inflater = &lines->inflater;
	size_t kept = inflater->avail_in;

	if (lines->shared && !lines->may_read)
		return stream_lines_suspend(lines);
	int error = lines->shared ? 0 : stream_lines_wait_for_input(lines, stop_fd, watch);
	if (error)
		return error;
	lines->may_read = false;
	if (kept > 0)
		memmove(lines->raw, inflater->next_in, kept);
	inflater->next_in = lines->raw;
	ssize_t count = read(lines->fd, lines->raw + kept, RAW_SIZE - kept);
	if (count < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -errno;
	lines->read_size = (size_t)count;
	lines->ended = count == 0;
	inflater->avail_in += (uInt)count;
	return 0;
}

/*
 * Detects the form of the input once two bytes, or the whole input, are read. Returns 0 or -ENOMEM.
 */
static int stream_lines_find_form(struct stream_lines *lines)
{
	z_stream *inflater = &lines->inflater;

	if (inflater->avail_in < 2 && !lines->ended)
		return 0;
	lines->form = FORM_PLAIN;
	if (inflater->avail_in < 2 || lines->raw[0] != GZIP_MAGIC_1 ||
	    lines->raw[1] != GZIP_MAGIC_2)
		return 0;
	if (inflateInit2(inflater, GZIP_WINDOW_BITS) != Z_OK)
		return -ENOMEM;
	lines->inflating = true;
	lines->form = FORM_GZIP;
	return 0;
}

/* Inflates up to RAW_SIZE bytes, for which `text` has room. Returns 0, -EBADMSG or -ENOMEM. */
static int stream_lines_inflate_raw(struct stream_lines *lines)
{
	z_stream *inflater = &lines->inflater;

	/* Several gzip members form one stream (RFC 1952, section 2.2). */
	if (!lines->inflating &&
	    (*inflater->next_in != GZIP_MAGIC_1 || inflateReset(inflater) != Z_OK))
		return -EBADMSG;
	inflater->next_out = (Bytef *)lines->text.data + lines->text.length;
	inflater->avail_out = RAW_SIZE;
	int result = inflate(inflater, Z_NO_FLUSH);
	lines->text.length += RAW_SIZE - inflater->avail_out;
	lines->text.data[lines->text.length] = '\0';
	lines->inflating = result != Z_STREAM_END;
	if (result == Z_MEM_ERROR)
		return -ENOMEM;
	/* Z_BUF_ERROR: inflate needs more input. */
	return result == Z_STREAM_END || result == Z_OK || result == Z_BUF_ERROR ? 0 : -EBADMSG;
}

/* Adds more text. Returns 1 if more may follow, 0 at the end of the input, or -errno. If inflate
 * has filled its output (`full`), it may have more output for the same input, so it is called again
 * before the next read(2). */
static int stream_lines_fill(struct stream_lines *lines, int stop_fd, struct fd_watch *watch)
{
	z_stream *inflater = &lines->inflater;
	bool full = lines->inflating && inflater->next_out && inflater->avail_out == 0;
	int error = 0;

	if (!lines->ended && (lines->form == FORM_UNKNOWN || (inflater->avail_in == 0 && !full)))
		error = stream_lines_read_raw(lines, stop_fd, watch);
	if (!error && lines->form == FORM_UNKNOWN)
		error = stream_lines_find_form(lines);
	if (error)
		return error;
	if (lines->form == FORM_UNKNOWN)
		return 1;
	if (inflater->avail_in == 0 && !full) {
		if (!lines->ended)
			return 1;
		return lines->inflating ? -ENODATA : 0;
	}
	/* Memory stays bounded, because stream_lines_next drops a line that is too long before it
	 * calls this function. */
	buffer_consume(&lines->text, lines->start);
	lines->start = 0;
	error = lines->form == FORM_GZIP ? buffer_reserve(&lines->text, RAW_SIZE) : 0;
	if (!error && lines->form == FORM_GZIP) {
		error = stream_lines_inflate_raw(lines);
	} else if (!error) {
		error = buffer_append(&lines->text, inflater->next_in, inflater->avail_in);
		inflater->avail_in = 0;
	}
	return error ? error : 1;
}

/* Returns the text up to the newline (NULL: all of it) as a line, and moves `start` past it. */
static void stream_lines_return(struct stream_lines *lines, const char *newline,
				struct stream_line *line)
{
	const char *end = newline ? newline : lines->text.data + lines->text.length;

	line->text = lines->text.data + lines->start;
	line->length = (size_t)(end - line->text);
	line->unterminated = !newline;
	lines->start += line->length + (newline ? 1 : 0);
	lines->searched = 0;
}

/* Finds the next newline. Returns NULL if `text` contains no complete line. */
static const char *stream_lines_find_newline(struct stream_lines *lines)
{
	size_t from = lines->start + lines->searched;
	size_t count = lines->text.length - from;
	const char *newline = count > 0 ? memchr(lines->text.data + from, '\n', count) : NULL;

	lines->searched += count;
	return newline;
}

int stream_lines_next(struct stream_lines *lines, int stop_fd, struct fd_watch *watch,
		      struct stream_line *line)
{
	const char *newline;

	while (!(newline = stream_lines_find_newline(lines))) {
		if (lines->text.length - lines->start > lines->line_max) {
			lines->skipping = true;
			lines->start = lines->text.length;
			lines->searched = 0;
		}
		int more = stream_lines_fill(lines, stop_fd, watch);
		if (more < 0)
			return more;
		if (more == 0)
			break;
	}
	if (!newline && lines->text.length == lines->start && !lines->skipping)
		return 0;
	stream_lines_return(lines, newline, line);
	line->number = ++lines->number;
	if (!lines->skipping && line->length <= lines->line_max)
		return 1;
	lines->skipping = false;
	return -E2BIG;
}
