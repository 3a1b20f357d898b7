/* SPDX-License-Identifier: MIT */
/* cache/list.h - a ring of links inside the structs that it chains */
#ifndef CACHE_LIST_H
#define CACHE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A list is a link of its own whose neighbours are the first and the last. A
 * link that is in no list is its own neighbour, so that list_remove of it does
 * nothing.
 */
struct link {
	struct link *next, *prev;
};

#define LIST_OWNER(link, type, member)                                         \
	((type *)((char *)(link)-offsetof(type, member)))

static inline void list_init(struct link *link)
{
	link->next = link->prev = link;
}

static inline bool list_is_empty(const struct link *list)
{
	return list->next == list;
}

static inline void list_remove(struct link *link)
{
	link->next->prev = link->prev;
	link->prev->next = link->next;
	list_init(link);
}

/* In front of `place`; the list itself as the place: at its end. */
static inline void list_insert(struct link *place, struct link *link)
{
	link->next = place;
	link->prev = place->prev;
	place->prev->next = link;
	place->prev = link;
}

#endif
