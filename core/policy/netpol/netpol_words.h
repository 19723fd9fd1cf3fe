/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of NetworkPolicies in a few words, for people: a selector, a peer, a port. Names of others
 * are in them as they came: escape before printing. Pure. */
#ifndef POLECAT_CORE_POLICY_NETPOL_NETPOL_WORDS_H
#define POLECAT_CORE_POLICY_NETPOL_NETPOL_WORDS_H

#include <stddef.h>

#include "core/policy/netpol/netpol.h"

/* A text that grows in a caller's buffer, and is cut where that ends. */
struct netpol_words {
	char *text;
	size_t length;
	size_t size;
};

/* An empty text in a buffer. */
struct netpol_words netpol_words_start(char *buffer, size_t size);

void netpol_words_add(struct netpol_words *words, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* "app=db,tier in (a,b),!old"; "" for one that asks for nothing. As kubectl -l would read it. */
void netpol_words_selector(struct netpol_words *words, const struct netpol_selector *selector);

/* "pods app=db in shop", "all pods in namespaces team=blue", "198.51.100.0/24 except …", "any
 * peer" (NULL). */
void netpol_words_peer(struct netpol_words *words, const struct netpol_peer *peer);

/* "TCP 80", "UDP 8000-8080", "TCP http", "SCTP"; "any port" (NULL). */
void netpol_words_port(struct netpol_words *words, const struct netpol_port *port);

#endif
