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

#include "core/base/memory.h"

/* Publish the position at least each time this many bytes were read. */
#define PUBLISH_BYTES 8192
/* The part of the data that is mapped. Mapping the next part costs some 10 microseconds. */
#define WINDOW_BYTES ((size_t)512 << 10)

struct ring_reader {
	int map_fd;                    /* not owned */
	unsigned long *position;       /* of the reader; a page that the kernel reads */
	const unsigned long *produced; /* position of the next reservation; a page of its own */
	const char *window;            /* the mapped part of the data */
	size_t window_bytes;
	size_t window_start; /* offset of the window in the data, a multiple of window_bytes */
	size_t bytes;        /* of the data; a power of two */
	size_t page;
	char *joined; /* the last record that did not fit into its window, in one piece */
	size_t joined_size;
};

/* Maps one page of the ring. Returns NULL with errno. */
static void *ring_reader_map_page(const struct ring_reader *reader, size_t index, int protection)
{
	void *page = mmap(NULL, reader->page, protection, MAP_SHARED, reader->map_fd,
			  (off_t)(index * reader->page));

	return page == MAP_FAILED ? NULL : page;
}

/* Maps the part of the data that starts at an offset, in the place of the window. Returns 0 or
 * -errno. */
static int ring_reader_map_window(struct ring_reader *reader, size_t start)
{
	void *place = (void *)(uintptr_t)reader->window;
	void *window =
		mmap(place, reader->window_bytes, PROT_READ, MAP_SHARED | (place ? MAP_FIXED : 0),
		     reader->map_fd, (off_t)(2 * reader->page + start));

	if (window == MAP_FAILED)
		return -errno;
	reader->window = window;
	reader->window_start = start;
	return 0;
}

int ring_reader_open(int map_fd, size_t bytes, struct ring_reader **out)
{
	struct ring_reader *reader = memory_checked(calloc(1, sizeof(*reader)));

	if (!reader)
		return -ENOMEM;
	reader->map_fd = map_fd;
	reader->page = (size_t)sysconf(_SC_PAGESIZE);
	reader->bytes = bytes;
	reader->window_bytes = bytes < WINDOW_BYTES ? bytes : WINDOW_BYTES;
	reader->position = ring_reader_map_page(reader, 0, PROT_READ | PROT_WRITE);
	reader->produced = ring_reader_map_page(reader, 1, PROT_READ);
	int error =
		reader->position && reader->produced ? ring_reader_map_window(reader, 0) : -errno;
	if (error)
		ring_reader_close(reader);
	else
		*out = reader;
	return error;
}

void ring_reader_close(struct ring_reader *reader)
{
	if (!reader)
		return;
	if (reader->position)
		munmap(reader->position, reader->page);
	if (reader->produced)
		munmap((void *)(uintptr_t)reader->produced, reader->page);
	if (reader->window)
		munmap((void *)(uintptr_t)reader->window, reader->window_bytes);
	free(reader->joined);
	free(reader);
}

/* Maps the part of the data that contains an offset, unless it is mapped. Returns a pointer to
 * the byte at the offset, or NULL on failure. */
static const char *ring_reader_at(struct ring_reader *reader, size_t offset)
{
	size_t start = offset & ~(reader->window_bytes - 1);

	if (start != reader->window_start && ring_reader_map_window(reader, start))
		return NULL;
	return reader->window + (offset - start);
}

/* Returns the record at an offset, as one piece. NULL: failed. */
static void *ring_reader_record(struct ring_reader *reader, size_t offset, size_t size)
{
	size_t first = reader->window_bytes - (offset & (reader->window_bytes - 1));
	const char *at = ring_reader_at(reader, offset);

	if (!at || size <= first)
		return (void *)(uintptr_t)at;
	if (size > reader->joined_size) {
		char *joined = memory_checked(realloc(reader->joined, size));
		if (!joined)
			return NULL;
		reader->joined = joined;
		reader->joined_size = size;
	}
	for (size_t done = 0, part = first; done < size;
	     done += part, part = reader->window_bytes) {
		at = ring_reader_at(reader, (offset + done) & (reader->bytes - 1));
		if (!at)
			return NULL;
		memcpy(reader->joined + done, at, part < size - done ? part : size - done);
	}
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
		const uint32_t *header = (const void *)ring_reader_at(reader, offset);
		if (!header) {
			progress->error = -ENOMEM;
			break;
		}
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
	const unsigned long limit = progress.at + reader->bytes;
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
		unsigned long produced = __atomic_load_n(reader->produced, __ATOMIC_SEQ_CST);
		ring_reader_read(reader, produced < limit ? produced : limit, callback, data,
				 &progress);
		__atomic_store_n(reader->position, progress.at, __ATOMIC_SEQ_CST);
	} while (progress.at != before && progress.error >= 0);
	return progress.error < 0 ? progress.error : progress.count;
}

uint64_t ring_reader_position(const struct ring_reader *reader)
{
	return *reader->position;
}
