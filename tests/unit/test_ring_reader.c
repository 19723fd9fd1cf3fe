/* SPDX-License-Identifier: Apache-2.0 */
/* A file in memory takes the place of the kernel's ring: the page of the reader's position, the
 * page of the writer's position, and the data. */
#define _GNU_SOURCE /* memfd_create */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include <linux/bpf.h>

#include "core/base/array.h"
#include "core/source/ebpf/ring_reader.h"

/* The size of the ring: several times the part that the reader maps at once. */
#define RING_BYTES ((size_t)2 << 20)

struct ring {
	int fd;
	size_t page;
	char *memory;
	struct ring_reader *reader;
	/* The records that the callback got: the first byte and the size of each. */
	unsigned char first[64];
	size_t sizes[64];
	size_t count;
	int answer; /* of the callback */
};

static int ring_note(void *data, void *record, size_t size)
{
	struct ring *ring = data;
	const unsigned char *bytes = record;

	for (size_t i = 1; i < size; i++)
		assert_int_equal(bytes[i], bytes[0]);
	assert_int_equal((uintptr_t)record % 8, 0);
	ring->first[ring->count] = bytes[0];
	ring->sizes[ring->count++] = size;
	return ring->answer;
}

static unsigned long *ring_read_position(struct ring *ring)
{
	return (unsigned long *)(void *)ring->memory;
}

static unsigned long *ring_write_position(struct ring *ring)
{
	return (unsigned long *)(void *)(ring->memory + ring->page);
}

/* Adds a record of `size` bytes with the value `byte`. */
static void ring_write(struct ring *ring, unsigned char byte, size_t size, uint32_t flags)
{
	unsigned long *position = ring_write_position(ring);
	char *data = ring->memory + 2 * ring->page;
	uint32_t header = (uint32_t)size | flags;

	memcpy(data + *position % RING_BYTES, &header, sizeof(header));
	for (size_t i = 0; i < size; i++)
		data[(*position + BPF_RINGBUF_HDR_SZ + i) % RING_BYTES] = (char)byte;
	*position += (BPF_RINGBUF_HDR_SZ + size + 7) / 8 * 8;
}

/* Commits the record at a position. */
static void ring_commit(struct ring *ring, unsigned long position)
{
	uint32_t header;
	char *at = ring->memory + 2 * ring->page + position % RING_BYTES;

	memcpy(&header, at, sizeof(header));
	header &= ~(uint32_t)BPF_RINGBUF_BUSY_BIT;
	memcpy(at, &header, sizeof(header));
}

static int setup(void **state)
{
	static struct ring ring;

	ring = (struct ring){.fd = memfd_create("ring", MFD_CLOEXEC),
			     .page = (size_t)sysconf(_SC_PAGESIZE)};
	size_t size = 2 * ring.page + RING_BYTES;
	assert_int_equal(ftruncate(ring.fd, (off_t)size), 0);
	ring.memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, 0);
	assert_ptr_not_equal(ring.memory, MAP_FAILED);
	assert_int_equal(ring_reader_open(ring.fd, RING_BYTES, &ring.reader), 0);
	*state = &ring;
	return 0;
}

static int teardown(void **state)
{
	struct ring *ring = *state;

	ring_reader_close(ring->reader);
	munmap(ring->memory, 2 * ring->page + RING_BYTES);
	close(ring->fd);
	return 0;
}

static void test_records_in_order(void **state)
{
	struct ring *ring = *state;

	ring_write(ring, 1, 16, 0);
	ring_write(ring, 2, 5, 0);
	ring_write(ring, 3, 8, BPF_RINGBUF_DISCARD_BIT);
	ring_write(ring, 4, 1, 0);
	assert_int_equal(ring_reader_consume(ring->reader, ring_note, ring), 3);
	assert_int_equal(ring->count, 3);
	assert_int_equal(ring->first[1], 2);
	assert_int_equal(ring->sizes[1], 5);
	assert_int_equal(ring->first[2], 4);
	assert_int_equal(*ring_read_position(ring), *ring_write_position(ring));
	assert_int_equal(ring_reader_consume(ring->reader, ring_note, ring), 0);
}

/* Stops at a record that is not committed, and reads it once it is. */
static void test_uncommitted(void **state)
{
	struct ring *ring = *state;

	ring_write(ring, 1, 8, 0);
	unsigned long pending = *ring_write_position(ring);
	ring_write(ring, 2, 8, BPF_RINGBUF_BUSY_BIT);
	ring_write(ring, 3, 8, 0);
	assert_int_equal(ring_reader_consume(ring->reader, ring_note, ring), 1);
	assert_int_equal(*ring_read_position(ring), pending);
	ring_commit(ring, pending);
	assert_int_equal(ring_reader_consume(ring->reader, ring_note, ring), 2);
	assert_int_equal(ring->first[2], 3);
}

/* Records of many sizes cross the ends of the ring and of its mapped parts. */
static void test_wrap(void **state)
{
	struct ring *ring = *state;
	static const size_t sizes[] = {1000, 504, 128, 1, 2000, 24};

	for (unsigned int round = 0; round < 12000; round++) {
		size_t size = sizes[round % ARRAY_LENGTH(sizes)];
		ring->count = 0;
		ring_write(ring, (unsigned char)round, size, 0);
		assert_int_equal(ring_reader_consume(ring->reader, ring_note, ring), 1);
		assert_int_equal(ring->first[0], (unsigned char)round);
		assert_int_equal(ring->sizes[0], size);
	}
	assert_true(*ring_read_position(ring) > 3 * RING_BYTES);

	/* A record that is longer than a mapped part. */
	ring_write(ring, 7, RING_BYTES / 2, 0);
	assert_int_equal(ring_reader_consume(ring->reader, ring_note, ring), 1);
	assert_int_equal(ring->sizes[1], RING_BYTES / 2);
}

/* If the callback fails, the reader stops after the record that it passed to the callback. */
static void test_callback_ends_the_reading(void **state)
{
	struct ring *ring = *state;

	ring_write(ring, 1, 8, 0);
	ring_write(ring, 2, 8, 0);
	ring->answer = -ECANCELED;
	assert_int_equal(ring_reader_consume(ring->reader, ring_note, ring), -ECANCELED);
	assert_int_equal(ring->count, 1);
	ring->answer = 0;
	assert_int_equal(ring_reader_consume(ring->reader, ring_note, ring), 1);
	assert_int_equal(ring->first[1], 2);
}

/* Adds a record for each record that is read. */
static int ring_note_and_write(void *data, void *record, size_t size)
{
	struct ring *ring = data;

	ring_write(ring, 1, size, 0);
	ring->count = 0;
	return ring_note(data, record, size);
}

/* Records come as fast as they are read. The reader still returns. */
static void test_endless_records(void **state)
{
	struct ring *ring = *state;

	ring_write(ring, 1, 8, 0);
	assert_int_equal(ring_reader_consume(ring->reader, ring_note_and_write, ring),
			 RING_BYTES / (BPF_RINGBUF_HDR_SZ + 8));
	assert_int_equal(ring_reader_position(ring->reader), RING_BYTES);
	ring->count = 0;
	assert_int_equal(ring_reader_consume(ring->reader, ring_note, ring), 1);
	assert_int_equal(ring_reader_consume(ring->reader, ring_note, ring), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_records_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_uncommitted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wrap, setup, teardown),
		cmocka_unit_test_setup_teardown(test_callback_ends_the_reading, setup, teardown),
		cmocka_unit_test_setup_teardown(test_endless_records, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ring reader", tests, NULL, NULL);
}
