/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the records of a BPF ring buffer (Documentation/bpf/ringbuf.rst in the kernel's source).
 *
 * There are two differences to libbpf's reader. This one maps only the part of the data that it
 * reads, because all mapped pages count as resident memory (libbpf maps the data twice). It
 * publishes the reader's position once for many records, because each store takes the cache line
 * from the CPUs that write records. One thread at a time may use a reader.
 */
#ifndef POLECAT_CORE_SOURCE_EBPF_RING_READER_H
#define POLECAT_CORE_SOURCE_EBPF_RING_READER_H

#include <stddef.h>
#include <stdint.h>

struct ring_reader;

/* Called for each record. The record is aligned to 8 bytes, valid during the call, and must not be
 * changed. A negative result ends the reading. */
typedef int ring_callback(void *data, void *record, size_t size);

/* Maps the ring. `map_fd` must stay open as long as the reader; `bytes` is the ring's size. Returns
 * 0 or -errno. */
int ring_reader_open(int map_fd, size_t bytes, struct ring_reader **out);

/* NULL is fine. */
void ring_reader_close(struct ring_reader *reader);

/*
 * Reads all committed records, but at most as many bytes as the ring has, so that the call returns
 * even if programs add records as fast as it reads. Returns the number of records, the negative
 * result of the callback, or -ENOMEM with the record that caused it still in the ring.
 *
 * If the call returns 0, the ring is empty. A record that is committed after the last look at the
 * ring stays there, and its commit wakes the reader. So a reader that polls `map_fd` next misses no
 * record.
 */
int ring_reader_consume(struct ring_reader *reader, ring_callback *callback, void *data);

/* Returns the position behind the last record that was read: the bytes that the ring had before
 * it. */
uint64_t ring_reader_position(const struct ring_reader *reader);

#endif
