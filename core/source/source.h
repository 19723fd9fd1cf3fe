/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A source: something that produces records, on a thread of its own, into a queue of its own.
 *
 * The thread knows nothing of who reads. Kernel sources never wait: a full queue counts a lost
 * record, and the next record that fits is preceded by a RECORD_LOST. Sources that read something
 * which can wait (a file, a pipe) wait.
 *
 * Life: a module's constructor (ebpf_source_start, stream_source_start …) makes the source with
 * source_new, fills in its private data, and starts the thread with source_start. The main loop
 * polls source_queue's eventfd, pops, looks at source_health, and in the end calls source_stop and
 * source_free.
 */
#ifndef POLECAT_CORE_SOURCE_SOURCE_H
#define POLECAT_CORE_SOURCE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/queue/spsc.h"
#include "core/record/record.h"

enum source_health_state {
	SOURCE_STARTING = 0,
	SOURCE_READY,  /* records flow */
	SOURCE_ABSENT, /* not there, and that is no fault */
	SOURCE_BROKEN, /* failed; message says why */
	SOURCE_ENDED,  /* said all that it had: end of a recording, child process gone with status 0
			*/
};

#define SOURCE_MESSAGE_SIZE 512

struct source_health {
	enum source_health_state state;
	int error; /* -errno where state is SOURCE_BROKEN; -EBADMSG for unreadable input */
	char message[SOURCE_MESSAGE_SIZE]; /* names the thing that failed and the remedy; control
					      bytes may be in it */
};

struct source;

struct source_operations {
	const char *label; /* "kernel", "recording", "stream": shown in the header */
	/*
	 * The thread's body. Returns when source_stopping(source) or when there is nothing more to
	 * say. It reports its health itself; a return without SOURCE_BROKEN or SOURCE_ABSENT
	 * becomes SOURCE_ENDED.
	 */
	void (*run)(struct source *source, void *data);
	/* Frees data, after the thread has ended; main thread. */
	void (*free_data)(void *data);
};

/* Makes a source that is not running yet and owns data from then on (even if this fails). 0 or
 * -errno. */
int source_new(const struct source_operations *operations, void *data, struct source **out);

/* Starts the thread, with all signals blocked in it. 0 or -errno. Main thread, once. */
int source_start(struct source *source);

/* Asks the thread to end and waits for it. Pops nothing: the main loop can still drain. Main
 * thread. */
void source_stop(struct source *source);

/*
 * What was lost and found no room in the queue to be told, now that the thread has ended and the
 * queue was drained: puts it there. True: there is something to pop. Main thread, after
 * source_stop.
 */
bool source_tell_rest(struct source *source);

/* Stops if need be, frees what is left in the queue, and the data. NULL is fine. Main thread. */
void source_free(struct source *source);

/* Any thread. The label of the operations. */
const char *source_label(const struct source *source);

/* For the module that made the source: the data that it gave to source_new. */
void *source_data(struct source *source);

/* Main thread. The queue of struct record to pop from. */
struct spsc *source_queue(struct source *source);

/* Main thread. A copy of the current health. */
void source_health(struct source *source, struct source_health *out);

/* Main thread. True once when the health changed since the last call. */
bool source_health_changed(struct source *source);

/*
 * Any thread. Tells a source of names that somebody without a name has turned up, so that it looks
 * now instead of at its next turn. Cheap, and never waits; many kicks before the source looks are
 * one.
 */
void source_kick(struct source *source);

/* The source's own thread, below. */

/* True when the thread must return. source_stop_fd is readable then: poll it beside whatever can
 * block. */
bool source_stopping(const struct source *source);
int source_stop_fd(const struct source *source);

/* Readable after source_kick; source_take_kick makes it unreadable again and says whether there was
 * one. */
int source_kick_fd(const struct source *source);
bool source_take_kick(struct source *source);

/* Sets the health, printf-like; wakes the main loop. */
void source_set_health(struct source *source, enum source_health_state state, int error,
		       const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Moves the record into the queue. Full: frees it and counts one lost (reported by the next emit
 * that fits). */
void source_emit(struct source *source, struct record *record);

/* Moves the record into the queue, waiting for room. False: stopping, the record was freed. */
bool source_emit_wait(struct source *source, struct record *record);

/* Wakes the main loop if it sleeps, and tells losses that were counted. After a batch of emits, and
 * before waiting. */
void source_flush(struct source *source);

/* Counts records lost elsewhere (kernel ring, unreadable line), to be reported as RECORD_LOST. */
void source_count_lost(struct source *source, enum lost_where where, uint64_t count);

#endif
