/* SPDX-License-Identifier: Apache-2.0 */
/* A small recording for tests of the screen. The pod shop/cart has the connections of
 * sample_write_stories, one in each state, and any number of numbered connections with port 10000 +
 * number. Each row of the table is unique. */
#ifndef POLECAT_TESTS_SUPPORT_SAMPLE_H
#define POLECAT_TESTS_SUPPORT_SAMPLE_H

#include <stdint.h>
#include <stdio.h>

#define SAMPLE_NODE         "node-a"
#define SAMPLE_POD          "cart-786d4b5f9c-6k6jp"
#define SAMPLE_CART_CGROUP  1001
#define SAMPLE_DB_CGROUP    1002
#define SAMPLE_FRONT_CGROUP 1003
#define SAMPLE_FIRST_PORT   10000
#define SAMPLE_NUMBERED_MAX 9999
#define SAMPLE_UNANSWERED   "203.0.113.9"
#define SAMPLE_REFUSED      "203.0.113.80"

/* Texts are written unchanged between quotes, so they must already be escaped for JSON. A member
 * that is NULL or 0 is omitted, unless its comment names a default. */
struct sample_flow {
	const char *event;
	const char *direction; /* NULL: egress */
	const char *src;       /* NULL: the cart pod's address */
	const char *dst;       /* NULL: the db pod's address */
	const char *state;
	const char *error;
	const char *comm;   /* NULL: cart */
	uint64_t cgroup_id; /* 0: the cart pod's cgroup */
	unsigned int id;
	unsigned int ms; /* since the recording began */
	unsigned int sport;
	unsigned int dport;
	unsigned int pid;
	unsigned int latency_us;
	unsigned int tx_bytes;
	unsigned int rx_bytes;
	unsigned int duration_ms;
};

void sample_write_flow(FILE *out, const struct sample_flow *flow);

/* Writes the hello record, the pods and their containers. */
void sample_write_identities(FILE *out);

/*
 * Writes one connection in each state. cart is connected to db, was refused by SAMPLE_REFUSED:80,
 * and has waited 2.1 s for SAMPLE_UNANSWERED:443. front has connected to cart and closed the
 * connection.
 */
void sample_write_stories(FILE *out);

/* Writes cart's connection `number`. Higher numbers are opened later. */
void sample_write_numbered(FILE *out, unsigned int number);

/* Writes identities, the numbered connections 0 to count - 1, and one connection in each state. */
void sample_write(FILE *out, unsigned int count);

#endif
