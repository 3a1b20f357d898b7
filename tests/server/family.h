/* SPDX-License-Identifier: MIT */
/* tests/server/family.h - a process and all that came of it */
#ifndef TESTS_SERVER_FAMILY_H
#define TESTS_SERVER_FAMILY_H

#include <sys/types.h>

/*
 * Sends the signal to every descendant of the process, not to itself, and
 * gives how many there were.  Orphans count where the process is the one that
 * adopts them (PR_SET_CHILD_SUBREAPER).
 */
int family_signal(pid_t ancestor, int signal);

#endif
