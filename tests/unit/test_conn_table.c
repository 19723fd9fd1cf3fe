/* SPDX-License-Identifier: Apache-2.0 */
/* Compares the table of connections, and the hash index that it uses, with plain arrays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/hash_index.h"
#include "core/state/conn_table.h"

static uint32_t random_below(uint64_t *seed, uint32_t bound)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(*seed >> 33) % bound;
}

static bool index_has(const struct hash_index *index, uint64_t hash, uint32_t value)
{
	struct hash_cursor cursor;
	uint32_t at = hash_index_first(index, hash, &cursor);

	while (at != HASH_INDEX_NONE && at != value)
		at = hash_index_next(index, &cursor);
	return at == value;
}

/* There are few hashes, so that values collide, wrap around the end, and shift back when other
 * values are removed. */
static void test_hash_index(void **context)
{
	(void)context;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct hash_index index = {0};
		uint64_t random = seed;
		bool there[64] = {false};
		size_t count = 0;

		assert_false(index_has(&index, 1, 1));
		hash_index_remove(&index, 1, 1);
		for (int step = 0; step < 2000; step++) {
			uint32_t value = random_below(&random, 64);
			/* These hashes select slots at both ends of a table of any size. Some have
			 * high bits that no table uses. */
			uint64_t hash =
				(uint64_t)value % 3 == 0 ? UINT32_MAX - value % 7 : value % 5;
			if (there[value]) {
				hash_index_remove(&index, hash, value);
				count--;
			} else {
				assert_int_equal(hash_index_insert(&index, hash, value), 0);
				count++;
			}
			there[value] = !there[value];
			assert_int_equal(index.count, count);
			for (uint32_t i = 0; i < 64; i++) {
				hash = (uint64_t)i % 3 == 0 ? UINT32_MAX - i % 7 : i % 5;
				assert_int_equal(index_has(&index, hash, i), there[i]);
			}
		}
		hash_index_clear(&index);
	}
}

/* Values move to free places of the array, whose hashes are the same. */
static void test_hash_index_move(void **context)
{
	struct hash_index index = {0};

	(void)context;
	for (uint32_t i = 0; i < 64; i++)
		assert_int_equal(hash_index_insert(&index, i % 5, i), 0);
	size_t capacity = index.capacity;
	for (uint32_t i = 0; i < 64; i++) {
		hash_index_move(&index, i % 5, i, 100 + i);
		assert_int_equal(index.count, 64);
		for (uint32_t j = 0; j < 64; j++) {
			assert_int_equal(index_has(&index, j % 5, j), j > i);
			assert_int_equal(index_has(&index, j % 5, 100 + j), j <= i);
		}
	}
	assert_int_equal(index.capacity, capacity);
	hash_index_clear(&index);
}

static void test_hash_index_restart(void **context)
{
	struct hash_index index = {0};

	(void)context;
	assert_int_equal(hash_index_restart(&index, 1000), 0);
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(hash_index_insert(&index, i, i), 0);
	const struct hash_slot *slots = index.slots;

	assert_int_equal(hash_index_restart(&index, 5), 0);
	assert_ptr_equal(index.slots, slots);
	assert_int_equal(index.capacity, 16);
	assert_int_equal(index.count, 0);
	for (uint32_t i = 0; i < 1000; i++)
		assert_false(index_has(&index, i, i));

	/* More values than were announced. */
	for (uint32_t i = 0; i < 3000; i++)
		assert_int_equal(hash_index_insert(&index, i % 7, i), 0);
	for (uint32_t i = 0; i < 3000; i++)
		assert_true(index_has(&index, i % 7, i));
	hash_index_clear(&index);
}

static void test_keys(void **context)
{
	struct conn_table table;
	const struct conn_key keys[] = {
		{.id = 7, .node = 0},
		{.id = 7, .node = 1},
		{.id = 7, .node = 0, .id_is_made = true},
		{.id = 0, .node = 0},
	};
	struct conn *conns[4];

	(void)context;
	assert_int_equal(conn_table_init(&table, 10), 0);
	assert_null(conn_table_victim(&table));
	for (size_t i = 0; i < 4; i++) {
		assert_null(conn_table_find(&table, &keys[i]));
		conns[i] = conn_table_add(&table, &keys[i]);
		assert_non_null(conns[i]);
		assert_int_equal(conns[i]->sequence, i + 1);
	}
	for (size_t i = 0; i < 4; i++)
		assert_ptr_equal(conn_table_find(&table, &keys[i]), conns[i]);
	assert_int_equal(conn_table_retire(&table, conns[2]), 0);
	assert_null(conn_table_find(&table, &keys[2]));
	assert_ptr_equal(conn_table_find_sequence(&table, 3), conns[2]);
	conn_table_remove(&table, conns[2]);
	assert_null(conn_table_find_sequence(&table, 3));
	conn_table_clear(&table);
}

/* The model has the ids of the table's connections in order of arrival, and in order of ending. */
#define MODEL_IDS 300

struct model {
	uint64_t ids[MODEL_IDS];
	size_t count;
	uint64_t ended[MODEL_IDS];
	size_t ended_count;
};

static void list_drop(uint64_t *ids, size_t *count, uint64_t id)
{
	size_t kept = 0;

	for (size_t i = 0; i < *count; i++) {
		if (ids[i] != id)
			ids[kept++] = ids[i];
	}
	*count = kept;
}

static void check_model(const struct conn_table *table, const struct model *model)
{
	const struct conn *conn = table->oldest;
	const struct conn *ended = table->ended.oldest;
	const struct conn *newest = NULL;

	assert_int_equal(table->count, model->count);
	for (size_t i = 0; i < model->count; i++, conn = conn->newer) {
		struct conn_key key = {.id = model->ids[i]};
		assert_non_null(conn);
		assert_int_equal(conn->flow.id, model->ids[i]);
		assert_ptr_equal(conn->older, newest);
		assert_ptr_equal(conn_table_find(table, &key), conn);
		assert_ptr_equal(conn_table_find_sequence(table, conn->sequence), conn);
		newest = conn;
	}
	assert_null(conn);
	assert_ptr_equal(table->newest, newest);
	for (size_t i = 0; i < model->ended_count;
	     i++, ended = conn_table_get(table, ended->list_newer)) {
		assert_non_null(ended);
		assert_int_equal(ended->flow.id, model->ended[i]);
	}
	assert_null(ended);
	const struct conn *victim = conn_table_victim(table);
	if (model->ended_count > 0)
		assert_int_equal(victim->flow.id, model->ended[0]);
	else
		assert_ptr_equal(victim, table->oldest);
}

static void test_against_model(void **context)
{
	struct conn_table table;
	struct model model = {.count = 0};
	uint64_t seed = 3;

	(void)context;
	assert_int_equal(conn_table_init(&table, MODEL_IDS), 0);
	for (int step = 0; step < 5000; step++) {
		struct conn_key key = {.id = random_below(&seed, MODEL_IDS)};
		struct conn *conn = conn_table_find(&table, &key);
		if (!conn) {
			assert_false(conn_table_is_full(&table));
			assert_non_null(conn_table_add(&table, &key));
			model.ids[model.count++] = key.id;
		} else if (random_below(&seed, 3) > 0) {
			conn_table_end(&table, conn);
			list_drop(model.ended, &model.ended_count, key.id);
			model.ended[model.ended_count++] = key.id;
		} else {
			conn_table_remove(&table, conn);
			list_drop(model.ids, &model.count, key.id);
			list_drop(model.ended, &model.ended_count, key.id);
		}
		if (step % 8 == 0)
			check_model(&table, &model);
	}
	conn_table_clear(&table);
}

/*
 * Fills several slabs, while the hash tables grow several times. The second round reuses the
 * memory.
 */
static void test_growth(void **context)
{
	struct conn_table table;
	size_t slabs = 0;

	(void)context;
	assert_int_equal(conn_table_init(&table, 20000), 0);
	for (int round = 0; round < 2; round++) {
		for (uint64_t id = 0; id < 20000; id++)
			assert_non_null(conn_table_add(&table, &(struct conn_key){.id = id << 12}));
		assert_true(conn_table_is_full(&table));
		for (uint64_t id = 0; id < 20000; id++) {
			struct conn *conn =
				conn_table_find(&table, &(struct conn_key){.id = id << 12});
			assert_non_null(conn);
			assert_ptr_equal(conn_table_find_sequence(&table, conn->sequence), conn);
			conn_table_remove(&table, conn);
		}
		assert_int_equal(table.count, 0);
		if (round == 0)
			slabs = table.slab_count;
		assert_int_equal(table.slab_count, slabs);
	}
	conn_table_clear(&table);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hash_index),         cmocka_unit_test(test_hash_index_move),
		cmocka_unit_test(test_hash_index_restart), cmocka_unit_test(test_keys),
		cmocka_unit_test(test_against_model),      cmocka_unit_test(test_growth),
	};
	return cmocka_run_group_tests_name("conn_table", tests, NULL, NULL);
}
