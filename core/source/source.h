/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A source produces records in a thread of its own and puts them into a queue of its own. The
 * thread does not know the reader of the queue.
 *
 * While the queue is full, a source waits for room. Its input waits then, too (a file, a pipe, an
 * API), or loses events by its own rules: while the kernel source waits, the kernel programs divide
 * the room in their ring among the cgroups (bpf/ring.h). The queue itself would lose events of any
 * cgroup.
 *
 * Life cycle: the module's constructor (ebpf_source_start, stream_source_open_file …) creates the
 * source with source_new. source_start starts the thread. The main loop polls the eventfd of
 * source_queue, pops records and reads source_health. At the end it calls source_stop and
 * source_free. To get all records that the source has at the end, it first calls source_ask_stop,
 * and pops records until source_has_ended returns true.
 *
 * Many sources can share the thread and the queue of another source, their carrier
 * (source_new_carried). The records of such a source have its `origin`. Its health is its own, and
 * while the carrier's queue is full, all sources of the carrier wait. A carrier is stopped and
 * freed after the sources that it carries.
 */
#ifndef POLECAT_CORE_SOURCE_SOURCE_H
#define POLECAT_CORE_SOURCE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/queue/spsc.h"
#include "core/record/record.h"

enum source_health_state {
	SOURCE_STARTING = 0,
	SOURCE_READY,  /* records may arrive */
	SOURCE_ABSENT, /* the input does not exist on this machine, which is not a failure */
	SOURCE_BROKEN, /* failed; the message says why */
	SOURCE_ENDED,  /* the input has ended; it was complete unless error is -ENODATA */
};

#define SOURCE_MESSAGE_SIZE 512

struct source_health {
	enum source_health_state state;
	/* -errno if the state is SOURCE_BROKEN; -EBADMSG: unreadable input. -ENODATA, in any state:
	 * the source's data is incomplete, and the message describes the gap. */
	int error;
	char message[SOURCE_MESSAGE_SIZE]; /* names the thing that failed and the remedy; may
					      contain control bytes */
};

struct source;

struct source_operations {
	const char *label; /* the source's name in the header: "kernel", "recording", "cri" */
	/*
	 * The body of the thread. Returns when source_stopping(source) is true or the input has
	 * ended. Reports the health itself. If the last state is neither SOURCE_BROKEN nor
	 * SOURCE_ABSENT, it becomes SOURCE_ENDED after the return.
	 */
	void (*run)(struct source *source, void *data);
	/* Frees data after the thread has ended. Main thread. */
	void (*free_data)(void *data);
	/*
	 * Of a carrier: accepts a carried source, whose thread `run` is from this call on. The
	 * carrier serves it until source_stopping(carried) is true or its input has ended, and then
	 * calls source_end_carried. Returns 0 or -errno. NULL: carries no sources. Main thread.
	 */
	int (*take)(void *data, struct source *carried);
	/* False: the thread enters the sandbox (core/sandbox/sandbox.h) before `run`. True: `run`
	 * does so when it needs its privileges no more. */
	bool enters_sandbox;
};

/* Makes a source without starting its thread. The source owns data, even if this call fails. The
 * operations must live as long as the source. Returns 0 or -errno. */
int source_new(const struct source_operations *operations, void *data, struct source **out);

/* Makes a source without a thread and a queue of its own, whose operations have no `run`. `origin`
 * is not 0, and is in each record of the source. The carrier must outlive it. Otherwise like
 * source_new. */
int source_new_carried(const struct source_operations *operations, void *data,
		       struct source *carrier, uint32_t origin, struct source **out);

/* Returns the carrier, or NULL. Any thread. */
struct source *source_carrier(const struct source *source);

/* Returns true once after the health of one of the carrier's sources changed. Main thread. */
bool source_carried_changed(struct source *carrier);

/* Starts the thread. All signals except those of a crash (SIGSEGV …) are blocked in it. Returns 0
 * or -errno. Main thread, once. */
int source_start(struct source *source);

/* Calls source_new and source_start. If either fails, nothing remains. Main thread. */
int source_start_new(const struct source_operations *operations, void *data, struct source **out);

/* Asks the thread to end, and does not wait for it. Main thread. */
void source_ask_stop(struct source *source);

/* Returns whether the thread pushes no more records. Main thread. */
bool source_has_ended(const struct source *source);

/* Asks the thread to end and waits for it. From this call on, the thread does not wait for room in
 * the queue. Pops nothing: the main loop can still drain the queue. Of a carried source, waits for
 * its end only. If other sources of its carrier may wait for room, call source_ask_stop for them
 * first. Main thread. */
void source_stop(struct source *source);

/* Pushes the RECORD_LOST that did not fit into the queue before. Call it after source_stop (also of
 * the carrier), when the queue is empty. Returns true if there is a record to pop. Main thread. */
bool source_push_rest(struct source *source);

/* Stops the source if it runs, and frees the records in the queue and the data. NULL is fine. Main
 * thread. */
void source_free(struct source *source);

/* Returns the name of the kind of source, for messages (source_operations.label). Any thread. */
const char *source_label(const struct source *source);

/* Returns the data given to source_new. Only the module that made the source may call this. */
void *source_data(struct source *source);

/* Returns the queue of struct record to pop from, which is that of the carrier for a carried
 * source. Main thread. */
struct spsc *source_queue(struct source *source);

/* Copies the current health. Main thread. */
void source_health(struct source *source, struct source_health *out);

/* Returns the state of the current health. Main thread. */
enum source_health_state source_state(struct source *source);

/* Returns whether a state is the last one of a source that provides records. */
static inline bool source_state_is_final(enum source_health_state state)
{
	return state == SOURCE_ABSENT || state == SOURCE_BROKEN || state == SOURCE_ENDED;
}

/* Returns true once after each change of the health. Main thread. */
bool source_health_changed(struct source *source);

/* Makes an identity source read the names of containers now instead of at its next interval. Call
 * it when a container without a name has appeared. Never waits. Further calls before that reading
 * have no effect. Any thread. */
void source_kick(struct source *source);

/* The functions below are for the source's own thread, or that of its carrier. */

/* Returns true if the thread must return. At the same time source_stop_fd becomes readable: poll it
 * together with other descriptors. */
bool source_stopping(const struct source *source);
int source_stop_fd(const struct source *source);

/* source_kick_fd is readable after source_kick, until source_clear_kick. */
int source_kick_fd(const struct source *source);
void source_clear_kick(struct source *source);

/* Sets the health, printf-like, and wakes the main loop if it changed. */
void source_set_health(struct source *source, enum source_health_state state, int error,
		       const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Moves the record into the queue. Waits for room while the queue is full, also after
 * source_ask_stop. After source_stop, if the queue is full, frees the record and counts the loss.
 * Does not wake the main loop if the record fits at once: call source_flush after a batch. */
void source_emit(struct source *source, struct record *record);

/* Moves the record into the queue; waits for room. Returns false if the source is being stopped,
 * after freeing the record. Wakes the main loop, except for a carried source: its carrier calls
 * source_flush after a batch. */
bool source_emit_wait(struct source *source, struct record *record);

/* Wakes the main loop without a record, so that it asks the module for other news. */
void source_wake(struct source *source);

/* Wakes the main loop if it sleeps, and pushes the losses that were counted. Call it after a batch
 * of emits and before waiting. */
void source_flush(struct source *source);

/* Returns how many records did not fit into the queue so far. */
uint64_t source_queue_lost(const struct source *source);

/* Counts records lost elsewhere (kernel ring, unreadable line), which become a RECORD_LOST. */
void source_count_lost(struct source *source, enum lost_where where, uint64_t count);

/* Ends a carried source: pushes its losses, and reports the end. The carrier does not use the
 * source after this call. */
void source_end_carried(struct source *source);

#endif
