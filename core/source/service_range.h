/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the cluster's range of Service addresses without the Kubernetes API. Any thread. */
#ifndef POLECAT_CORE_SOURCE_SERVICE_RANGE_H
#define POLECAT_CORE_SOURCE_SERVICE_RANGE_H

#include "core/record/record.h"

/*
 * Makes a RECORD_SERVICE_RANGE from the value of KUBERNETES_SERVICE_HOST. Kubernetes sets it in
 * each pod to the address of the API server's own Service. That Service has the first address of
 * the range, such as 10.96.0.1, but the prefix length is unknown. If the last byte of the address
 * is 1, the record's range is the block of all addresses that differ only in the last byte, and its
 * member `source` says that the length is assumed. Otherwise the range is this one address. Returns
 * 0, or -ENOMEM. `out` is RECORD_NONE after an error, or if host is NULL or not a private address.
 * The caller frees the record.
 */
int service_range_of_host(const char *host, struct record *out);

#endif
