/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded lock-free queue of records between exactly two threads.
 *
 * Roles: one producer thread calls spsc_push, spsc_notify and spsc_wake. One consumer thread calls
 * spsc_pop, spsc_arm and spsc_disarm, and polls spsc_fd. Any thread may call spsc_size. Call
 * spsc_new and spsc_free while no other thread uses the queue.
 *
 * Full: spsc_push copies nothing and returns false; the producer counts the loss or waits. Empty:
 * spsc_pop returns 0. Neither function blocks.
 *
 * Order: first in, first out. The consumer sees in spsc_pop everything that the producer wrote
 * before spsc_push: the push publishes an item with a release store of `tail`, and the pop reads
 * `tail` with an acquire load. A slot returns to the producer in the same way through `head`.
 *
 * Indices run freely and are masked on use, so a full and an empty queue differ without a spare
 * slot. They would wrap at 2^64. Each side keeps a copy of the other side's index in its own cache
 * line and reads the real index only if the queue is full or empty according to the copy. So a
 * shared cache line moves once for each batch, not for each item.
 *
 * Waking: the consumer sleeps in epoll on spsc_fd. spsc_arm sets the flag `armed` and looks at
 * `tail` once more. spsc_wake clears the flag, and writes the eventfd if the flag was set.
 * spsc_notify does the same if there were pushes since the last call of either. No wake-up for a
 * push is lost, because both sides change the flag by an atomic exchange (acquire and release).
 * If the producer's exchange comes after the consumer's, the producer reads `true` and writes the
 * eventfd. If it comes before, the consumer's exchange reads the producer's value, so the consumer
 * then sees in `tail` every push that the producer made before its exchange. The exchange costs one
 * locked instruction for each batch.
 */
#ifndef POLECAT_CORE_QUEUE_SPSC_H
#define POLECAT_CORE_QUEUE_SPSC_H

#include <stdbool.h>
#include <stddef.h>

struct spsc;

/* Creates a queue of `capacity` (a power of two, at least 2) items of `item_size` bytes. Returns 0,
 * -EINVAL, -ENOMEM or an error of eventfd(2); *out is untouched on failure. */
int spsc_new(size_t capacity, size_t item_size, struct spsc **out);

/* Frees the queue, but not the memory that its items point to, so drain the queue first. NULL is
 * allowed. */
void spsc_free(struct spsc *queue);

/* Producer. Copies one item into the queue, or returns false if the queue is full. Does not wake
 * the consumer. */
bool spsc_push(struct spsc *queue, const void *item);

/* Producer. Wakes the consumer if it sleeps and there were pushes. Call after a batch, and before
 * the producer waits for anything. */
void spsc_notify(struct spsc *queue);

/* Producer. Wakes the consumer if it sleeps, for a change outside of the queue that the producer
 * made before the call. */
void spsc_wake(struct spsc *queue);

/* Consumer. Moves up to `max` items to `items`, oldest first, and returns their number. */
size_t spsc_pop(struct spsc *queue, void *items, size_t max);

/* Consumer. Call before sleeping on spsc_fd. True: the queue is empty, and the next spsc_notify
 * after a push, or spsc_wake, writes the eventfd. False: there are items; pop them first. */
bool spsc_arm(struct spsc *queue);

/* Consumer. Call after a wake-up. Clears the flag and resets the eventfd, which epoll would
 * otherwise report again at once. */
void spsc_disarm(struct spsc *queue);

/* Returns the eventfd, which is non-blocking, close-on-exec and owned by the queue. */
int spsc_fd(const struct spsc *queue);

/* Any thread. Returns the approximate number of items in the queue. */
size_t spsc_size(struct spsc *queue);

#endif
