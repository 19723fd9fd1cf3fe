/* SPDX-License-Identifier: Apache-2.0 */
/* --kube --dry-run: prints the pods that a session would make. */
#ifndef POLECAT_TUI_CLUSTER_DRY_RUN_H
#define POLECAT_TUI_CLUSTER_DRY_RUN_H

struct options;

/* Finds the nodes, and prints a pod for each on standard output. Returns the exit status. */
int dry_run_main(const struct options *options);

#endif
