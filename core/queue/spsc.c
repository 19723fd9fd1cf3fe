/* SPDX-License-Identifier: Apache-2.0 */
#include "core/queue/spsc.h"

#include <errno.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Two cache lines: the adjacent-line prefetcher of x86 loads lines in pairs. */
#define SPSC_CACHE_LINE 128

struct spsc {
	/* Written once by spsc_new, read by both threads. */
	unsigned char *items;
	size_t item_size;
	uint64_t mask;
	int fd;

	/* The producer's line. */
	alignas(SPSC_CACHE_LINE) _Atomic uint64_t tail; /* the next slot to write */
	uint64_t head_seen;                             /* the producer's copy of head */
	uint64_t notified;                              /* tail at the last spsc_wake */

	/* The consumer's line. */
	alignas(SPSC_CACHE_LINE) _Atomic uint64_t head; /* the next slot to read */
	uint64_t tail_seen;                             /* the consumer's copy of tail */

	/* Both threads write this flag, but rarely. It has its own cache line, so that these writes
	 * do not slow access to the indices. */
	alignas(SPSC_CACHE_LINE) atomic_bool armed;
};

int spsc_new(size_t capacity, size_t item_size, struct spsc **out)
{
	if (capacity < 2 || (capacity & (capacity - 1)) != 0 || item_size == 0)
		return -EINVAL;
	if (capacity > SIZE_MAX / item_size)
		return -ENOMEM;

	struct spsc *queue = aligned_alloc(SPSC_CACHE_LINE, sizeof(*queue));
	if (!queue)
		return -ENOMEM;
	memset(queue, 0, sizeof(*queue));
	queue->item_size = item_size;
	queue->mask = capacity - 1;
	queue->fd = -1;

	int error = -ENOMEM;
	/* Do not zero the items: pages that are never written take no memory. */
	queue->items = malloc(capacity * item_size);
	if (!queue->items)
		goto fail;
	queue->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (queue->fd < 0) {
		error = -errno;
		goto fail;
	}
	atomic_init(&queue->tail, 0);
	atomic_init(&queue->head, 0);
	atomic_init(&queue->armed, false);
	*out = queue;
	return 0;

fail:
	spsc_free(queue);
	return error;
}

void spsc_free(struct spsc *queue)
{
	if (!queue)
		return;
	if (queue->fd >= 0)
		close(queue->fd);
	free(queue->items);
	free(queue);
}

bool spsc_push(struct spsc *queue, const void *item)
{
	uint64_t tail = atomic_load_explicit(&queue->tail, memory_order_relaxed);
	if (tail - queue->head_seen > queue->mask) {
		queue->head_seen = atomic_load_explicit(&queue->head, memory_order_acquire);
		if (tail - queue->head_seen > queue->mask)
			return false;
	}
	memcpy(queue->items + (tail & queue->mask) * queue->item_size, item, queue->item_size);
	atomic_store_explicit(&queue->tail, tail + 1, memory_order_release);
	return true;
}

void spsc_notify(struct spsc *queue)
{
	if (atomic_load_explicit(&queue->tail, memory_order_relaxed) != queue->notified)
		spsc_wake(queue);
}

void spsc_wake(struct spsc *queue)
{
	queue->notified = atomic_load_explicit(&queue->tail, memory_order_relaxed);
	if (!atomic_exchange_explicit(&queue->armed, false, memory_order_acq_rel))
		return;
	uint64_t one = 1;
	/* write fails (EAGAIN) only after 2^64 - 2 unread wake-ups. The descriptor is readable
	 * then, so the consumer wakes up anyway. */
	ssize_t written = write(queue->fd, &one, sizeof(one));
	(void)written;
}

size_t spsc_pop(struct spsc *queue, void *items, size_t max)
{
	uint64_t head = atomic_load_explicit(&queue->head, memory_order_relaxed);
	if (queue->tail_seen - head < max)
		queue->tail_seen = atomic_load_explicit(&queue->tail, memory_order_acquire);

	uint64_t available = queue->tail_seen - head;
	size_t count = available < max ? (size_t)available : max;
	if (count == 0)
		return 0;

	size_t first = (size_t)(head & queue->mask);
	size_t until_wrap = (size_t)(queue->mask + 1) - first;
	size_t run = count < until_wrap ? count : until_wrap;
	memcpy(items, queue->items + first * queue->item_size, run * queue->item_size);
	if (run < count)
		memcpy((unsigned char *)items + run * queue->item_size, queue->items,
		       (count - run) * queue->item_size);
	atomic_store_explicit(&queue->head, head + count, memory_order_release);
	return count;
}

/* Clears the flag `armed`. Uses an exchange: a plain store could come between the producer's
 * exchange and the consumer's next exchange. The consumer would then read its own store instead of
 * the producer's value, and would not synchronise with the producer. */
static void spsc_clear_armed(struct spsc *queue)
{
	atomic_exchange_explicit(&queue->armed, false, memory_order_acq_rel);
}

bool spsc_arm(struct spsc *queue)
{
	atomic_exchange_explicit(&queue->armed, true, memory_order_acq_rel);
	uint64_t head = atomic_load_explicit(&queue->head, memory_order_relaxed);
	if (atomic_load_explicit(&queue->tail, memory_order_acquire) == head)
		return true;
	spsc_clear_armed(queue);
	return false;
}

void spsc_disarm(struct spsc *queue)
{
	spsc_clear_armed(queue);
	uint64_t count;
	ssize_t got = read(queue->fd, &count, sizeof(count));
	(void)got;
}

int spsc_fd(const struct spsc *queue)
{
	return queue->fd;
}

size_t spsc_size(struct spsc *queue)
{
	uint64_t head = atomic_load_explicit(&queue->head, memory_order_relaxed);
	uint64_t tail = atomic_load_explicit(&queue->tail, memory_order_relaxed);
	return tail > head ? (size_t)(tail - head) : 0;
}
