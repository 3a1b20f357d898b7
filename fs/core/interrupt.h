/* SPDX-License-Identifier: MIT */
/* fs/core/interrupt.h - which signals end an operation's wait */
#ifndef FS_CORE_INTERRUPT_H
#define FS_CORE_INTERRUPT_H

#include <stdbool.h>

struct op;

/*
 * The kernel interrupts a request for any signal that its thread handles, does
 * so once, and returns EINTR as it is: no system call is started again,
 * whatever SA_RESTART says. Few programs expect EINTR of a file, and a timer, a
 * child's end or a window's new size must not make them fail. So a wait ends
 * only for signals that people and programs send to end something (SIGINT,
 * SIGTERM, SIGHUP, SIGQUIT, SIGTSTP), and for those that end or stop the
 * process. A read that waits like that of a pipe also ends for SIGALRM, SIGUSR1
 * and SIGUSR2, by which programs limit its time.
 *
 * is_first: the kernel has just said that there is a signal. If /proc does not
 * tell which, the wait ends. Otherwise this is a later look.
 */
bool interrupt_ends(const struct op *op, bool is_first);

#endif
