/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: a recording, plain or gzip, is read to its end or to its first fault, which has a
 * message. Compressed lines give the same records as plain lines. The latest time of
 * stream_find_latest is the latest time of the flows.
 *
 * The input is a whole file if its first byte is even. Otherwise the rest is compressed first, and
 * a byte gives the part of the compressed file that is kept.
 */
#include <errno.h>

#include <zlib.h>

#include "core/source/stream/stream_latest.h"
#include "core/source/stream/stream_read.h"
#include "tests/fuzz/fuzz_file.h"

#define GZIP_WINDOW (15 + 16)

struct seen {
	size_t records;
	uint64_t latest_ns;
};

static void on_record(void *data, struct record *record)
{
	struct seen *seen = data;

	seen->records++;
	if (record->kind == RECORD_FLOW && record->flow.ts_ns > seen->latest_ns)
		seen->latest_ns = record->flow.ts_ns;
}

/* Reads a file as a recording. Returns the result of stream_read_file. */
static int read_file(const void *bytes, size_t size, struct seen *seen)
{
	struct fuzz_file file;
	char message[STREAM_READ_MESSAGE_SIZE] = "unset";
	struct stream_latest latest = {0};

	*seen = (struct seen){0};
	fuzz_file_open(&file, bytes, size);
	int error = stream_read_file(file.path, on_record, seen, message);
	must(error == 0 || error == -EBADMSG || error == -ENODATA);
	must((error == 0) == (message[0] == '\0') && strlen(message) < sizeof(message));
	must(error != -ENODATA || seen->records > 0 || strstr(message, "records before"));
	must(seen->records <= 1100 * size + 1);
	(void)stream_is_recording(file.path);
	int found = stream_find_latest(file.path, &latest);
	if (error == 0)
		must(found == (seen->latest_ns ? 0 : -ENODATA) &&
		     latest.unix_ns == seen->latest_ns);
	fuzz_file_close(&file);
	return error;
}

static size_t compress_text(const uint8_t *data, size_t size, uint8_t *out, size_t room)
{
	z_stream stream = {0};

	must(deflateInit2(&stream, 1, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	must(room >= deflateBound(&stream, size));
	stream.next_in = (uint8_t *)(uintptr_t)data;
	stream.avail_in = (uInt)size;
	stream.next_out = out;
	stream.avail_out = (uInt)room;
	must(deflate(&stream, Z_FINISH) == Z_STREAM_END);
	size_t length = room - stream.avail_out;
	deflateEnd(&stream);
	return length;
}

static void check_compressed(const uint8_t *data, size_t size, uint8_t kept)
{
	size_t room = size + size / 100 + 128;
	uint8_t *compressed = malloc(room);
	struct seen plain;
	struct seen unpacked;

	must(compressed != NULL);
	size_t length = compress_text(data, size, compressed, room);
	int error = read_file(data, size, &plain);
	must(read_file(compressed, length, &unpacked) == error);
	must(plain.records == unpacked.records && plain.latest_ns == unpacked.latest_ns);
	/* A file that is cut has at most the same records. */
	error = read_file(compressed, length * kept / 256, &unpacked);
	must(error != 0 && unpacked.records <= plain.records);
	free(compressed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen seen;

	if (size < 2)
		return 0;
	/* The data itself must not be a compressed file. */
	if (data[0] % 2 == 0 || (size > 3 && data[2] == 0x1f && data[3] == 0x8b))
		read_file(data + 1, size - 1, &seen);
	else
		check_compressed(data + 2, size - 2, data[1]);
	return 0;
}
