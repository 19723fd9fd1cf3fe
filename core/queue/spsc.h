/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded lock-free queue of records between exactly two threads.
 *
 * Roles: one producer thread calls spsc_push and spsc_notify; one consumer thread calls spsc_pop,
 * spsc_arm, spsc_disarm and reads spsc_fd. Any thread may call spsc_size for a rough figure.
 * spsc_new and spsc_free belong to neither: both threads must not be running, or not know the
 * queue.
 *
 * Full: spsc_push copies nothing and returns false; the producer counts the loss or waits, the
 * queue never blocks. Empty: spsc_pop returns 0.
 *
 * Order: first in, first out. What the producer wrote into a record before spsc_push is seen by the
 * consumer after spsc_pop: the push publishes with a release store of `tail`, the pop reads it with
 * an acquire load; the slot goes back to the producer in the same way through `head`.
 *
 * Indices run freely and are masked on use, so that full and empty need no spare slot; they wrap at
 * 2^64, which no machine lives to see. Each side keeps a copy of the other's index in its own cache
 * line, and looks at the real one only when the copy says full or empty: one shared cache line
 * moves per batch instead of per record.
 *
 * Waking: the consumer sleeps in epoll on spsc_fd. spsc_arm says "I am about to sleep" and looks
 * once more; spsc_notify writes the eventfd only if the consumer said so, once. No wake-up is lost:
 * whoever changes the flag does so by an atomic exchange (acquire and release). If the producer's
 * comes second it reads "sleeps" and writes the eventfd; if it comes first, an exchange of the
 * consumer's reads from it, and so the consumer's look at `tail` sees every push before it. The
 * exchange costs one locked instruction per batch.
 */
#ifndef POLECAT_CORE_QUEUE_SPSC_H
#define POLECAT_CORE_QUEUE_SPSC_H

#include <stdbool.h>
#include <stddef.h>

struct spsc;

/*
 * Makes a queue of `capacity` items (a power of two, at least 2) of `item_size` bytes each.
 * 0, or -EINVAL, -ENOMEM, or what eventfd(2) says; *out is untouched on failure. Free with
 * spsc_free.
 */
int spsc_new(size_t capacity, size_t item_size, struct spsc **out);

/* Frees the queue, not what its items point to: drain it first. NULL is fine. */
void spsc_free(struct spsc *queue);

/* Producer. Copies one item in. False: full, nothing was copied. Does not wake the consumer:
 * spsc_notify does. */
bool spsc_push(struct spsc *queue, const void *item);

/* Producer. Wakes the consumer if it said that it sleeps. Call after a batch, and before waiting
 * for anything. */
void spsc_notify(struct spsc *queue);

/* Consumer. Copies up to `max` items out to `items`, oldest first, and returns how many; 0: empty.
 */
size_t spsc_pop(struct spsc *queue, void *items, size_t max);

/*
 * Consumer. Call before sleeping on spsc_fd. True: the queue is empty and the next spsc_notify
 * writes the eventfd. False: something came in meanwhile, pop again instead of sleeping.
 */
bool spsc_arm(struct spsc *queue);

/* Consumer. Takes the eventfd's count back after it woke the consumer; without this, epoll reports
 * it for ever. */
void spsc_disarm(struct spsc *queue);

/* The eventfd: non-blocking, close-on-exec, owned by the queue. */
int spsc_fd(const struct spsc *queue);

/* Any thread. How many items are in the queue, roughly. */
size_t spsc_size(struct spsc *queue);

#endif
