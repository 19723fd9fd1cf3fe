/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the cluster's range of Service addresses without the Kubernetes API. Any thread. */
#ifndef POLECAT_CORE_SOURCE_SERVICE_RANGE_H
#define POLECAT_CORE_SOURCE_SERVICE_RANGE_H

#include "core/record/record.h"

/*
 * Makes a RECORD_SERVICE_RANGE from the value of KUBERNETES_SERVICE_HOST, which each pod has in its
 * environment: the address of the API server's own Service. That Service has the first address of
 * the range. The prefix length of the range is not known, so assume that only the last byte of the
 * addresses differs, and say so in the record's source. The block of another address is only the
 * address. Returns 0, or -ENOMEM. `out` is RECORD_NONE after an error, and for a host that is NULL,
 * no address, or not a private one. The caller frees the record.
 */
int service_range_of_host(const char *host, struct record *out);

#endif
