/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/segments/segment_fold.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/aggregate/aggregate.h"
#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/record/json/record_json.h"
#include "core/source/segments/hash_map.h"
#include "core/source/segments/segment_file.h"
#include "core/source/stream/stream_lines.h"

/* The bytes that are compressed and written at once. */
#define TEXT_SIZE (256u << 10)

/* One interval from 1970 to 2262, so that the connections of an edge are in one record. */
#define INTERVAL_NS ((uint64_t)INT64_MAX)

/* As many as the state of a recorder keeps by default, so that none is forgotten. */
#define MAX_CONNECTIONS 100000u

/* Further names and look-ups are written each time. */
#define MAX_NAMES (1u << 18)

struct segment_fold {
	struct segment_fold_options options;
	int *parts; /* descriptors */
	size_t part_count;
	size_t at;                  /* the part that is read */
	struct stream_lines *lines; /* of that part; NULL: not begun */
	struct segment_file file;
	struct aggregate *aggregate;
	struct hash_map open;  /* the connections that are open at the end; keys: their hashes */
	struct hash_map names; /* hash of the name of a record -> hash of its latest line */
	struct buffer line;
	struct buffer text; /* not written yet */
	uint64_t first_ns;  /* of the events in `text` */
	uint64_t last_ns;
	bool steps;
	int error;
};

/* --- the connections that are open at the end --- */

static uint64_t segment_fold_conn(const struct flow *flow)
{
	uint64_t hash = hash_string(hash_seed(), flow->names ? flow->names->node : NULL);

	if (flow->has & FLOW_HAS_ID)
		return hash_add(hash, flow->id);
	hash = hash_bytes(hash, &flow->src, sizeof(flow->src));
	hash = hash_bytes(hash, &flow->dst, sizeof(flow->dst));
	hash = hash_add(hash, (uint64_t)flow->sport << 16 | flow->dport);
	return hash_add(hash, (uint64_t)flow->protocol << 8 | flow->direction);
}

/* Stores a connection of the start of the next segment. Returns false after the start. */
static bool segment_fold_note_open(struct segment_fold *fold, const struct stream_line *line)
{
	struct record record = {.kind = RECORD_NONE};
	struct record_json_error error = {0};
	bool goes_on = true;

	if (record_json_read(line->text, line->length, &record, &error))
		return true;
	if (record.kind == RECORD_FLOW) {
		goes_on = record.flow.event == FLOW_OPEN;
		if (goes_on &&
		    hash_map_set(&fold->open, segment_fold_conn(&record.flow), 1, UINT32_MAX - 1))
			fold->error = -ENOMEM;
	}
	record_free(&record);
	return goes_on && !fold->error;
}

static int segment_fold_open_part(const struct segment_fold *fold, const struct segment_name *name)
{
	char text[SEGMENT_NAME_SIZE];

	segment_name_format(name, text);
	int fd = openat(fold->options.folder, text, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW);
	return fd < 0 ? -errno : fd;
}

/* Reads the start of the next segment. */
static int segment_fold_read_next(struct segment_fold *fold, const struct segment_name *next)
{
	struct stream_lines *lines = NULL;
	struct stream_line line = {0};
	int fd = segment_fold_open_part(fold, next);

	if (fd < 0)
		return fd;
	int error = stream_lines_new(fd, RECORD_JSON_LINE_MAX, &lines);
	while (!error && stream_lines_next(lines, -1, NULL, &line) == 1) {
		if (!segment_fold_note_open(fold, &line))
			break;
	}
	stream_lines_free(lines);
	close(fd);
	return error ? error : fold->error;
}

/* --- writing --- */

static void segment_fold_write(struct segment_fold *fold)
{
	const struct segment_text text = {
		.text = fold->text.data,
		.length = fold->text.length,
		.first_ns = fold->first_ns,
		.last_ns = fold->last_ns,
		.steps = fold->steps,
	};

	if (text.length == 0 || fold->error)
		return;
	fold->error = segment_file_pack(&fold->file, &text);
	if (!fold->error)
		fold->error = segment_file_write(&fold->file);
	buffer_clear(&fold->text);
	fold->first_ns = 0;
	fold->last_ns = 0;
	fold->steps = false;
}

static void segment_fold_note_time(struct segment_fold *fold, uint64_t first_ns, uint64_t last_ns)
{
	if (first_ns && (!fold->first_ns || first_ns < fold->first_ns))
		fold->first_ns = first_ns;
	if (last_ns > fold->last_ns)
		fold->last_ns = last_ns;
}

/* Returns a hash of the texts that name a record, or of a look-up without its times. */
static uint64_t segment_fold_name(const struct record *record)
{
	static const char *const keys[] = {"node", "namespace", "pod",   "container_id", "id",
					   "name", "type",      "rcode", "server"};
	uint64_t hash = hash_add(hash_seed(), record->kind);

	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
		/* A pod may get its node later, and a container its pod. */
		bool is_value = record->kind != RECORD_DNS && record->kind != RECORD_HELLO &&
				(i == 0 || i == 2);
		char *const *text = is_value ? NULL : record_member(record, keys[i]);
		hash = hash_string(hash, text ? *text : NULL);
	}
	return hash;
}

/* Adds what distinguishes two look-ups of one name. */
static uint64_t segment_fold_lookup(uint64_t hash, const struct dns_record *dns)
{
	for (size_t i = 0; i < dns->addresses.count; i++)
		hash = hash_string(hash, dns->addresses.items[i]);
	for (size_t i = 0; i < dns->aliases.count; i++)
		hash = hash_string(hash, dns->aliases.items[i]);
	hash = hash_add(hash, dns->cgroup_id);
	return hash_add(hash, (uint64_t)dns->unanswered << 2 | (uint64_t)dns->malformed << 1 |
				      (dns->strays > 0));
}

/* Returns whether the line of a record adds nothing to the lines before. */
static bool segment_fold_is_known(struct segment_fold *fold, const struct record *record)
{
	uint64_t name = segment_fold_name(record);
	uint64_t line = 1;
	const uint64_t *known;

	if (record->kind == RECORD_DNS)
		name = segment_fold_lookup(name, record->dns);
	else
		line = hash_bytes(hash_seed(), fold->line.data, fold->line.length);
	known = hash_map_get(&fold->names, name);
	if (known && *known == line)
		return true;
	(void)hash_map_set(&fold->names, name, line, MAX_NAMES);
	return false;
}

/* Writes a record of the aggregator. */
static void segment_fold_emit(void *data, const struct record *record)
{
	struct segment_fold *fold = data;

	buffer_clear(&fold->line);
	if (record_json_write(&fold->line, record, NULL))
		return;
	switch ((enum record_kind)record->kind) {
	case RECORD_EDGE:
		segment_fold_note_time(fold, record->edge->from_ns, record->edge->flow.ts_ns);
		break;
	case RECORD_DNS:
		if (segment_fold_is_known(fold, record))
			return;
		segment_fold_note_time(fold, record->dns->ts_ns, record->dns->ts_ns);
		break;
	case RECORD_CLOCK:
		fold->steps = true;
		break;
	case RECORD_LOST:
		break;
	default:
		if (segment_fold_is_known(fold, record))
			return;
		break;
	}
	if (buffer_append(&fold->text, fold->line.data, fold->line.length))
		fold->error = -ENOMEM;
	if (fold->text.length >= TEXT_SIZE)
		segment_fold_write(fold);
}

/* --- reading --- */

int segment_fold_new(const struct segment_fold_options *options, struct segment_fold **out)
{
	struct segment_fold *fold = memory_checked(calloc(1, sizeof(*fold)));
	const struct aggregate_options aggregate = {
		.interval_ns = INTERVAL_NS,
		.max_connections = MAX_CONNECTIONS,
		.emit = segment_fold_emit,
		.data = fold,
	};
	const struct segment_name *first = &options->parts[0].name;
	struct segment_name name = options->parts[options->count - 1].name;
	int error = -ENOMEM;

	if (!fold)
		return error;
	fold->options = *options;
	fold->parts = memory_checked(calloc(options->count, sizeof(*fold->parts)));
	if (fold->parts)
		error = aggregate_new(&aggregate, &fold->aggregate);
	for (size_t i = 0; i < options->count && !error; i++) {
		int fd = segment_fold_open_part(fold, &options->parts[i].name);
		if (fd < 0)
			error = fd;
		else
			fold->parts[fold->part_count++] = fd;
	}
	if (!error && options->next)
		error = segment_fold_read_next(fold, options->next);
	name.from = first->from ? first->from : first->number;
	name.first_ns = first->first_ns;
	name.closed = false;
	name.steps = false;
	name.cut = false;
	if (!error)
		error = segment_file_open(&fold->file, options->folder, &name);
	if (error)
		segment_fold_free(fold);
	else
		*out = fold;
	return error;
}

static void segment_fold_line(struct segment_fold *fold, const struct stream_line *line)
{
	struct record record = {.kind = RECORD_NONE};
	struct record_json_error error = {0};
	int result = record_json_read(line->text, line->length, &record, &error);

	if (result == -EBADMSG || result == -ENOMEM)
		fold->file.name.cut = true;
	if (result)
		return;
	if (record.kind != RECORD_FLOW ||
	    !hash_map_get(&fold->open, segment_fold_conn(&record.flow)))
		aggregate_add(fold->aggregate, &record);
	record_free(&record);
}

/* Ends the present part. `more` is the last result of stream_lines_next. */
static void segment_fold_end_part(struct segment_fold *fold, int more)
{
	const struct segment_name *name = &fold->options.parts[fold->at].name;

	/* The gap of a part stays a gap. */
	fold->file.name.cut |= more != 0 || name->cut || !name->closed;
	stream_lines_free(fold->lines);
	fold->lines = NULL;
	fold->at++;
}

int segment_fold_step(struct segment_fold *fold, size_t length)
{
	struct stream_line line = {0};
	size_t done = 0;

	while (fold->at < fold->part_count && done < length && !fold->error) {
		if (!fold->lines)
			fold->error = stream_lines_new(fold->parts[fold->at], RECORD_JSON_LINE_MAX,
						       &fold->lines);
		if (fold->error)
			break;
		int more = stream_lines_next(fold->lines, -1, NULL, &line);
		if (more == 1)
			segment_fold_line(fold, &line);
		else if (more != -E2BIG)
			segment_fold_end_part(fold, more);
		done += line.length + 1;
	}
	if (fold->error)
		return fold->error;
	return fold->at < fold->part_count ? 1 : 0;
}

uint64_t segment_fold_size(const struct segment_fold *fold)
{
	return fold->file.size;
}

int segment_fold_finish(struct segment_fold *fold, struct segment *out)
{
	uint64_t size;

	aggregate_finish(fold->aggregate);
	segment_fold_write(fold);
	if (fold->error)
		return fold->error;
	segment_file_close(&fold->file, &out->name, &size);
	out->size = segment_size_on_disk(size);
	return out->name.closed ? 0 : -EIO;
}

void segment_fold_free(struct segment_fold *fold)
{
	if (!fold)
		return;
	if (fold->file.is_open)
		segment_file_discard(&fold->file);
	for (size_t i = 0; i < fold->part_count; i++)
		close(fold->parts[i]);
	free(fold->parts);
	stream_lines_free(fold->lines);
	aggregate_free(fold->aggregate);
	hash_map_clear(&fold->open);
	hash_map_clear(&fold->names);
	buffer_free(&fold->line);
	buffer_free(&fold->text);
	free(fold);
}
