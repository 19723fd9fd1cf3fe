/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/pages/detail_interval.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/base/text.h"

void detail_interval_copy(struct detail_interval *interval, const struct conn_sums *sums)
{
	size_t length = 0;

	interval->sums = *sums;
	interval->sums.failures = (struct failure_counts){0};
	interval->failures[0] = '\0';
	for (size_t i = 0; i < sums->failures.count && length < sizeof(interval->failures); i++) {
		const struct failure_count *item = &sums->failures.items[i];
		length += (size_t)snprintf(interval->failures + length,
					   sizeof(interval->failures) - length, "%s%s %" PRIu64,
					   i ? ", " : "", item->error, item->count);
	}
}

void detail_interval_draw(struct page *page, const struct conn *conn,
			  const struct detail_interval *interval)
{
	const struct conn_sums *sums = &interval->sums;
	const struct fold_share *share = &sums->share;

	page_heading(page, "Connections of the interval");
	page_time(page, "from", conn->node, conn->first_ns);
	page_time(page, "until", conn->node, conn->last_ns);
	page_print(page, "began", ROLE_TEXT, "%" PRIu64, share->conn);
	page_print(page, "succeeded", ROLE_TEXT, "%" PRIu64, share->ok);
	if (share->failed)
		page_print(page, "failed", ROLE_FAILED, "%" PRIu64 ": %s", share->failed,
			   interval->failures);
	page_print(page, "closed", ROLE_TEXT, "%" PRIu64, sums->closed);
	page_print(page, "open then", ROLE_TEXT, "%" PRIu64, share->open);
	if (share->hanging)
		page_print(page, "hanging", ROLE_HANGING, "%" PRIu64, share->hanging);
	page_bytes(page, "sent", true, share->tx_bytes);
	page_bytes(page, "received", true, share->rx_bytes);
	page_field(page, "latency", ROLE_TEXT, share->latency > 0 ? "of its connections:" : NULL);
	page_duration(page, "median", share->latency > 0, sums->latency_p50_us * 1000);
	page_duration(page, "95 of 100", share->latency > 0, sums->latency_p95_us * 1000);
	page_duration(page, "at most", share->latency > 0, sums->latency_max_us * 1000);
	page_field(page, "not known", ROLE_DIM,
		   "This row is an aggregate: the source port, the times and the end of each "
		   "connection are not in it.");
}
