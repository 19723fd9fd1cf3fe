/* SPDX-License-Identifier: Apache-2.0 */
/* Starts threads that leave the handling of signals to the main thread. */
#ifndef POLECAT_CORE_BASE_THREAD_H
#define POLECAT_CORE_BASE_THREAD_H

#include <pthread.h>

/* Starts a thread in which all signals are blocked, except those of a crash (SIGSEGV …). Returns 0
 * or -errno. Any thread. */
int thread_start(pthread_t *thread, void *(*run)(void *argument), void *argument);

#endif
