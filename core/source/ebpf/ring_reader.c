/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/ring_reader.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/bpf.h>

/* Publish the position at least each time this many bytes were read. */
#define PUBLISH_BYTES 8192

struct ring_reader {
	unsigned long *position;       /* of the reader; a page that the kernel reads */
	const unsigned long *produced; /* position of the next reservation; a page of its own */
	const char *records;           /* the page after `produced` */
	size_t bytes;                  /* of `records`; a power of two */
	size_t page;
	char *joined; /* a copy of the last record that wrapped around the end */
	size_t joined_size;
};

int ring_reader_open(int map_fd, size_t bytes, struct ring_reader **out)
{
	struct ring_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return -ENOMEM;
	reader->page = (size_t)sysconf(_SC_PAGESIZE);
	reader->bytes = bytes;
	void *position = mmap(NULL, reader->page, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
	void *produced = mmap(NULL, reader->page + bytes, PROT_READ, MAP_SHARED, map_fd,
			      (off_t)reader->page);
	if (position == MAP_FAILED || produced == MAP_FAILED) {
		int error = -errno;
		if (position != MAP_FAILED)
			munmap(position, reader->page);
		if (produced != MAP_FAILED)
			munmap(produced, reader->page + bytes);
		free(reader);
		return error;
	}
	reader->position = position;
	reader->produced = produced;
	reader->records = (const char *)produced + reader->page;
	*out = reader;
	return 0;
}

void ring_reader_close(struct ring_reader *reader)
{
	if (!reader)
		return;
	munmap(reader->position, reader->page);
	munmap((void *)(uintptr_t)reader->produced, reader->page + reader->bytes);
	free(reader->joined);
	free(reader);
}

/* Returns the record at an offset, as one piece. NULL: no memory. */
static void *ring_reader_record(struct ring_reader *reader, size_t offset, size_t size)
{
	size_t first = reader->bytes - offset;

	if (size <= first)
		return (void *)(uintptr_t)(reader->records + offset);
	if (size > reader->joined_size) {
		char *joined = realloc(reader->joined, size);
		if (!joined)
			return NULL;
		reader->joined = joined;
		reader->joined_size = size;
	}
	memcpy(reader->joined, reader->records + offset, first);
	memcpy(reader->joined + first, reader->records, size - first);
	return reader->joined;
}

/* The progress of one call of ring_reader_consume. */
struct ring_progress {
	unsigned long at; /* the position of the next record */
	int count;
	int error;
};

/* Reads until `end`, or until a record that is not committed yet. */
static void ring_reader_read(struct ring_reader *reader, unsigned long end, ring_callback *callback,
			     void *data, struct ring_progress *progress)
{
	unsigned long published = progress->at;

	while (progress->at < end && progress->error >= 0) {
		/* A header precedes each record, and never wraps around. */
		size_t offset = progress->at & (reader->bytes - 1);
		const uint32_t *header = (const void *)(reader->records + offset);
		uint32_t length = __atomic_load_n(header, __ATOMIC_SEQ_CST);
		if (length & BPF_RINGBUF_BUSY_BIT)
			break;
		size_t size = length & ~(uint32_t)BPF_RINGBUF_DISCARD_BIT;
		if (!(length & BPF_RINGBUF_DISCARD_BIT)) {
			size_t start = (offset + BPF_RINGBUF_HDR_SZ) & (reader->bytes - 1);
			void *record = ring_reader_record(reader, start, size);
			progress->error = record ? callback(data, record, size) : -ENOMEM;
			if (!record)
				break;
			progress->count++;
		}
		progress->at += (BPF_RINGBUF_HDR_SZ + size + 7) & ~(size_t)7;
		if (progress->at - published >= PUBLISH_BYTES) {
			published = progress->at;
			__atomic_store_n(reader->position, published, __ATOMIC_RELEASE);
		}
	}
}

int ring_reader_consume(struct ring_reader *reader, ring_callback *callback, void *data)
{
	struct ring_progress progress = {.at = *reader->position};
	unsigned long before;

	/*
	 * The kernel wakes the reader if the reader's position is that of the record that was just
	 * committed. A record committed before the position is stored wakes nobody, so look
	 * again after the store. Store and loads are sequentially consistent: the kernel commits a
	 * record and then loads the position, and the reader stores the position and then loads
	 * the header of the next record.
	 */
	do {
		before = progress.at;
		ring_reader_read(reader, __atomic_load_n(reader->produced, __ATOMIC_SEQ_CST),
				 callback, data, &progress);
		__atomic_store_n(reader->position, progress.at, __ATOMIC_SEQ_CST);
	} while (progress.at != before && progress.error >= 0);
	return progress.error < 0 ? progress.error : progress.count;
}
