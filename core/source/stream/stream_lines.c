/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/stream/stream_lines.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

/* Bytes of one read(2). */
#define RAW_SIZE 65536

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
 * Bytes move from `raw`, as read, to `text`, inflated or copied. Both are valid from start to end.
 * `text` holds the bytes not returned yet; the first `searched` of them contain no newline.
 */
struct stream_lines {
	int fd;
	bool ended; /* read(2) returned 0 */
	enum form form;
	size_t line_max;
	uint64_t number; /* of the last line that was returned */
	bool skipping;   /* inside a line that is too long */

	unsigned char raw[RAW_SIZE];
	size_t raw_start;
	size_t raw_end;
	z_stream inflater;
	bool inflating; /* inside a gzip member: the input must not end here */
	bool inflater_made;

	char *text;
	size_t text_start;
	size_t text_end;
	size_t text_capacity;
	size_t searched;
};

int stream_lines_new(int fd, size_t line_max, struct stream_lines **out)
{
	struct stream_lines *lines = calloc(1, sizeof(*lines));

	if (!lines)
		return -ENOMEM;
	lines->fd = fd;
	lines->line_max = line_max;
	*out = lines;
	return 0;
}

void stream_lines_free(struct stream_lines *lines)
{
	if (!lines)
		return;
	if (lines->inflater_made)
		inflateEnd(&lines->inflater);
	free(lines->text);
	free(lines);
}

/* Waits until the input is readable. 0, -ECANCELED, or an error of poll(2). */
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

/* Reads more raw bytes; sets `ended` at the end. 0 or -errno. */
static int stream_lines_read_raw(struct stream_lines *lines, int stop_fd, struct fd_watch *watch)
{
	size_t kept = lines->raw_end - lines->raw_start;
	int error = stream_lines_wait_for_input(lines, stop_fd, watch);

	if (error)
		return error;
	memmove(lines->raw, lines->raw + lines->raw_start, kept);
	lines->raw_start = 0;
	lines->raw_end = kept;
	ssize_t count = read(lines->fd, lines->raw + kept, sizeof(lines->raw) - kept);
	if (count < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -errno;
	if (count == 0)
		lines->ended = true;
	lines->raw_end += (size_t)count;
	return 0;
}

/* Detects the form of the input once two bytes, or all of it, were read. 0 or -ENOMEM. */
static int stream_lines_find_form(struct stream_lines *lines)
{
	const unsigned char *first = lines->raw + lines->raw_start;
	size_t count = lines->raw_end - lines->raw_start;

	if (count < 2 && !lines->ended)
		return 0;
	lines->form = FORM_PLAIN;
	if (count < 2 || first[0] != GZIP_MAGIC_1 || first[1] != GZIP_MAGIC_2)
		return 0;
	if (inflateInit2(&lines->inflater, GZIP_WINDOW_BITS) != Z_OK)
		return -ENOMEM;
	lines->inflater_made = true;
	lines->inflating = true;
	lines->form = FORM_GZIP;
	return 0;
}

/* Makes room for RAW_SIZE more bytes of text: drops returned lines, then grows if needed. 0 or
 * -ENOMEM. */
static int stream_lines_make_text_room(struct stream_lines *lines)
{
	size_t kept = lines->text_end - lines->text_start;

	if (lines->text_capacity - lines->text_end >= RAW_SIZE)
		return 0;
	if (lines->text_start > 0)
		memmove(lines->text, lines->text + lines->text_start, kept);
	lines->text_start = 0;
	lines->text_end = kept;
	if (lines->text_capacity - kept >= RAW_SIZE)
		return 0;
	/* Bounded: a line that is too long is dropped before more is read. */
	size_t capacity = lines->text_capacity > 0 ? 2 * lines->text_capacity : 4 * RAW_SIZE;
	char *text = realloc(lines->text, capacity);
	if (!text)
		return -ENOMEM;
	lines->text = text;
	lines->text_capacity = capacity;
	return 0;
}

static void stream_lines_copy_raw(struct stream_lines *lines)
{
	size_t count = lines->raw_end - lines->raw_start;

	memcpy(lines->text + lines->text_end, lines->raw + lines->raw_start, count);
	lines->text_end += count;
	lines->raw_start = lines->raw_end;
}

/* Begins the next of several gzip members, which form one stream (RFC 1952, section 2.2). */
static int stream_lines_begin_member(struct stream_lines *lines)
{
	if (lines->raw[lines->raw_start] != GZIP_MAGIC_1)
		return -EBADMSG;
	if (inflateReset(&lines->inflater) != Z_OK)
		return -EBADMSG;
	lines->inflating = true;
	return 0;
}

/* Inflates up to RAW_SIZE bytes. 0, -EBADMSG or -ENOMEM. */
static int stream_lines_inflate_raw(struct stream_lines *lines)
{
	z_stream *inflater = &lines->inflater;

	if (!lines->inflating) {
		int error = stream_lines_begin_member(lines);
		if (error)
			return error;
	}
	inflater->next_in = lines->raw + lines->raw_start;
	inflater->avail_in = (uInt)(lines->raw_end - lines->raw_start);
	inflater->next_out = (Bytef *)lines->text + lines->text_end;
	inflater->avail_out = RAW_SIZE;
	int result = inflate(inflater, Z_NO_FLUSH);
	lines->raw_start = lines->raw_end - inflater->avail_in;
	lines->text_end += RAW_SIZE - inflater->avail_out;
	switch (result) {
	case Z_STREAM_END:
		lines->inflating = false;
		return 0;
	case Z_OK:
	case Z_BUF_ERROR: /* more input is needed */
		return 0;
	case Z_MEM_ERROR:
		return -ENOMEM;
	default:
		return -EBADMSG;
	}
}

/*
 * Gets more text. 1: there may be more; 0: the end; -errno. Bytes that inflate holds back after its
 * input ran out come with the next input. At the end of a complete stream it holds none back.
 */
static int stream_lines_fill(struct stream_lines *lines, int stop_fd, struct fd_watch *watch)
{
	bool empty = lines->raw_start == lines->raw_end;
	bool full = lines->form == FORM_GZIP && lines->inflating && lines->inflater_made &&
		    lines->inflater.next_out && lines->inflater.avail_out == 0;
	int error = 0;

	if ((empty && !full && !lines->ended) || (lines->form == FORM_UNKNOWN && !lines->ended))
		error = stream_lines_read_raw(lines, stop_fd, watch);
	if (!error && lines->form == FORM_UNKNOWN)
		error = stream_lines_find_form(lines);
	if (error)
		return error;
	if (lines->form == FORM_UNKNOWN)
		return 1;

	empty = lines->raw_start == lines->raw_end;
	if (empty && !full) {
		if (lines->ended && lines->form == FORM_GZIP && lines->inflating)
			return -ENODATA;
		return lines->ended ? 0 : 1;
	}
	error = stream_lines_make_text_room(lines);
	if (error)
		return error;
	if (lines->form == FORM_GZIP)
		error = stream_lines_inflate_raw(lines);
	else
		stream_lines_copy_raw(lines);
	return error ? error : 1;
}

/* Returns the next complete line of `text` in *line. False: no complete line. */
static bool stream_lines_split(struct stream_lines *lines, struct stream_line *line)
{
	char *start = lines->text + lines->text_start;
	size_t count = lines->text_end - lines->text_start;
	char *newline = count > lines->searched
				? memchr(start + lines->searched, '\n', count - lines->searched)
				: NULL;

	if (!newline) {
		lines->searched = count;
		return false;
	}
	line->text = start;
	line->length = (size_t)(newline - start);
	lines->text_start += line->length + 1;
	lines->searched = 0;
	return true;
}

int stream_lines_next(struct stream_lines *lines, int stop_fd, struct fd_watch *watch,
		      struct stream_line *line)
{
	for (;;) {
		int more = 1;
		bool taken = lines->text && stream_lines_split(lines, line);

		if (!taken && lines->text_end - lines->text_start > lines->line_max) {
			lines->skipping = true;
			lines->text_start = lines->text_end;
			lines->searched = 0;
		}
		if (!taken)
			more = stream_lines_fill(lines, stop_fd, watch);
		if (!taken && more < 0)
			return more;
		if (!taken && more > 0)
			continue;

		/* A line, or the rest without a newline at the end. */
		line->unterminated = !taken;
		if (!taken && lines->text_end == lines->text_start && !lines->skipping)
			return 0;
		if (!taken) {
			line->text = lines->text + lines->text_start;
			line->length = lines->text_end - lines->text_start;
			lines->text_start = lines->text_end;
			lines->searched = 0;
		}
		line->number = ++lines->number;
		if (lines->skipping || line->length > lines->line_max) {
			lines->skipping = false;
			return -E2BIG;
		}
		return 1;
	}
}
