/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of columns. Each row describes a column of `trace`, of the dashboard's table, or of
 * both. The printer, the dashboard's layout, sorting and --help read this table.
 */
#ifndef POLECAT_TUI_COLUMNS_COLUMN_H
#define POLECAT_TUI_COLUMNS_COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/filter/filter_keys.h"
#include "core/state/state.h"
#include "tui/columns/column_fold.h"
#include "tui/columns/conn_view.h"

/* Bytes of a cell. */
#define COLUMN_CELL_SIZE 512

/* The maximum number of columns. column.c checks that its table fits. */
#define COLUMN_MAX 48

/*
 * A key that sorts connections, small enough to sort 100,000 connections between two frames. Keys
 * compare by `high`, then `low`, then `tie`, in ascending order. If these are equal, the connection
 * with the higher sequence is first.
 */
struct sort_key {
	uint64_t high;
	uint64_t low;
	uint64_t tie;
	uint64_t sequence;
};

struct column;

/* The signs that the dashboard puts into cells. */
struct column_signs {
	const char *egress;
	const char *ingress;
	const char *cross;
	const char *ellipsis;
	const char *times; /* before the number of connections of a row */
};

/* The connection that a cell describes. Fill in with column_row_open. */
struct column_row {
	const struct column *column; /* the column of the cell that is being written */
	const struct state *state;
	const struct conn *conn;
	const struct flow *flow;          /* in trace, the event; in the dashboard, &conn->flow */
	const struct column_signs *signs; /* for the dashboard; NULL in trace */
	const struct column_fold *fold; /* the row stands for these connections; NULL: for `conn` */
	uint64_t now_ns;                /* for the dashboard: steady time of the frame */
	bool has_names;
	struct flow_names names; /* read them through column_names */
};

/* The arguments of `trace -o` that show the column. */
enum column_set {
	COLUMN_SET_NONE = 0, /* only in the dashboard */
	COLUMN_SET_USUAL,
	COLUMN_SET_WIDE,
	COLUMN_SET_EXTRA, /* only with -o columns= */
};

/* The unit of a column's numbers. */
enum column_unit {
	COLUMN_UNIT_NONE = 0,
	COLUMN_UNIT_MICROSECONDS,
	COLUMN_UNIT_MILLISECONDS,
	COLUMN_UNIT_BYTES,
};

/* The property of a connection that decides the colour of a cell in the dashboard. */
enum column_role {
	COLUMN_ROLE_PLAIN = 0,
	COLUMN_ROLE_STATE,
	COLUMN_ROLE_DIRECTION,
	COLUMN_ROLE_PEER,
};

/* The connections that the dashboard must have seen before it shows the column. */
enum column_need {
	COLUMN_NEEDS_NOTHING = 0,
	COLUMN_NEEDS_WORKLOAD = 1,  /* a connection of a pod or a container */
	COLUMN_NEEDS_POD = 2,       /* a connection of a pod */
	COLUMN_NEEDS_CONTAINER = 4, /* a connection of a container */
	COLUMN_NEEDS_NODES = 8,     /* connections on more than one node */
	COLUMN_NEEDS_NAME = 16,     /* a connection to a peer with a name */
	COLUMN_NEEDS_DROP = 32,     /* a connection with dropped packets */
	COLUMN_NEEDS_REPEATS = 64,  /* a row that stands for several connections */
};

/* A cell of several connections shows a sum, or else a value that all of them share, or that of the
 * newest one. */
enum column_sum {
	COLUMN_SUM_NONE = 0,
	COLUMN_SUM_TX,
	COLUMN_SUM_RX,
	COLUMN_SUM_RATE,
};

/*
 * Writes the text of a cell, NUL-terminated, and returns its length; 0: unknown. The text may come
 * from outside polecat, so escape it before printing.
 */
typedef size_t column_text(struct column_row *row, char cell[COLUMN_CELL_SIZE]);

/* Fills in a sort key. The caller has set key->sequence and zeroed the other members. */
typedef void column_sort(const struct column_row *row, struct sort_key *key);

/* A column in the lines of trace. */
struct column_in_trace {
	enum column_set set;
	unsigned int width;     /* initial width */
	unsigned int min_width; /* 0: never narrower than width (numbers, addresses) */
	unsigned int max_width; /* 0: not shortened on a terminal */
	bool pod_only;          /* hidden until a pod is known */
};

/* A column in the dashboard's table. */
struct column_in_table {
	int place;      /* order from left to right; 0: not in the table */
	int importance; /* 1: the most important column, the last to be left out */
	int least;      /* if this width does not fit, the column is left out */
	int usual;      /* less important columns are added only after the column has this width */
	int most;       /* the largest width */
	unsigned int needs; /* bits of enum column_need; all must be met */
	enum column_role role;
	enum column_sum sum;
	unsigned int shared; /* bits of enum column_part: shown if all connections share them */
	bool has_sign;       /* has room for signs besides the widths above (table_facts) */
	const char *heading; /* NULL: same as `name` in struct column */
	const char *without_pods; /* heading until a pod is known; NULL: `heading` */
	column_text *text;        /* NULL: same as `text` in struct column */
	column_sort *sort;        /* NULL: numbers in descending order, others by text */
	bool sorts_down;          /* of `sort`: the largest number comes first */
};

/* A column is in trace if trace.set is not 0, and in the table if table.place is not 0. */
struct column {
	const char *name;  /* upper case, as in the header */
	const char *alias; /* a second name that -o columns= accepts, upper case; NULL: none */
	const char *help;
	column_text *text;
	size_t name_member;      /* offset in struct flow_names, for columns that show a name */
	enum flow_field number;  /* the member of the flow that the column shows; 0: no number */
	enum column_unit unit;   /* of the number */
	bool right;              /* aligned right, as numbers are */
	enum filter_field field; /* the key of the filter that reads it; 0: no key does */
	struct column_in_trace trace;
	struct column_in_table table;
};

/* Rows are in the order in which trace shows the columns. */
extern const struct column column_table[];
extern const size_t column_count;

/* Lists the columns of the dashboard's table from left to right. Returns their number. */
size_t column_list_table(const struct column *list[COLUMN_MAX]);

/* Returns the name of a column in the dashboard: its heading, if it has one. */
const char *column_table_name(const struct column *column);

/* Finds a column by name or alias, ignoring case; NULL: none. */
const struct column *column_find(const char *name);

/* Initialises a row. The dashboard also sets `signs` and `now_ns`. */
void column_row_open(struct column_row *row, const struct state *state, const struct conn *conn);

/* Returns the names of the row's connection. Looks them up only once per row. */
struct flow_names *column_names(struct column_row *row);

/* Write a cell for a line of trace, and for the dashboard's table. Return the length of the text;
 * 0: unknown. */
size_t column_trace_text(const struct column *column, struct column_row *row,
			 char cell[COLUMN_CELL_SIZE]);
size_t column_table_text(const struct column *column, struct column_row *row,
			 char cell[COLUMN_CELL_SIZE]);

/* Fills in the key to sort the dashboard's table by a column. */
void column_sort_key(const struct column *column, struct column_row *row, struct sort_key *key);

/* Returns whether the largest number comes first, if the order is not inverted. */
bool column_sorts_down(const struct column *column);

/* Compares two struct sort_key, for qsort. */
int column_compare_keys(const void *a, const void *b);

#endif
