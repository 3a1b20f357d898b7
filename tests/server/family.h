/* SPDX-License-Identifier: MIT */
/* tests/server/family.h - a process and its descendants */
#ifndef TESTS_SERVER_FAMILY_H
#define TESTS_SERVER_FAMILY_H

#include <sys/types.h>

/*
 * Sends the signal to every descendant of the process, but not to the process
 * itself, and returns their number.  Orphans are included if the process adopts
 * them (PR_SET_CHILD_SUBREAPER).
 */
int family_signal(pid_t ancestor, int signal);

#endif
